//! Rows of `captcha_uses`.

use kernel::Timestamp;
use sqlx::PgConnection;

/// Keeps that a proof was given; `false` for all but the first of those that give it.
pub(crate) async fn insert_captcha_use(
    tx: &mut PgConnection,
    digest: &[u8],
    until: Timestamp,
) -> Result<bool, pg::Error> {
    let inserted = sqlx::query!(
        "insert into captcha_uses (digest, expires_at) values ($1, $2)
         on conflict on constraint captcha_uses_pkey do nothing",
        digest,
        until as _
    )
    .execute(tx)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Removes proofs that were too old before `before`.
pub(crate) async fn delete_captcha_uses(
    tx: &mut PgConnection,
    before: Timestamp,
) -> Result<u64, pg::Error> {
    let deleted = sqlx::query!("delete from captcha_uses where expires_at < $1", before as _)
        .execute(tx)
        .await?;
    Ok(deleted.rows_affected())
}
