//! Lists the keys that sign tokens.

use kernel::{TenantId, Timestamp};

use crate::{
    App, Result,
    domain::{KeyState, states},
    store::{self, KeptKey},
};

/// Keys of which something is alive, with what each is for now.
pub(crate) async fn list_signing_keys(app: &App) -> Result<Vec<(KeptKey, KeyState)>> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "list_signing_keys").await?;
    let kept = store::signing_keys(&mut tx).await?;
    tx.commit().await?;
    let starts: Vec<Timestamp> = kept.iter().map(|key| key.signs_from).collect();
    let states = states(&starts, app.clock.now());
    Ok(kept.into_iter().zip(states).filter(|(_, state)| *state != KeyState::Retired).collect())
}
