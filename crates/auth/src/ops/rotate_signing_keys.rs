//! Makes the next key that signs tokens, when it is time or when somebody wants it.

use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Cx, TenantId};
use pg::TenantTx;
use uuid::Uuid;
use wire::{auth::v1::SigningKeysRotated, timestamp, tokens::SigningKey};

use crate::{
    App, Error, Result,
    domain::{KeyState, LEAD, is_due, states},
    signer::PURPOSE,
    store::{self, KeptKey},
};

/// The key that signs next, made now unless one waits already. Where the former ones are `compromised` it signs at once,
/// and nothing that they signed holds any more.
pub(crate) async fn rotate_signing_keys(
    app: &App,
    cx: &Cx,
    compromised: bool,
) -> Result<(KeptKey, KeyState)> {
    app.vault.prepare(&app.db, TenantId::PLATFORM).await?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "rotate_signing_keys").await?;
    store::lock_signing_keys(&mut tx).await?;
    let kept = store::signing_keys(&mut tx).await?;
    if !compromised && let Some(next) = kept.last().filter(|key| key.signs_from > app.clock.now()) {
        return Ok((next.clone(), KeyState::Next));
    }
    let made = if compromised {
        let former: Vec<Uuid> = kept.iter().map(|key| key.key_id).collect();
        store::delete_signing_keys(&mut tx, &former).await?;
        make(&mut tx, app, cx, &[], true).await?
    } else {
        make(&mut tx, app, cx, &kept, false).await?
    };
    tx.commit().await?;
    app.signer.forget().await;
    let state = if made.signs_from > app.clock.now() { KeyState::Next } else { KeyState::Signing };
    Ok((made, state))
}

/// Makes a key if it is time for one: the first, or the one after a key that has signed for its period. The memory of
/// keys is the caller's to renew.
pub(crate) async fn make_due_key(app: &App, cx: &Cx) -> Result<bool> {
    app.vault.prepare(&app.db, TenantId::PLATFORM).await?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "make_due_key").await?;
    let newest = |kept: &[KeptKey]| kept.last().map(|key| key.signs_from);
    let is_due = |kept: &[KeptKey]| is_due(newest(kept), &app.keys, app.clock.now());
    if !is_due(&store::signing_keys(&mut tx).await?) {
        return Ok(false);
    }
    store::lock_signing_keys(&mut tx).await?;
    let kept = store::signing_keys(&mut tx).await?;
    if !is_due(&kept) {
        return Ok(false);
    }
    make(&mut tx, app, cx, &kept, false).await?;
    tx.commit().await?;
    Ok(true)
}

/// Removes the keys of which nothing is alive.
pub(crate) async fn drop_retired_keys(app: &App) -> Result<u64> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "drop_retired_keys").await?;
    let kept = store::signing_keys(&mut tx).await?;
    let starts: Vec<_> = kept.iter().map(|key| key.signs_from).collect();
    let states = states(&starts, app.clock.now());
    let retired = kept.iter().zip(states).filter(|(_, state)| *state == KeyState::Retired);
    let retired: Vec<Uuid> = retired.map(|(key, _)| key.key_id).collect();
    let deleted = store::delete_signing_keys(&mut tx, &retired).await?;
    tx.commit().await?;
    Ok(deleted)
}

/// Draws, seals and keeps a key. The first of all signs at once, since nobody waits for another.
async fn make(
    tx: &mut TenantTx,
    app: &App,
    cx: &Cx,
    former: &[KeptKey],
    compromised: bool,
) -> Result<KeptKey> {
    let (now, key_id) = (app.clock.now(), app.clock.new_id::<Uuid>());
    let algorithm = app.keys.algorithm;
    let unmade = |_| Error::Hashing("the system gives no randomness".into());
    let (key, pkcs8) = SigningKey::draw(&key_id.to_string(), algorithm).map_err(unmade)?;
    let secret = STANDARD.encode(pkcs8).into();
    let (x, y) = key.public().coordinates();
    let kept = KeptKey {
        key_id,
        algorithm,
        private_key: app.vault.seal(tx, PURPOSE, key_id, &secret).await?,
        x,
        y,
        created_at: now,
        signs_from: if former.is_empty() { now } else { now.after(LEAD) },
    };
    store::insert_signing_key(tx, &kept).await?;
    bus::audit(tx, cx, "signing_keys.rotate", &format!("signing_key:{key_id}")).await?;
    let fact = SigningKeysRotated {
        key_id: key_id.to_string(),
        algorithm: algorithm.to_string(),
        signs_from: Some(timestamp(kept.signs_from)),
        compromised,
    };
    bus::emit(tx, cx, key_id, &fact).await?;
    Ok(kept)
}
