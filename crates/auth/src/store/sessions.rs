//! Rows of `sessions`.

use kernel::{SessionId, Timestamp, UserId};
use sqlx::PgConnection;

use crate::domain::{Session, Token};

pub(crate) async fn insert_session(
    tx: &mut PgConnection,
    session: &Session,
    token: &Token,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "insert into sessions (session_id, user_id, token_hash, created_at, expires_at, last_used_at)
         values ($1, $2, $3, $4, $5, $6)",
        session.session_id as _,
        session.user_id as _,
        token.hash(),
        session.created_at as _,
        session.expires_at as _,
        session.last_used_at as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn session_by_token(
    tx: &mut PgConnection,
    token: &Token,
) -> Result<Option<Session>, pg::Error> {
    let row = sqlx::query_as!(
        Session,
        r#"select session_id as "session_id: _", user_id as "user_id: _", created_at as "created_at: _",
                  expires_at as "expires_at: _", ended_at as "ended_at: _", last_used_at as "last_used_at: _"
           from sessions where token_hash = $1"#,
        token.hash()
    )
    .fetch_optional(tx)
    .await?;
    Ok(row)
}

/// Notes that the session was used; of requests at the same time one is enough.
pub(crate) async fn note_use(
    tx: &mut PgConnection,
    session_id: SessionId,
    now: Timestamp,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update sessions set last_used_at = $2 where session_id = $1 and last_used_at < $2",
        session_id as _,
        now as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends a person's session; `false` where it had ended, or is another person's.
pub(crate) async fn end_session(
    tx: &mut PgConnection,
    user_id: UserId,
    session_id: SessionId,
    now: Timestamp,
) -> Result<bool, pg::Error> {
    let ended = sqlx::query!(
        "update sessions set ended_at = $3 where session_id = $1 and user_id = $2 and ended_at is null",
        session_id as _,
        user_id as _,
        now as _
    )
    .execute(tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Removes sessions that expired before `before`.
pub(crate) async fn delete_expired(
    tx: &mut PgConnection,
    before: Timestamp,
) -> Result<u64, pg::Error> {
    let deleted =
        sqlx::query!("delete from sessions where expires_at < $1", before as _).execute(tx).await?;
    Ok(deleted.rows_affected())
}
