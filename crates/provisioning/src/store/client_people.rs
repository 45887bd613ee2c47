//! People in the rows of `clients`, over all tenants.

use kernel::{Email, UserId};
use pg::PlatformTx;

/// Forgets the person, as the client and as whom the backend was told the owner is; how many rows that changed.
pub(crate) async fn erase_client_person(
    tx: &mut PlatformTx,
    user_id: UserId,
    emails: &[Email],
) -> pg::Result<u64> {
    let emails: Vec<String> = emails.iter().map(ToString::to_string).collect();
    let owners =
        sqlx::query!("update clients set owner_email = null where owner_email = any($1)", &emails)
            .execute(&mut **tx)
            .await?;
    let clients = sqlx::query!(
        "update clients set email = 'erased-' || client_id || '@erased.invalid', name = 'Erased person'
         where (user_id = $1 or email = any($2)) and email not like 'erased-%@erased.invalid'",
        user_id as _,
        &emails,
    )
    .execute(&mut **tx)
    .await?;
    Ok(owners.rows_affected() + clients.rows_affected())
}
