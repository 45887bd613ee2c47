//! Rows of `credentials`.

use kernel::{Email, Timestamp, UserId};
use pg::OnConstraint;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;

use crate::{
    Error, Result,
    domain::{Credential, CredentialId, State},
};

pub(crate) async fn insert_credential(
    tx: &mut PgConnection,
    credential: &Credential,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "insert into credentials (credential_id, user_id, email, hash, state, created_at) values ($1, $2, $3, $4, $5, $6)",
        credential.credential_id.uuid(),
        credential.user_id as _,
        credential.email.as_str(),
        credential.hash.expose_secret(),
        credential.state.as_str(),
        credential.created_at as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes changes to a person's credentials wait for each other. The person has no row here to lock, and rows staged
/// meanwhile are not seen by a lock on rows.
pub(crate) async fn lock_person(tx: &mut PgConnection, user_id: UserId) -> Result<(), pg::Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('credentials of ' || $1::text, 0))",
        user_id.to_string()
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn credentials_of(
    tx: &mut PgConnection,
    user_id: UserId,
) -> Result<Vec<(CredentialId, State)>, pg::Error> {
    let rows = sqlx::query!(
        r#"select credential_id, state as "state: State" from credentials where user_id = $1"#,
        user_id as _
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.credential_id.into(), row.state)).collect())
}

/// Makes a credential the person's password, and removes the person's other staged ones.
pub(crate) async fn activate_credential(
    tx: &mut PgConnection,
    user_id: UserId,
    credential_id: CredentialId,
) -> Result<()> {
    sqlx::query!(
        "update credentials set state = 'active' where credential_id = $1",
        credential_id.uuid()
    )
    .execute(&mut *tx)
    .await
    .on_constraint("credentials_email_key", || Error::EmailTaken)?;
    sqlx::query!("delete from credentials where user_id = $1 and state = 'staged'", user_id as _)
        .execute(tx)
        .await
        .map_err(pg::Error::from)?;
    Ok(())
}

/// Whom an e-mail signs in, and the hash of the password.
pub(crate) async fn active_by_email(
    tx: &mut PgConnection,
    email: &Email,
) -> Result<Option<(UserId, SecretString)>, pg::Error> {
    let row = sqlx::query!(
        r#"select user_id as "user_id: UserId", hash from credentials where email = $1 and state = 'active'"#,
        email.as_str()
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| (row.user_id, row.hash.into())))
}

/// The hash of a person's password.
pub(crate) async fn active_by_user(
    tx: &mut PgConnection,
    user_id: UserId,
) -> Result<Option<SecretString>, pg::Error> {
    let hash = sqlx::query_scalar!(
        "select hash from credentials where user_id = $1 and state = 'active'",
        user_id as _
    )
    .fetch_optional(tx)
    .await?;
    Ok(hash.map(Into::into))
}

/// Removes what was staged before `before` and never activated.
pub(crate) async fn delete_staged(
    tx: &mut PgConnection,
    before: Timestamp,
) -> Result<u64, pg::Error> {
    let deleted = sqlx::query!(
        "delete from credentials where state = 'staged' and created_at < $1",
        before as _
    )
    .execute(tx)
    .await?;
    Ok(deleted.rows_affected())
}
