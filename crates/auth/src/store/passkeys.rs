//! Rows of `passkeys`.

use kernel::{Timestamp, UserId};
use pg::OnConstraint;
use sqlx::PgConnection;

use crate::{
    Error, Result,
    domain::{CredentialId, Passkey, PasskeyId, PasskeyName, PasskeyRefusal, Remaining},
    relying::Made,
};

/// Keeps a passkey of a person, which counts at once unless it waits for a credential.
pub(crate) async fn insert_passkey(
    tx: &mut PgConnection,
    user_id: UserId,
    passkey: &Passkey,
    made: &Made,
    staged_with: Option<CredentialId>,
) -> Result<()> {
    sqlx::query!(
        "insert into passkeys (passkey_id, user_id, webauthn_id, key, name, created_at, guards_since, staged_with)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        passkey.passkey_id.uuid(),
        user_id as _,
        made.webauthn_id,
        made.key,
        passkey.name,
        passkey.created_at as _,
        passkey.guards_since as _,
        staged_with.map(CredentialId::uuid)
    )
    .execute(tx)
    .await
    .on_constraint("passkeys_webauthn_id_key", || Error::Passkey(PasskeyRefusal::Taken))?;
    Ok(())
}

/// A person's passkeys, the oldest first.
pub(crate) async fn passkeys_of(
    tx: &mut PgConnection,
    user_id: UserId,
) -> Result<Vec<Passkey>, pg::Error> {
    let rows = sqlx::query!(
        r#"select passkey_id, name, created_at as "created_at: Timestamp", last_used_at as "last_used_at: Timestamp",
                  guards_since as "guards_since: Timestamp"
           from passkeys where user_id = $1 and staged_with is null order by created_at, passkey_id"#,
        user_id as _
    )
    .fetch_all(tx)
    .await?;
    let passkeys = rows.into_iter().map(|row| Passkey {
        passkey_id: row.passkey_id.into(),
        name: row.name,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        guards_since: row.guards_since,
    });
    Ok(passkeys.collect())
}

/// The ids under which a person's devices know their keys.
pub(crate) async fn webauthn_ids(
    tx: &mut PgConnection,
    user_id: UserId,
) -> Result<Vec<Vec<u8>>, pg::Error> {
    let ids = sqlx::query_scalar!(
        "select webauthn_id from passkeys where user_id = $1 and staged_with is null order by passkey_id",
        user_id as _
    )
    .fetch_all(tx)
    .await?;
    Ok(ids)
}

/// Whose passkey a device's id is.
pub(crate) async fn owner_of(
    tx: &mut PgConnection,
    webauthn_id: &[u8],
) -> Result<Option<UserId>, pg::Error> {
    let user_id = sqlx::query_scalar!(
        r#"select user_id as "user_id: UserId" from passkeys where webauthn_id = $1 and staged_with is null"#,
        webauthn_id
    )
    .fetch_optional(tx)
    .await?;
    Ok(user_id)
}

/// A person's key, locked until the transaction ends: its counter goes on once for each use.
pub(crate) async fn lock_key(
    tx: &mut PgConnection,
    user_id: UserId,
    webauthn_id: &[u8],
) -> Result<Option<(PasskeyId, String)>, pg::Error> {
    let row = sqlx::query!(
        "select passkey_id, key from passkeys
         where user_id = $1 and webauthn_id = $2 and staged_with is null for update",
        user_id as _,
        webauthn_id
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| (row.passkey_id.into(), row.key)))
}

/// Notes that a passkey was used, and the key's counter.
pub(crate) async fn note_proof(
    tx: &mut PgConnection,
    passkey_id: PasskeyId,
    key: &str,
    now: Timestamp,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update passkeys set key = $2, last_used_at = $3 where passkey_id = $1",
        passkey_id.uuid(),
        key,
        now as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Has all of a person's passkeys asked for beside the password.
pub(crate) async fn guard_by_passkeys(
    tx: &mut PgConnection,
    user_id: UserId,
    now: Timestamp,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update passkeys set guards_since = $2 where user_id = $1 and guards_since is null and staged_with is null",
        user_id as _,
        now as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Gives a person's passkey another name; `false` where there is none.
pub(crate) async fn rename_passkey(
    tx: &mut PgConnection,
    user_id: UserId,
    passkey_id: PasskeyId,
    name: &PasskeyName,
) -> Result<bool, pg::Error> {
    let renamed = sqlx::query!(
        "update passkeys set name = $3 where user_id = $1 and passkey_id = $2 and staged_with is null",
        user_id as _,
        passkey_id.uuid(),
        name.as_str()
    )
    .execute(tx)
    .await?;
    Ok(renamed.rows_affected() == 1)
}

/// Whether a person's passkey is asked for beside a password, and what else there is. The person is locked by the caller.
pub(crate) async fn besides(
    tx: &mut PgConnection,
    user_id: UserId,
    passkey_id: PasskeyId,
    has_app: bool,
) -> Result<Option<(bool, Remaining)>, pg::Error> {
    let held = passkeys_of(&mut *tx, user_id).await?;
    let Some(going) = held.iter().find(|passkey| passkey.passkey_id == passkey_id) else {
        return Ok(None);
    };
    let others = || held.iter().filter(|passkey| passkey.passkey_id != passkey_id);
    let password = sqlx::query!(
        r#"select hash is not null as "has!", short from credentials where user_id = $1 and state = 'active'"#,
        user_id as _
    )
    .fetch_optional(tx)
    .await?;
    let remaining = Remaining {
        passkeys: others().count(),
        guarding: others().filter(|passkey| passkey.guards_since.is_some()).count(),
        has_app,
        has_password: password.as_ref().is_some_and(|password| password.has),
        has_short_password: password.is_some_and(|password| password.has && password.short),
    };
    Ok(Some((going.guards_since.is_some(), remaining)))
}

pub(crate) async fn delete_passkey(
    tx: &mut PgConnection,
    user_id: UserId,
    passkey_id: PasskeyId,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "delete from passkeys where user_id = $1 and passkey_id = $2",
        user_id as _,
        passkey_id.uuid()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes all that a person's devices may sign in with; the number of passkeys.
pub(crate) async fn delete_passkeys(
    tx: &mut PgConnection,
    user_id: UserId,
) -> Result<u64, pg::Error> {
    let deleted =
        sqlx::query!("delete from passkeys where user_id = $1", user_id as _).execute(tx).await?;
    Ok(deleted.rows_affected())
}
