//! Rows of `users`: people belong to no tenant, so no scope narrows these queries.

use kernel::{Email, Timestamp, UserId};
use pg::{OnConstraint, PlatformTx, TenantTx, Tx};

use crate::{
    Error, Result,
    domain::{Person, PersonStanding},
};

/// The person of this address: the one given, unless somebody has the address already. None where whoever had it has
/// another one since a moment ago: asking again meets nobody.
pub(crate) async fn ensure_person(tx: &mut TenantTx, new: Person) -> pg::Result<Option<Person>> {
    let inserted = sqlx::query!(
        "insert into users (user_id, email, name, status, created_at) values ($1, $2, $3, $4, $5)
         on conflict on constraint users_email_key do nothing",
        new.user_id as _,
        new.email.as_str(),
        new.name.as_str(),
        new.status.as_str(),
        new.created_at as _,
    )
    .execute(&mut **tx)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(Some(new));
    }
    person_by_email(tx, &new.email).await
}

pub(crate) async fn person(tx: &mut TenantTx, user_id: UserId) -> pg::Result<Option<Person>> {
    let row = sqlx::query_as!(
        Person,
        r#"select user_id as "user_id: _", email as "email: _", name as "name: _", status as "status: _",
                  created_at as "created_at: _", activated_at as "activated_at: _"
           from users where user_id = $1"#,
        user_id as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn person_by_email(
    tx: &mut TenantTx,
    email: &Email,
) -> pg::Result<Option<Person>> {
    let row = sqlx::query_as!(
        Person,
        r#"select user_id as "user_id: _", email as "email: _", name as "name: _", status as "status: _",
                  created_at as "created_at: _", activated_at as "activated_at: _"
           from users where email = $1"#,
        email.as_str(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn lock_person<Scope>(
    tx: &mut Tx<Scope>,
    user_id: UserId,
) -> pg::Result<Option<Person>> {
    let row = sqlx::query_as!(
        Person,
        r#"select user_id as "user_id: _", email as "email: _", name as "name: _", status as "status: _",
                  created_at as "created_at: _", activated_at as "activated_at: _"
           from users where user_id = $1 for no key update"#,
        user_id as _,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

pub(crate) async fn activate_person(
    tx: &mut TenantTx,
    user_id: UserId,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query!(
        "update users set status = 'active', activated_at = $2 where user_id = $1 and status = 'invited'",
        user_id as _,
        now as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether the person has shown that they read the mail of their address.
pub(crate) async fn is_address_proven(tx: &mut TenantTx, user_id: UserId) -> pg::Result<bool> {
    let proven = sqlx::query_scalar!(
        r#"select exists (select from users where user_id = $1 and address_proven) as "proven!""#,
        user_id as _,
    );
    Ok(proven.fetch_one(&mut **tx).await?)
}

/// Notes whether the person has shown that they read the mail of their address. The person is locked by the caller.
pub(crate) async fn note_address_proven(
    tx: &mut TenantTx,
    user_id: UserId,
    proven: bool,
) -> pg::Result<()> {
    sqlx::query!(
        "update users set address_proven = $2 where user_id = $1 and address_proven <> $2",
        user_id as _,
        proven,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What other services must know of the person.
pub(crate) async fn person_standing(
    tx: &mut PlatformTx,
    user_id: UserId,
) -> pg::Result<PersonStanding> {
    let row = sqlx::query_as!(
        PersonStanding,
        r#"select user_id as "user_id: _", version, email as "email: _", status as "status: _"
           from users where user_id = $1"#,
        user_id as _,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// Whether anybody has this address.
pub(crate) async fn is_known_address(tx: &mut PlatformTx, email: &Email) -> pg::Result<bool> {
    let known = sqlx::query_scalar!(
        r#"select exists (select from users where email = $1) as "known!""#,
        email.as_str()
    );
    Ok(known.fetch_one(&mut **tx).await?)
}

/// Gives the person another address, which they have confirmed, also in the invitations that wait for them. The person is
/// locked by the caller.
///
/// # Errors
/// [`Error::EmailTaken`] where somebody else got the address in the same moment.
pub(crate) async fn update_address(
    tx: &mut PlatformTx,
    user_id: UserId,
    email: &Email,
) -> Result<()> {
    sqlx::query!(
        "update users set email = $2, address_proven = true, version = version + 1 where user_id = $1",
        user_id as _,
        email.as_str(),
    )
    .execute(&mut **tx)
    .await
    .on_constraint("users_email_key", || Error::EmailTaken)?;
    // Whoever invites by the old address holds the person's row until their commit, so none is missed here.
    sqlx::query!(
        "update invites set email = $2 where user_id = $1 and status = 'pending'",
        user_id as _,
        email.as_str(),
    )
    .execute(&mut **tx)
    .await
    .map_err(pg::Error::from)?;
    Ok(())
}
