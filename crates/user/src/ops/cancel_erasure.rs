//! Takes an erasure back, while it waits.

use kernel::{Cx, UserId};
use wire::user::v1::ErasureCancelled;

use super::end_email_change::platform;
use crate::{App, Error, Result, domain::Erasure, store};

/// Takes the caller's own erasure back; one that the platform's staff ordered is theirs to cancel.
pub(crate) async fn withdraw_erasure(app: &App, cx: &Cx) -> Result<Erasure> {
    let me = cx.user().ok_or(Error::PersonNotFound)?;
    cancel(app, cx, me, Some(&cx.actor.label())).await
}

/// Cancels the person's erasure, whoever asked for it; cancelling it again changes nothing.
pub(crate) async fn cancel_erasure(app: &App, cx: &Cx, user_id: UserId) -> Result<Erasure> {
    cancel(app, cx, user_id, None).await
}

async fn cancel(app: &App, cx: &Cx, user_id: UserId, only: Option<&str>) -> Result<Erasure> {
    let mut tx = platform(app, "cancel_erasure").await?;
    store::lock_person(&mut tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    let held = store::newest_erasure(&mut tx, user_id).await?.ok_or(Error::ErasureNotFound)?;
    if only.is_some_and(|asker| asker != held.asked_by) {
        return Err(Error::ErasureOrdered);
    }
    let Some(cancelled) = held.cancel(app.clock.now())? else {
        return Ok(held);
    };
    store::update_erasure(&mut tx, &cancelled).await?;
    bus::audit(&mut tx, cx, "erasure.cancel", &format!("user:{user_id}")).await?;
    let fact =
        ErasureCancelled { erasure_id: held.erasure_id.to_string(), user_id: user_id.to_string() };
    bus::emit(&mut tx, cx, held.erasure_id, &fact).await?;
    tx.commit().await?;
    Ok(cancelled)
}
