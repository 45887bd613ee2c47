//! Makes the link by which the platform's first administrator comes in.

use kernel::{Clock, Cx, TenantId, Timestamp};
use pg::Db;
use secrecy::SecretString;

use crate::{
    PublicUrl, Result,
    domain::{SETUP_LIFE, Setup, SetupRefusal, SetupSecret},
    store,
};

/// A link as it is shown, once.
#[derive(Debug)]
pub struct SetupLink {
    /// Where the person goes.
    pub url: SecretString,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Keeps the hash of a fresh secret in the place of the one before. Whoever has the database and its key may call, and
/// nobody over the network.
///
/// # Errors
/// [`SetupRefusal::Administered`] once somebody administers the platform; else the database's.
pub async fn make_setup(db: &Db, clock: &Clock, public_url: &PublicUrl) -> Result<SetupLink> {
    let cx = Cx::of_service("usher", None, clock);
    let now = clock.now();
    let setup = Setup { expires_at: now.after(SETUP_LIFE), used_at: None };
    let secret = SetupSecret::draw()?;
    let mut tx = db.tenant(TenantId::PLATFORM, "make_setup").await?;
    if store::is_administered(&mut tx).await? {
        return Err(SetupRefusal::Administered.into());
    }
    store::replace_setup(&mut tx, &secret.hash(), &setup, now).await?;
    bus::audit(&mut tx, &cx, "setup.make", "platform").await?;
    tx.commit().await?;
    Ok(SetupLink { url: public_url.setup(secret.text()).into(), expires_at: setup.expires_at })
}
