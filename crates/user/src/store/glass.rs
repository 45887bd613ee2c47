//! Rows of `glass_openings`.

use kernel::{Timestamp, UserId};
use pg::TenantTx;
use uuid::Uuid;

use crate::domain::GlassOpening;

/// A checked query for openings; what follows the tenant's condition is given.
macro_rules! openings {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            GlassOpening,
            r#"select opening_id, user_id as "user_id: _", reason, opened_at as "opened_at: _",
                      expires_at as "expires_at: _", closed_at as "closed_at: _", closed_by
               from glass_openings where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn insert_glass(tx: &mut TenantTx, opening: &GlassOpening) -> pg::Result<()> {
    sqlx::query!(
        "insert into glass_openings (opening_id, user_id, reason, opened_at, expires_at)
         values ($1, $2, $3, $4, $5)",
        opening.opening_id,
        opening.user_id as _,
        opening.reason,
        opening.opened_at as _,
        opening.expires_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The opening that the person has, if one is open. The person is locked by the caller.
pub(crate) async fn open_glass_of(
    tx: &mut TenantTx,
    user_id: UserId,
    now: Timestamp,
) -> pg::Result<Option<GlassOpening>> {
    let query = openings!(
        "and user_id = $1 and closed_at is null and expires_at > $2 order by expires_at desc limit 1",
        user_id as _,
        now as _,
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The opening, locked until the transaction ends.
pub(crate) async fn lock_glass(
    tx: &mut TenantTx,
    opening_id: Uuid,
) -> pg::Result<Option<GlassOpening>> {
    let query = openings!("and opening_id = $1 for update", opening_id);
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// Ends an opening. It is locked by the caller.
pub(crate) async fn close_glass(
    tx: &mut TenantTx,
    opening_id: Uuid,
    by: &str,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update glass_openings set closed_at = $2, closed_by = $3
         where tenant_id = usher.current_tenant() and opening_id = $1",
        opening_id,
        now as _,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The openings before `before`, the newest first.
pub(crate) async fn list_glass(
    tx: &mut TenantTx,
    before: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<GlassOpening>> {
    let query = openings!(
        "and ($1::uuid is null or opening_id < $1) order by opening_id desc limit $2",
        before,
        limit,
    );
    Ok(query.fetch_all(&mut **tx).await?)
}
