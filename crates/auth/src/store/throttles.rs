//! Rows of `throttles` and `known_sources`.

use kernel::{Timestamp, UserId};
use sqlx::PgConnection;

use crate::domain::{Subject, Tally, Tries};

/// The tally, locked until the transaction ends; made where there was none.
pub(crate) async fn lock_tally(
    tx: &mut PgConnection,
    kind: Tries,
    subject: &Subject,
    now: Timestamp,
) -> Result<Tally, pg::Error> {
    // An update that changes nothing locks the row also where it was there, in one round trip.
    let row = sqlx::query_as!(
        Tally,
        r#"insert into throttles as t (kind, subject, tries, last_at, free_at) values ($1, $2, 0, $3, $3)
           on conflict on constraint throttles_pkey do update set tries = t.tries
           returning tries, last_at as "last_at: _", free_at as "free_at: _""#,
        kind.as_str(),
        subject.bytes(),
        now as _
    )
    .fetch_one(tx)
    .await?;
    Ok(row)
}

pub(crate) async fn update_tally(
    tx: &mut PgConnection,
    kind: Tries,
    subject: &Subject,
    tally: Tally,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update throttles set tries = $3, last_at = $4, free_at = $5 where kind = $1 and subject = $2",
        kind.as_str(),
        subject.bytes(),
        tally.tries,
        tally.last_at as _,
        tally.free_at as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets all tries.
pub(crate) async fn delete_tally(
    tx: &mut PgConnection,
    kind: Tries,
    subject: &Subject,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "delete from throttles where kind = $1 and subject = $2",
        kind.as_str(),
        subject.bytes()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes tallies that nobody added to since `before`.
pub(crate) async fn delete_tallies(
    tx: &mut PgConnection,
    before: Timestamp,
) -> Result<u64, pg::Error> {
    let deleted =
        sqlx::query!("delete from throttles where last_at < $1", before as _).execute(tx).await?;
    Ok(deleted.rows_affected())
}

/// Whether the person has signed in from there.
pub(crate) async fn is_known_source(
    tx: &mut PgConnection,
    user_id: UserId,
    source: &Subject,
) -> Result<bool, pg::Error> {
    let found = sqlx::query_scalar!(
        "select 1 as one from known_sources where user_id = $1 and source = $2",
        user_id as _,
        source.bytes()
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.is_some())
}

/// Notes that the person signed in from there; writes at most once a day.
pub(crate) async fn upsert_known_source(
    tx: &mut PgConnection,
    user_id: UserId,
    source: &Subject,
    now: Timestamp,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "insert into known_sources as k (user_id, source, seen_at) values ($1, $2, $3)
         on conflict on constraint known_sources_pkey do update set seen_at = excluded.seen_at
         where k.seen_at < excluded.seen_at - interval '1 day'",
        user_id as _,
        source.bytes(),
        now as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes sources that nobody signed in from since `before`.
pub(crate) async fn delete_known_sources(
    tx: &mut PgConnection,
    before: Timestamp,
) -> Result<u64, pg::Error> {
    let deleted = sqlx::query!("delete from known_sources where seen_at < $1", before as _)
        .execute(tx)
        .await?;
    Ok(deleted.rows_affected())
}
