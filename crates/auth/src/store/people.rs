//! Rows of `people`, and what of credentials and sessions follows them.

use kernel::{Email, UserId};
use pg::OnConstraint;
use sqlx::PgConnection;

use crate::{Error, Result, domain::Person};

/// Keeps what is said of a person; false where something later is known. The person is locked by the caller.
pub(crate) async fn upsert_person(tx: &mut PgConnection, person: &Person) -> pg::Result<bool> {
    let kept = sqlx::query!(
        "insert into people as p (user_id, version, closed) values ($1, $2, $3)
         on conflict on constraint people_pkey do update set version = $2, closed = $3 where p.version < $2",
        person.user_id as _,
        person.version,
        person.is_closed(),
    )
    .execute(tx)
    .await?;
    Ok(kept.rows_affected() == 1)
}

/// Whether nobody signs in as this person.
pub(crate) async fn is_closed(tx: &mut PgConnection, user_id: UserId) -> pg::Result<bool> {
    let closed = sqlx::query_scalar!("select closed from people where user_id = $1", user_id as _);
    Ok(closed.fetch_optional(tx).await?.unwrap_or_default())
}

/// Has the person sign in by this address; false where they do.
///
/// # Errors
/// [`Error::EmailHeld`] where somebody who has another address by now still signs in by it here.
pub(crate) async fn update_email(
    tx: &mut PgConnection,
    user_id: UserId,
    email: &Email,
) -> Result<bool> {
    let moved = sqlx::query!(
        "update credentials set email = $2 where user_id = $1 and email <> $2",
        user_id as _,
        email.as_str(),
    )
    .execute(tx)
    .await
    .on_constraint("credentials_email_key", || Error::EmailHeld)?;
    Ok(moved.rows_affected() > 0)
}

/// Lets nobody change how the person stands until the transaction ends; others may look as well.
pub(crate) async fn share_person(tx: &mut PgConnection, user_id: UserId) -> pg::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock_shared(hashtextextended('credentials of ' || $1::text, 0))",
        user_id.to_string()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes what signs the person in, and closes their id for good; false where there was nothing. The person is locked
/// by the caller.
pub(crate) async fn delete_person(tx: &mut PgConnection, user_id: UserId) -> pg::Result<bool> {
    let credentials = sqlx::query!("delete from credentials where user_id = $1", user_id as _)
        .execute(&mut *tx)
        .await?;
    let sessions = sqlx::query!("delete from sessions where user_id = $1", user_id as _)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from letters where user_id = $1", user_id as _).execute(&mut *tx).await?;
    sqlx::query!("delete from place_words where user_id = $1", user_id as _)
        .execute(&mut *tx)
        .await?;
    sqlx::query!("delete from known_sources where user_id = $1", user_id as _)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into people (user_id, version, closed) values ($1, $2, true)
         on conflict on constraint people_pkey do update set version = $2, closed = true",
        user_id as _,
        i64::MAX,
    )
    .execute(tx)
    .await?;
    Ok(credentials.rows_affected() + sessions.rows_affected() > 0)
}
