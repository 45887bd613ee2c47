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
        "insert into sessions (session_id, user_id, token_hash, created_at, expires_at, last_used_at, method, device,
                               address, idle_seconds, proven_at, pending, second_factor_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        session.session_id as _,
        session.user_id as _,
        token.hash(),
        session.created_at as _,
        session.expires_at as _,
        session.last_used_at as _,
        session.method.as_str(),
        session.device,
        session.address,
        session.idle_seconds,
        session.proven_at as _,
        session.pending,
        session.second_factor_at as _,
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
                  expires_at as "expires_at: _", ended_at as "ended_at: _", last_used_at as "last_used_at: _",
                  method as "method: _", device, address, idle_seconds, proven_at as "proven_at: _",
                  pending, second_factor_at as "second_factor_at: _"
           from sessions where token_hash = $1"#,
        token.hash()
    )
    .fetch_optional(tx)
    .await?;
    Ok(row)
}

pub(crate) async fn session(
    tx: &mut PgConnection,
    user_id: UserId,
    session_id: SessionId,
) -> Result<Option<Session>, pg::Error> {
    let row = sqlx::query_as!(
        Session,
        r#"select session_id as "session_id: _", user_id as "user_id: _", created_at as "created_at: _",
                  expires_at as "expires_at: _", ended_at as "ended_at: _", last_used_at as "last_used_at: _",
                  method as "method: _", device, address, idle_seconds, proven_at as "proven_at: _",
                  pending, second_factor_at as "second_factor_at: _"
           from sessions where session_id = $1 and user_id = $2"#,
        session_id as _,
        user_id as _
    )
    .fetch_optional(tx)
    .await?;
    Ok(row)
}

/// A person's sessions that are still good at `now`, the oldest first.
pub(crate) async fn list_sessions(
    tx: &mut PgConnection,
    user_id: UserId,
    now: Timestamp,
    after: Option<SessionId>,
    limit: i64,
) -> Result<Vec<Session>, pg::Error> {
    let rows = sqlx::query_as!(
        Session,
        r#"select session_id as "session_id: _", user_id as "user_id: _", created_at as "created_at: _",
                  expires_at as "expires_at: _", ended_at as "ended_at: _", last_used_at as "last_used_at: _",
                  method as "method: _", device, address, idle_seconds, proven_at as "proven_at: _",
                  pending, second_factor_at as "second_factor_at: _"
           from sessions
           where user_id = $1 and ended_at is null and expires_at > $2 and not pending
             and (idle_seconds is null or last_used_at + make_interval(secs => idle_seconds) > $2)
             and ($3::uuid is null or session_id > $3)
           order by session_id limit $4"#,
        user_id as _,
        now as _,
        after as _,
        limit
    )
    .fetch_all(tx)
    .await?;
    Ok(rows)
}

/// Notes that the session was used, and where; of requests at the same time one is enough.
pub(crate) async fn note_use(
    tx: &mut PgConnection,
    session_id: SessionId,
    address: Option<&str>,
    now: Timestamp,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update sessions set last_used_at = $2, address = coalesce($3, address)
         where session_id = $1 and last_used_at < $2",
        session_id as _,
        now as _,
        address
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

/// Notes that the second factor was shown in this session.
pub(crate) async fn note_second_factor(
    tx: &mut PgConnection,
    session_id: SessionId,
    now: Timestamp,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update sessions set second_factor_at = $2 where session_id = $1",
        session_id as _,
        now as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends all of a person's sessions but `kept`; of how many.
pub(crate) async fn end_sessions(
    tx: &mut PgConnection,
    user_id: UserId,
    kept: Option<SessionId>,
    now: Timestamp,
) -> Result<u64, pg::Error> {
    let ended = sqlx::query!(
        "update sessions set ended_at = $3
         where user_id = $1 and session_id is distinct from $2 and ended_at is null and expires_at > $3",
        user_id as _,
        kept as _,
        now as _
    )
    .execute(tx)
    .await?;
    Ok(ended.rows_affected())
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
