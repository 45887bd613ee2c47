//! Rows of `users`: people belong to no tenant, so no scope narrows these queries.

use kernel::{Email, Timestamp, UserId};
use pg::TenantTx;

use crate::domain::Person;

/// The person of this address: the one given, unless somebody has the address already.
pub(crate) async fn ensure_person(tx: &mut TenantTx, new: Person) -> pg::Result<Person> {
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
        return Ok(new);
    }
    let known = person_by_email(tx, &new.email).await?;
    known.ok_or_else(|| sqlx::Error::RowNotFound.into())
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

pub(crate) async fn lock_person(tx: &mut TenantTx, user_id: UserId) -> pg::Result<Option<Person>> {
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
