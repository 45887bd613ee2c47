//! Rows of `credentials`.

use kernel::{Email, Timestamp, UserId};
use pg::OnConstraint;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;

use crate::{
    Error, Result,
    domain::{Credential, CredentialId, NewPassword, State},
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
        credential.hash.as_ref().map(ExposeSecret::expose_secret),
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

/// Makes a credential the person's own, with the passkey that came with it, and removes the person's other staged ones.
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
    sqlx::query!(
        "update passkeys set staged_with = null where staged_with = $1",
        credential_id.uuid()
    )
    .execute(&mut *tx)
    .await
    .map_err(pg::Error::from)?;
    sqlx::query!("delete from credentials where user_id = $1 and state = 'staged'", user_id as _)
        .execute(tx)
        .await
        .map_err(pg::Error::from)?;
    Ok(())
}

/// Whom an e-mail signs in, and by which password, if by any.
pub(crate) async fn active_by_email(
    tx: &mut PgConnection,
    email: &Email,
) -> Result<Option<(UserId, CredentialId, Option<SecretString>)>, pg::Error> {
    let row = sqlx::query!(
        r#"select user_id as "user_id: UserId", credential_id, hash from credentials where email = $1 and state = 'active'"#,
        email.as_str()
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| (row.user_id, row.credential_id.into(), row.hash.map(Into::into))))
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
    Ok(hash.flatten().map(Into::into))
}

/// Which credential the person has, and the address it signs in with.
pub(crate) async fn active_of(
    tx: &mut PgConnection,
    user_id: UserId,
) -> Result<Option<(CredentialId, Email)>, pg::Error> {
    let row = sqlx::query!(
        r#"select credential_id, email as "email: Email" from credentials where user_id = $1 and state = 'active'"#,
        user_id as _
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| (row.credential_id.into(), row.email)))
}

/// Puts a new hash under a new id in the place of the person's password.
pub(crate) async fn replace_password(
    tx: &mut PgConnection,
    user_id: UserId,
    credential_id: CredentialId,
    new: &NewPassword,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update credentials set credential_id = $2, hash = $3, short = $4 where user_id = $1 and state = 'active'",
        user_id as _,
        credential_id.uuid(),
        new.hash.expose_secret(),
        new.short
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether the person's password is one that may only be used with a second factor.
pub(crate) async fn has_short_password(
    tx: &mut PgConnection,
    user_id: UserId,
) -> Result<bool, pg::Error> {
    let short = sqlx::query_scalar!(
        "select short from credentials where user_id = $1 and state = 'active'",
        user_id as _
    )
    .fetch_optional(tx)
    .await?;
    Ok(short.unwrap_or_default())
}

/// Whether this still is the person's password; locked until the transaction ends.
pub(crate) async fn lock_password(
    tx: &mut PgConnection,
    user_id: UserId,
    credential_id: CredentialId,
) -> Result<bool, pg::Error> {
    let found = sqlx::query_scalar!(
        "select 1 as one from credentials where user_id = $1 and state = 'active' and credential_id = $2 for update",
        user_id as _,
        credential_id.uuid()
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.is_some())
}

/// Keeps another hash of the same password, unless the password was changed since `former` was read.
pub(crate) async fn renew_hash(
    tx: &mut PgConnection,
    user_id: UserId,
    former: &SecretString,
    hash: &SecretString,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update credentials set hash = $3 where user_id = $1 and state = 'active' and hash = $2",
        user_id as _,
        former.expose_secret(),
        hash.expose_secret()
    )
    .execute(tx)
    .await?;
    Ok(())
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
