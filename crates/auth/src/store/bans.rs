//! Rows of `bans` and `refusals`.

use kernel::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::{Ban, BanKind, REFUSALS_WITHIN, Subject};

/// A checked query for bans; what follows the table's name is given.
macro_rules! bans {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Ban,
            r#"select ban_id, kind as "kind: _", source, reason, automatic, strikes, created_at as "created_at: _",
                      created_by, expires_at as "expires_at: _"
               from bans where lifted_at is null "# + $rest
            $(, $argument)*
        )
    };
}

/// The ban of a source, whether it holds still or not; nobody else changes it until the transaction ends.
pub(crate) async fn lock_ban_of(
    tx: &mut PgConnection,
    kind: BanKind,
    source: &str,
) -> pg::Result<Option<Ban>> {
    let query = bans!("and kind = $1 and source = $2 for update", kind.as_str(), source);
    Ok(query.fetch_optional(tx).await?)
}

/// Puts this in the place of the source's former ban; the one that stands then.
pub(crate) async fn upsert_ban(tx: &mut PgConnection, ban: &Ban) -> pg::Result<Ban> {
    let row = sqlx::query_as!(
        Ban,
        r#"insert into bans (ban_id, kind, source, reason, automatic, strikes, created_at, created_by, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict (kind, source) where lifted_at is null do update
           set reason = excluded.reason, automatic = excluded.automatic, strikes = excluded.strikes,
               created_at = excluded.created_at, created_by = excluded.created_by, expires_at = excluded.expires_at
           returning ban_id, kind as "kind: _", source, reason, automatic, strikes, created_at as "created_at: _",
                     created_by, expires_at as "expires_at: _""#,
        ban.ban_id,
        ban.kind.as_str(),
        ban.source,
        ban.reason,
        ban.automatic,
        ban.strikes,
        ban.created_at as _,
        ban.created_by,
        ban.expires_at as _,
    )
    .fetch_one(tx)
    .await?;
    Ok(row)
}

/// Lifts a ban; false where none of this id holds.
pub(crate) async fn lift_ban(
    tx: &mut PgConnection,
    ban_id: Uuid,
    now: Timestamp,
) -> pg::Result<bool> {
    let lifted = sqlx::query!(
        "update bans set lifted_at = $2 where ban_id = $1 and lifted_at is null",
        ban_id,
        now as _
    )
    .execute(tx)
    .await?;
    Ok(lifted.rows_affected() == 1)
}

/// Whether there is, or was, a ban of this id.
pub(crate) async fn is_ban(tx: &mut PgConnection, ban_id: Uuid) -> pg::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from bans where ban_id = $1) as "found!""#,
        ban_id
    );
    Ok(found.fetch_one(tx).await?)
}

/// The bans that hold, after `after`, oldest first.
pub(crate) async fn list_bans(
    tx: &mut PgConnection,
    now: Timestamp,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<Ban>> {
    let query = bans!(
        "and (expires_at is null or expires_at > $1) and ($2::uuid is null or ban_id > $2) order by ban_id limit $3",
        now as _,
        after,
        limit,
    );
    Ok(query.fetch_all(tx).await?)
}

/// The networks that are banned, those that hold longest first.
pub(crate) async fn banned_networks(
    tx: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> pg::Result<Vec<Ban>> {
    let query = bans!(
        "and kind = 'network' and (expires_at is null or expires_at > $1) order by expires_at desc nulls first limit $2",
        now as _,
        limit,
    );
    Ok(query.fetch_all(tx).await?)
}

/// Whether any of these domains is banned.
pub(crate) async fn is_banned_domain(
    tx: &mut PgConnection,
    domains: &[String],
    now: Timestamp,
) -> pg::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from bans where lifted_at is null and kind = 'domain' and source = any($1)
                          and (expires_at is null or expires_at > $2)) as "found!""#,
        domains,
        now as _,
    );
    Ok(found.fetch_one(tx).await?)
}

/// Counts one more refusal of a source; how many there were within the hour.
pub(crate) async fn count_refusal(
    tx: &mut PgConnection,
    source: &Subject,
    now: Timestamp,
) -> pg::Result<i32> {
    let refused = sqlx::query_scalar!(
        "insert into refusals as r (source, refused, began_at) values ($1, 1, $2)
         on conflict on constraint refusals_pkey do update
         set refused = case when r.began_at <= $3 then 1 else r.refused + 1 end,
             began_at = case when r.began_at <= $3 then $2 else r.began_at end
         returning refused",
        source.bytes(),
        now as _,
        now.before(REFUSALS_WITHIN) as _,
    );
    Ok(refused.fetch_one(tx).await?)
}

/// Whether anybody has signed in from there.
pub(crate) async fn is_anybodys_source(
    tx: &mut PgConnection,
    source: &Subject,
) -> pg::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from known_sources where source = $1) as "found!""#,
        source.bytes()
    );
    Ok(found.fetch_one(tx).await?)
}

/// Removes bans that ended, and refusals that were counted, before `before`; how many.
pub(crate) async fn delete_ended_bans(tx: &mut PgConnection, before: Timestamp) -> pg::Result<u64> {
    let bans =
        sqlx::query!("delete from bans where expires_at < $1 or lifted_at < $1", before as _)
            .execute(&mut *tx)
            .await?;
    let refusals =
        sqlx::query!("delete from refusals where began_at < $1", before as _).execute(tx).await?;
    Ok(bans.rows_affected() + refusals.rows_affected())
}
