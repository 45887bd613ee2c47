//! Asks for the erasure of a person: themselves, or the platform's staff.

use kernel::{Cx, TenantId, UserId};
use secrecy::SecretString;
use wire::{timestamp, user::v1::ErasureRequested};

use super::end_email_change::platform;
use crate::{
    App, Error, Result,
    domain::{Erasure, ErasureStatus},
    peers, store,
};

/// The caller's own erasure as it stands then. Whoever has the session does not speak for the person yet: the password
/// is asked for, or a fresh proof.
pub(crate) async fn request_erasure(
    app: &App,
    cx: &Cx,
    password: &SecretString,
) -> Result<Erasure> {
    let me = peers::prove_again(app, cx, password).await?;
    ask(app, cx, me, String::new()).await
}

/// The erasure of somebody else as it stands then. Nobody orders that of whoever holds a role of the platform that
/// allows what they may not.
pub(crate) async fn order_erasure(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    reason: String,
) -> Result<Erasure> {
    ask(app, cx, user_id, reason).await
}

/// An erasure that stands already stays as it is.
async fn ask(app: &App, cx: &Cx, user_id: UserId, reason: String) -> Result<Erasure> {
    let now = app.clock.now();
    let mut tx = platform(app, "request_erasure").await?;
    store::lock_person(&mut tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    let newest = store::newest_erasure(&mut tx, user_id).await?;
    if let Some(standing) = newest.filter(|one| one.is_open() || one.status == ErasureStatus::Done)
    {
        return Ok(standing);
    }
    let person = store::known_person(&mut tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    if cx.user() != Some(user_id) {
        person.may_be_closed_by(cx)?;
    }
    person.keeps_owners(&[].into())?;
    let erasure = Erasure {
        erasure_id: app.clock.new_id(),
        user_id,
        status: ErasureStatus::Waiting,
        reason,
        problem: String::new(),
        asked_by: cx.actor.label(),
        asked_at: now,
        due_at: Erasure::due(now),
        ended_at: None,
    };
    store::insert_erasure(&mut tx, &erasure).await?;
    bus::audit(&mut tx, cx, "erasure.request", &format!("user:{user_id}")).await?;
    let fact = ErasureRequested {
        erasure_id: erasure.erasure_id.to_string(),
        user_id: user_id.to_string(),
        due_at: Some(timestamp(erasure.due_at)),
    };
    bus::emit(&mut tx, cx, erasure.erasure_id, &fact).await?;
    tx.commit().await?;
    Ok(erasure)
}

/// The caller's newest erasure, whatever became of it.
pub(crate) async fn get_erasure(app: &App, cx: &Cx) -> Result<Erasure> {
    let me = cx.user().ok_or(Error::PersonNotFound)?;
    let mut tx = app.db.tenant(TenantId::PLATFORM, "get_erasure").await?;
    let newest = store::newest_erasure(&mut tx, me).await?;
    tx.commit().await?;
    newest.ok_or(Error::ErasureNotFound)
}
