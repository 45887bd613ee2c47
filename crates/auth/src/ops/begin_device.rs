//! Begins the question of a device that has no keyboard (RFC 8628, section 3.1).

use std::time::Duration;

use aws_lc_rs::rand;
use kernel::{Cx, TenantId};

use super::{
    USER_CODE_KEY,
    prove_client::{ClientProof, prove_client},
};
use crate::{
    App, Error, Result,
    domain::{DeviceCode, ExtraGrant, INTERVAL, KeptDevice, OAuthProblem, UserCode},
    store,
};

/// How long a person has.
const LIFE: Duration = Duration::from_secs(600);

/// So many questions of an app without a secret wait at once: anybody begins them in its name.
const MOST_UNPROVEN: i64 = 1_000;

/// What the device is told once.
#[derive(Debug)]
pub(crate) struct DeviceBegun {
    pub(crate) code: DeviceCode,
    pub(crate) user_code: UserCode,
    /// Where the person goes.
    pub(crate) page: String,
    pub(crate) expires_in: i32,
    pub(crate) interval: i32,
}

/// Keeps the question of an app that has proven which one it is and may ask in this way.
pub(crate) async fn begin_device(
    app: &App,
    cx: &Cx,
    proof: &ClientProof,
    scope: &str,
) -> Result<DeviceBegun> {
    let (name, client) = prove_client(app, cx, proof).await?;
    // A device says nothing of a tenant: an app of the platform would act beyond all of them.
    if name.tenant == TenantId::PLATFORM || !client.has(ExtraGrant::DeviceCode) {
        return Err(Error::OAuth(OAuthProblem::UnauthorizedClient));
    }
    let scopes = client.admits(scope).filter(|scopes| !scopes.is_empty());
    let scopes = scopes.ok_or(Error::OAuth(OAuthProblem::InvalidScope))?;
    let (mut random, mut letters) = ([0; 32], [0; 64]);
    let no_randomness = |_| Error::Hashing("the system gives no randomness".into());
    rand::fill(&mut random).map_err(no_randomness)?;
    rand::fill(&mut letters).map_err(no_randomness)?;
    let code = DeviceCode::of(name.tenant, &random);
    // Of 64 bytes nearly all are of use.
    let user_code = UserCode::draw(&letters).ok_or(Error::Busy)?;
    let now = app.clock.now();
    let kept = KeptDevice {
        tenant_id: name.tenant,
        code_hash: code.hash(),
        client_id: name.client_id,
        scope: scopes.join(" "),
        created_at: now,
        expires_at: now.after(LIFE),
        polled_at: None,
        wait_seconds: INTERVAL,
        answer: None,
        user_id: None,
        session_id: None,
        used_at: None,
    };
    let mut tx = app.db.tenant(name.tenant, "begin_device").await?;
    let is_proven = client.is_confidential();
    if !is_proven && store::lock_open_devices(&mut tx, name.client_id, now).await? >= MOST_UNPROVEN
    {
        return Err(Error::Busy);
    }
    store::insert_device(&mut tx, &kept, &user_code.hash(&app.vault.derive(USER_CODE_KEY))).await?;
    // The trail of the tenant is not filled by whoever knows the name of an app; what a person answers stands in it.
    if is_proven {
        let target = format!("oauth_client:{}", name.client_id);
        bus::audit(&mut tx, cx, "oauth.device", &target).await?;
    }
    tx.commit().await?;
    let page = format!("{}/device", app.public_url);
    let expires_in = i32::try_from(LIFE.as_secs()).unwrap_or(i32::MAX);
    Ok(DeviceBegun { code, user_code, page, expires_in, interval: INTERVAL })
}
