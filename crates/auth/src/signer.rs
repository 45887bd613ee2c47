//! The keys that sign tokens, opened and remembered for a while, so that signing asks nobody.

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Cx, TenantId, Timestamp};
use secrecy::ExposeSecret;
use serde::Serialize;
use tokio::sync::Mutex;
use wire::tokens::{PublicKey, PublicKeys, SigningKey, sign};

use crate::{
    App, Error, Result,
    domain::{KeyState, states},
    ops,
    store::{self, KeptKey, KeysMark},
};

/// The purpose under which the vault seals private keys.
pub(crate) const PURPOSE: &str = "auth.signing_key";
/// How long the keys of the database are believed to be as they were; far below the time for which a key is published
/// before it signs.
const KNOWN: Duration = Duration::from_secs(30);
/// How long nobody looks whether there are other keys: one that was given up in another process is let go after this.
const UNSEEN: Duration = Duration::from_secs(2);

/// The keys in this process's memory; clones share them.
#[derive(Clone, Default)]
pub struct Signer(Arc<Mutex<Option<Held>>>);

struct Held {
    looked: Timestamp,
    loaded: Arc<Loaded>,
}

struct Loaded {
    at: Timestamp,
    /// Those that sign now or will, the earliest first.
    signing: Vec<(Timestamp, SigningKey)>,
    public: PublicKeys,
    mark: KeysMark,
}

impl Signer {
    /// Signs `claims` as a token of the kind `typ` with the key whose turn it is.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Vault`], or [`Error::Hashing`] when there is no randomness.
    pub(crate) async fn sign<C: Serialize>(
        &self,
        app: &App,
        typ: &str,
        claims: &C,
    ) -> Result<String> {
        let loaded = self.loaded(app, app.clock.now()).await?;
        // The first key may have been made on the way here.
        let now = app.clock.now();
        let turn = loaded.signing.iter().rev().find(|(from, _)| *from <= now);
        let (_, key) = turn.ok_or_else(unsigned)?;
        sign(key, typ, claims).map_err(|_| unsigned())
    }

    /// The keys by which tokens hold, and the next one.
    pub(crate) async fn public(&self, app: &App) -> Result<PublicKeys> {
        Ok(self.loaded(app, app.clock.now()).await?.public.clone())
    }

    /// Forgets the keys: they are others.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }

    async fn loaded(&self, app: &App, now: Timestamp) -> Result<Arc<Loaded>> {
        let mut held = self.0.lock().await;
        if let Some(held) = held.as_mut().filter(|held| now.since(held.loaded.at) < KNOWN) {
            if now.since(held.looked) < UNSEEN {
                return Ok(held.loaded.clone());
            }
            if mark(app).await? == held.loaded.mark {
                held.looked = now;
                return Ok(held.loaded.clone());
            }
        }
        let loaded = Arc::new(load(app, now).await?);
        *held = Some(Held { looked: now, loaded: loaded.clone() });
        Ok(loaded)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(***)")
    }
}

async fn mark(app: &App) -> Result<KeysMark> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "look_at_signing_keys").await?;
    let mark = store::signing_keys_mark(&mut tx).await?;
    tx.commit().await?;
    Ok(mark)
}

async fn load(app: &App, now: Timestamp) -> Result<Loaded> {
    // Whoever needs the first key makes it.
    let cx = Cx::of_service(crate::NAME, None, &app.clock);
    ops::make_due_key(app, &cx).await?;
    let now = now.max(app.clock.now());
    let mut tx = app.db.tenant(TenantId::PLATFORM, "open_signing_keys").await?;
    let kept = store::signing_keys(&mut tx).await?;
    let newest = kept.iter().map(|key| key.created_at).max();
    let mark = KeysMark { newest, count: i64::try_from(kept.len()).unwrap_or(i64::MAX) };
    let starts: Vec<Timestamp> = kept.iter().map(|key| key.signs_from).collect();
    let (mut signing, mut public) = (Vec::new(), Vec::new());
    for (key, state) in kept.iter().zip(states(&starts, now)) {
        if state != KeyState::Retired {
            public.push(public_of(key)?);
        }
        if matches!(state, KeyState::Signing | KeyState::Next) {
            let row = key.key_id;
            let text = app.vault.open(&mut tx, &cx, PURPOSE, row, &key.private_key).await?;
            let pkcs8 = STANDARD.decode(text.expose_secret()).map_err(|_| unsigned())?;
            let private = SigningKey::from_pkcs8(&row.to_string(), key.algorithm, &pkcs8);
            signing.push((key.signs_from, private.map_err(|_| unsigned())?));
        }
    }
    tx.commit().await?;
    Ok(Loaded { at: now, signing, public: public.into_iter().collect(), mark })
}

fn public_of(key: &KeptKey) -> Result<PublicKey> {
    let read = PublicKey::of_coordinates(&key.key_id.to_string(), key.algorithm, &key.x, &key.y);
    read.map_err(|_| unsigned())
}

fn unsigned() -> Error {
    Error::Hashing("there is no key that signs".into())
}
