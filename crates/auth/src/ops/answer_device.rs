//! Shows a person which device asks, and takes the answer (RFC 8628, section 3.3).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use kernel::{Cx, TenantId, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    DEVICE_APPROVAL_KEY, USER_CODE_KEY,
    authorize::Asked,
    count_try::{count_one, take_off_source},
    require_fresh::require_session,
    session_rights::session_rights,
};
use crate::{
    App, Error, Result,
    domain::{
        Account, ClientName, DeviceAnswer, KeptDevice, OAuthClient, Source, Standing, Subject,
        Tries, UserCode,
    },
    store,
};

/// Why a code is looked for in all tenants.
const ANY: &str = "whoever types a device's code says nothing of its tenant";

/// What the person is asked.
#[derive(Debug)]
pub(crate) struct DeviceQuestion {
    pub(crate) user_code: UserCode,
    pub(crate) client: OAuthClient,
    pub(crate) device: KeptDevice,
    pub(crate) approval: SecretString,
}

/// The question of the device that shows this code. Each look is a guess: it is counted for the person and for where they
/// are, and taken off again when it was right. What belongs to a tenant that is not theirs is not there.
pub(crate) async fn show_device(
    app: &App,
    cx: &Cx,
    asked: Asked,
    typed: &str,
) -> Result<DeviceQuestion> {
    let now = app.clock.now();
    let source = Source::read(cx.ip.as_deref());
    let subject = Subject::account(&Account::Person(asked.user_id));
    let mut tx = app.db.tenant(TenantId::PLATFORM, "count_user_code").await?;
    if let Some(source) = &source {
        count_one(&mut tx, Tries::Source, &Subject::source(source), now).await?;
    }
    count_one(&mut tx, Tries::UserCodes, &subject, now).await?;
    tx.commit().await?;
    let question = find(app, cx, asked, typed).await?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "take_off_user_code").await?;
    if let Some(source) = &source {
        take_off_source(&mut tx, source, now).await?;
    }
    let tally = store::lock_tally(&mut tx, Tries::UserCodes, &subject, now).await?;
    let tally = tally.take_off(Tries::UserCodes);
    store::update_tally(&mut tx, Tries::UserCodes, &subject, tally).await?;
    tx.commit().await?;
    Ok(question)
}

/// Keeps what the person says of the device, once. The approval proves that this person was asked about this very device in
/// this session.
pub(crate) async fn answer_device(
    app: &App,
    cx: &Cx,
    asked: Asked,
    typed: &str,
    (shown, agreed): (&str, bool),
) -> Result<()> {
    require_session(cx)?;
    // Before the device is looked for, so that nobody guesses codes here.
    let code = UserCode::parse(typed).ok_or(Error::NotAsked)?;
    let expected = approval(app, asked, &code);
    let (expected, shown) = (expected.expose_secret().as_bytes(), shown.as_bytes());
    verify_slices_are_equal(expected, shown).map_err(|_| Error::NotAsked)?;
    let device = find(app, cx, asked, typed).await?.device;
    let now = app.clock.now();
    let mut tx = app.db.tenant(device.tenant_id, "answer_device").await?;
    // Whoever erases the person or takes them out meanwhile waits, and removes this as well.
    store::share_person(&mut tx, asked.user_id).await?;
    let kept = store::lock_device(&mut tx, &device.code_hash).await?;
    if kept.is_none_or(|kept| !kept.is_open(now)) {
        return Err(Error::DeviceNotFound);
    }
    let session = store::session(&mut tx, asked.user_id, asked.session_id).await?;
    if session.is_none_or(|session| session.standing(now) != Standing::Good) {
        return Err(Error::SessionEnded);
    }
    let answer = if agreed { DeviceAnswer::Approved } else { DeviceAnswer::Denied };
    let of = (asked.user_id, asked.session_id);
    store::answer_device(&mut tx, &device.code_hash, answer, of).await?;
    if agreed {
        let scopes: Vec<String> = device.scope.split(' ').map(String::from).collect();
        let name = ClientName { tenant: device.tenant_id, client_id: device.client_id };
        let id = app.clock.new_id::<Uuid>();
        store::upsert_consent(&mut tx, id, (asked.user_id, name), &scopes, now).await?;
    }
    let target = format!("oauth_client:{} {answer}", device.client_id);
    bus::audit(&mut tx, cx, "oauth.device.answer", &target).await?;
    tx.commit().await?;
    Ok(())
}

async fn find(app: &App, cx: &Cx, asked: Asked, typed: &str) -> Result<DeviceQuestion> {
    let user_code = UserCode::parse(typed).ok_or(Error::DeviceNotFound)?;
    let keys = app.vault.derive_each(USER_CODE_KEY);
    let hashes: Vec<Vec<u8>> = keys.map(|key| user_code.hash(&key)).collect();
    let mut tx = app.db.platform("find_device", ANY).await?;
    let device = store::device_by_user_code(&mut tx, &hashes).await?;
    tx.commit().await?;
    let now = app.clock.now();
    let device = device.filter(|device| device.is_open(now)).ok_or(Error::DeviceNotFound)?;
    let client = client_of(app, cx, asked, &device, now).await?;
    let approval = approval(app, asked, &user_code);
    Ok(DeviceQuestion { user_code, client, device, approval })
}

/// The app of the device, where the person belongs to its tenant.
async fn client_of(
    app: &App,
    cx: &Cx,
    asked: Asked,
    device: &KeptDevice,
    now: Timestamp,
) -> Result<OAuthClient> {
    let of = (asked.user_id, asked.session_id);
    let rights = session_rights(app, cx, device.tenant_id, of).await?;
    if !rights.belongs || rights.suspended {
        return Err(Error::DeviceNotFound);
    }
    let mut tx = app.db.tenant(device.tenant_id, "find_oauth_client").await?;
    let client = store::oauth_client(&mut tx, device.client_id).await?;
    tx.commit().await?;
    let client = client.filter(|client| client.ended_at.is_none_or(|end| end > now));
    client.ok_or(Error::DeviceNotFound)
}

/// Stands for one question to one person in one session.
fn approval(app: &App, asked: Asked, code: &UserCode) -> SecretString {
    let subject = format!("{} {} {code}", asked.user_id, asked.session_id);
    app.vault.derive(DEVICE_APPROVAL_KEY).token(subject.as_bytes())
}
