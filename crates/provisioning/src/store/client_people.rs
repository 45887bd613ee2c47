//! People in the rows of `clients`, over all tenants.

use kernel::{Email, Timestamp, UserId};
use pg::PlatformTx;
use serde_json::Value;

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

/// The newest clients that the person is, in the form of `usher.provisioning.v1.ClientPersonRecord`.
pub(crate) async fn client_person_record(
    tx: &mut PlatformTx,
    user_id: UserId,
    emails: &[Email],
    now: Timestamp,
) -> pg::Result<Value> {
    let emails: Vec<String> = emails.iter().map(ToString::to_string).collect();
    let record = sqlx::query_scalar!(
        r#"select jsonb_strip_nulls(jsonb_build_object('clients', coalesce(jsonb_agg(to_jsonb(r)), '[]'))) as "record!"
           from (select tenant_id as "tenantId", client_id as "clientId", email, name, role, locale,
                        spreadsheet_id as "spreadsheetId",
                        case when stage = 'invited' and invite_expires_at <= $3 then 'expired' else stage end as stage,
                        created_at as "createdAt", active_at as "activeAt"
                 from clients where user_id = $1 or email = any($2) order by client_id desc limit 2000) r"#,
        user_id as _,
        &emails,
        now as _,
    );
    Ok(record.fetch_one(&mut **tx).await?)
}
