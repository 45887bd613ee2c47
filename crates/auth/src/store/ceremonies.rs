//! Rows of `passkey_ceremonies`.

use kernel::{Timestamp, UserId};
use sqlx::PgConnection;

use crate::domain::{Ceremony, Key};

pub(crate) async fn insert_ceremony(
    tx: &mut PgConnection,
    token: &Key,
    ceremony: &Ceremony,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "insert into passkey_ceremonies (token_hash, kind, user_id, session_id, email, state, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        token.hash(),
        ceremony.kind.as_str(),
        ceremony.user_id as _,
        ceremony.session_id as _,
        ceremony.email.as_ref().map(kernel::Email::as_str),
        ceremony.state,
        ceremony.expires_at as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Uses a ceremony up; nothing for all but one of those that try at once.
pub(crate) async fn take_ceremony(
    tx: &mut PgConnection,
    token: &Key,
) -> Result<Option<Ceremony>, pg::Error> {
    let row = sqlx::query_as!(
        Ceremony,
        r#"delete from passkey_ceremonies where token_hash = $1
           returning kind as "kind: _", user_id as "user_id: _", session_id as "session_id: _", email as "email: _",
                     state, expires_at as "expires_at: _""#,
        token.hash()
    )
    .fetch_optional(tx)
    .await?;
    Ok(row)
}

/// Removes a person's challenges that wait for an answer.
pub(crate) async fn delete_ceremonies_of(
    tx: &mut PgConnection,
    user_id: UserId,
) -> Result<(), pg::Error> {
    sqlx::query!("delete from passkey_ceremonies where user_id = $1", user_id as _)
        .execute(tx)
        .await?;
    Ok(())
}

/// Removes challenges that expired before `before`.
pub(crate) async fn delete_ceremonies(
    tx: &mut PgConnection,
    before: Timestamp,
) -> Result<u64, pg::Error> {
    let deleted = sqlx::query!("delete from passkey_ceremonies where expires_at < $1", before as _)
        .execute(tx)
        .await?;
    Ok(deleted.rows_affected())
}
