//! Keeps a passkey that a person's device made.

use kernel::{Cx, SessionId, TenantId, UserId};
use pg::TenantTx;
use uuid::Uuid;
use wire::auth::v1::FactorEnrolled;

use super::{renew_recovery_codes::draw_codes, require_fresh::require_session};
use crate::{
    App, Error, Result,
    domain::{
        CeremonyKind, Key, MOST_PASSKEYS, Passkey, PasskeyName, PasskeyRefusal, RecoveryCode,
        device,
    },
    relying::Made,
    store,
};

/// Whose device answered, in which session, and what.
#[derive(Debug)]
pub(crate) struct AddPasskey {
    pub(crate) user_id: UserId,
    pub(crate) session_id: SessionId,
    pub(crate) token: Key,
    pub(crate) answer: String,
    pub(crate) name: Option<PasskeyName>,
}

/// A passkey that counts now.
#[derive(Debug)]
pub(crate) struct Added {
    pub(crate) passkey: Passkey,
    /// Handed out with the first second factor.
    pub(crate) codes: Vec<RecoveryCode>,
}

/// Uses the challenge up, whatever comes of it, and keeps the key. From then on all of the person's passkeys are asked for
/// beside the password; the session in use has shown one. The fresh proof was asked for when the ceremony began, in this
/// very session.
pub(crate) async fn add_passkey(app: &App, cx: &Cx, command: AddPasskey) -> Result<Added> {
    require_session(cx)?;
    let AddPasskey { user_id, session_id, token, answer, name } = command;
    let now = app.clock.now();
    let mut tx =
        app.db.platform("take_ceremony", "people are global, and so are their passkeys").await?;
    let taken = store::take_ceremony(&mut tx, &token).await?;
    tx.commit().await?;
    let ceremony = taken
        .filter(|taken| taken.is_for(CeremonyKind::Add, Some(user_id), Some(session_id), now))
        .ok_or(Error::Passkey(PasskeyRefusal::CeremonyOver))?;
    let made = app.relying.check_new(&ceremony.state, &answer).map_err(Error::unmade)?;
    let name = name.unwrap_or_else(|| PasskeyName::of_device(&device(cx.user_agent.as_deref())));
    let passkey = Passkey {
        passkey_id: Uuid::new_v4().into(),
        name: name.as_str().into(),
        created_at: now,
        last_used_at: None,
        guards_since: Some(now),
    };
    let mut tx = app.db.tenant(TenantId::PLATFORM, "add_passkey").await?;
    let codes = keep(&mut tx, app, user_id, &passkey, &made).await?;
    store::note_second_factor(&mut tx, session_id, now).await?;
    let target = format!("user:{user_id} passkey:{}", passkey.passkey_id);
    bus::audit(&mut tx, cx, "factor.enrol", &target).await?;
    let fact = FactorEnrolled { user_id: user_id.to_string(), kind: "passkey".into() };
    bus::emit(&mut tx, cx, user_id.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(Added { passkey, codes })
}

/// Keeps the key, and recovery codes where it is the first second factor.
async fn keep(
    tx: &mut TenantTx,
    app: &App,
    user_id: UserId,
    passkey: &Passkey,
    made: &Made,
) -> Result<Vec<RecoveryCode>> {
    store::lock_person(tx, user_id).await?;
    if store::is_closed(tx, user_id).await? {
        return Err(Error::PersonClosed);
    }
    if store::webauthn_ids(tx, user_id).await?.len() >= MOST_PASSKEYS {
        return Err(Error::Passkey(PasskeyRefusal::TooMany));
    }
    let enrolled = store::enrolled_at(tx, user_id).await?.is_some();
    store::insert_passkey(tx, user_id, passkey, made, None).await?;
    store::guard_by_passkeys(tx, user_id, app.clock.now()).await?;
    if enrolled {
        return Ok(Vec::new());
    }
    let codes = draw_codes()?;
    store::replace_recovery_codes(tx, user_id, &codes).await?;
    Ok(codes)
}
