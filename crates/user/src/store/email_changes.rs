//! Rows of `email_changes`: people belong to no tenant, so no scope narrows these queries.

use kernel::{Email, Timestamp, UserId};
use pg::Tx;
use uuid::Uuid;

use crate::domain::{EmailChange, Side, TokenHash};

/// A checked query for changes; what follows the table's name is given.
macro_rules! changes {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            EmailChange,
            r#"select change_id, user_id as "user_id: _", session_id as "session_id: _", old_email as "old_email: _",
                      new_email as "new_email: _", locale as "locale: _", status as "status: _",
                      old_confirmed_at as "old_confirmed_at: _", new_confirmed_at as "new_confirmed_at: _",
                      created_at as "created_at: _", expires_at as "expires_at: _"
               from email_changes "# + $rest
            $(, $argument)*
        )
    };
}

/// Adds a wish. The person is locked by the caller, who has ended the wish before.
pub(crate) async fn insert_email_change<Scope>(
    tx: &mut Tx<Scope>,
    change: &EmailChange,
    old: &TokenHash,
    new: &TokenHash,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into email_changes (change_id, user_id, session_id, old_email, new_email, locale, status,
                                    old_hash, new_hash, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        change.change_id,
        change.user_id as _,
        change.session_id as _,
        change.old_email.as_str(),
        change.new_email.as_str(),
        change.locale.as_str(),
        change.status.as_str(),
        old.as_bytes(),
        new.as_bytes(),
        change.created_at as _,
        change.expires_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn email_change<Scope>(
    tx: &mut Tx<Scope>,
    change_id: Uuid,
) -> pg::Result<Option<EmailChange>> {
    Ok(changes!("where change_id = $1", change_id).fetch_optional(&mut **tx).await?)
}

/// The change, which nobody else moves until the transaction ends. The person comes first.
pub(crate) async fn lock_email_change<Scope>(
    tx: &mut Tx<Scope>,
    change_id: Uuid,
) -> pg::Result<Option<EmailChange>> {
    let query = changes!("where change_id = $1 for no key update", change_id);
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The person's newest wish, whatever became of it.
pub(crate) async fn newest_email_change<Scope>(
    tx: &mut Tx<Scope>,
    user_id: UserId,
) -> pg::Result<Option<EmailChange>> {
    let query = changes!(
        "where user_id = $1 order by created_at desc, change_id desc limit 1",
        user_id as _
    );
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The person's wish that is stored as pending; its time may be over.
pub(crate) async fn lock_pending_email_change<Scope>(
    tx: &mut Tx<Scope>,
    user_id: UserId,
) -> pg::Result<Option<EmailChange>> {
    let query =
        changes!("where user_id = $1 and status = 'pending' for no key update", user_id as _);
    Ok(query.fetch_optional(&mut **tx).await?)
}

/// The change that a link is about, and to which address it was sent.
pub(crate) async fn email_change_by_link<Scope>(
    tx: &mut Tx<Scope>,
    hash: &TokenHash,
) -> pg::Result<Option<(EmailChange, Side)>> {
    let old = changes!("where old_hash = $1", hash.as_bytes()).fetch_optional(&mut **tx).await?;
    if let Some(change) = old {
        return Ok(Some((change, Side::Old)));
    }
    let new = changes!("where new_hash = $1", hash.as_bytes()).fetch_optional(&mut **tx).await?;
    Ok(new.map(|change| (change, Side::New)))
}

/// The hash of the secret that was made for one side.
pub(crate) async fn email_change_hash<Scope>(
    tx: &mut Tx<Scope>,
    change_id: Uuid,
    side: Side,
) -> pg::Result<TokenHash> {
    let hash = sqlx::query_scalar!(
        r#"select case when $2 then old_hash else new_hash end as "hash!" from email_changes where change_id = $1"#,
        change_id,
        side == Side::Old,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(hash.into())
}

/// Keeps what was said of the change. The change is locked by the caller.
pub(crate) async fn update_email_change<Scope>(
    tx: &mut Tx<Scope>,
    change: &EmailChange,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update email_changes set status = $2, old_confirmed_at = $3, new_confirmed_at = $4,
                                  ended_at = case when $2 = 'pending' then null else $5::timestamptz end
         where change_id = $1",
        change.change_id,
        change.status.as_str(),
        change.old_confirmed_at as _,
        change.new_confirmed_at as _,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes wishes for this address wait for each other until the transaction ends.
pub(crate) async fn lock_wishes_for<Scope>(tx: &mut Tx<Scope>, email: &Email) -> pg::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('wishes for ' || $1::text, 0))",
        email.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many wishes the person had after `since`, and when the first of them.
pub(crate) async fn wishes_of<Scope>(
    tx: &mut Tx<Scope>,
    user_id: UserId,
    since: Timestamp,
) -> pg::Result<(i64, Option<Timestamp>)> {
    let row = sqlx::query!(
        r#"select count(*) as "count!", min(created_at) as "oldest: Timestamp" from email_changes
           where user_id = $1 and created_at > $2"#,
        user_id as _,
        since as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.count, row.oldest))
}

/// How many wishes of anybody there were for this address after `since`, and when the first of them.
pub(crate) async fn wishes_for<Scope>(
    tx: &mut Tx<Scope>,
    email: &Email,
    since: Timestamp,
) -> pg::Result<(i64, Option<Timestamp>)> {
    let row = sqlx::query!(
        r#"select count(*) as "count!", min(created_at) as "oldest: Timestamp" from email_changes
           where new_email = $1 and created_at > $2"#,
        email.as_str(),
        since as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.count, row.oldest))
}
