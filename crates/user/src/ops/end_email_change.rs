//! Ends a wish for another address that does not come true: taken back by the person, or refused at an address.

use kernel::{Cx, TenantId, Timestamp};
use pg::{PlatformTx, Tx};
use wire::user::v1::EmailChangeEnded;

use super::find_email_change::{EmailChangeLetter, find_email_change, lock_letter};
use crate::{
    App, Error, Result,
    domain::{ChangeStatus, EmailChange, EmailRefusal, EmailToken},
    store,
};

/// Takes the caller's wish back; taking it back again changes nothing.
pub(crate) async fn withdraw_email_change(app: &App, cx: &Cx) -> Result<EmailChange> {
    let me = cx.user().ok_or(Error::PersonNotFound)?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(TenantId::PLATFORM, "withdraw_email_change").await?;
    store::lock_person(&mut tx, me).await?.ok_or(Error::PersonNotFound)?;
    let Some(pending) = store::lock_pending_email_change(&mut tx, me).await? else {
        let newest =
            store::newest_email_change(&mut tx, me).await?.ok_or(EmailRefusal::NotFound)?;
        return match newest.status {
            ChangeStatus::Withdrawn => Ok(newest),
            _ => Err(newest.open(now).err().unwrap_or(EmailRefusal::NotFound).into()),
        };
    };
    let ended = pending.ended(ChangeStatus::Withdrawn);
    end_email_change(&mut tx, cx, &ended, "email.change.withdraw", now).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Refuses the change from one of both addresses; refusing it again changes nothing.
pub(crate) async fn refuse_email_change(
    app: &App,
    cx: &Cx,
    token: &EmailToken,
) -> Result<EmailChangeLetter> {
    let now = app.clock.now();
    let mut tx = platform(app, "refuse_email_change").await?;
    let seen = find_email_change(&mut tx, token).await?;
    store::lock_person(&mut tx, seen.change.user_id).await?.ok_or(Error::PersonNotFound)?;
    let held = lock_letter(&mut tx, &seen).await?;
    let Some(refused) = held.change.refuse(now)? else {
        return Ok(held);
    };
    end_email_change(&mut tx, cx, &refused, "email.change.refuse", now).await?;
    tx.commit().await?;
    Ok(EmailChangeLetter { change: refused, ..held })
}

/// A transaction over a person, who is the same in every tenant; what it tells, the platform tells.
pub(super) async fn platform(app: &App, name: &'static str) -> Result<PlatformTx> {
    let mut tx = app.db.platform(name, "people are global, and so is their address").await?;
    tx.speak_for(TenantId::PLATFORM).await?;
    Ok(tx)
}

/// Keeps the end of a change that is locked, and tells it.
pub(super) async fn end_email_change<Scope>(
    tx: &mut Tx<Scope>,
    cx: &Cx,
    ended: &EmailChange,
    action: &str,
    now: Timestamp,
) -> Result<()> {
    store::update_email_change(tx, ended, now).await?;
    bus::audit(tx, cx, action, &format!("user:{}", ended.user_id)).await?;
    let fact = EmailChangeEnded {
        change_id: ended.change_id.to_string(),
        user_id: ended.user_id.to_string(),
        status: ended.status.to_string(),
    };
    bus::emit(tx, cx, ended.change_id, &fact).await?;
    Ok(())
}
