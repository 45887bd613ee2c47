//! Erases the people whose time has come. Every step may be taken again, so whoever dies between two of them leaves the
//! rest to the next look.

use kernel::{Code, Cx, Failure, InviteId, TenantId, Timestamp, UserId};
use wire::user::v1::PersonErased;

use super::{
    change_membership::{ChangeMembership, change_membership},
    close_person::{ClosePerson, close_person},
    end_email_change::platform,
    revoke_invite::revoke,
};
use crate::{
    App, Error, Result,
    domain::{Closing, Erasure, ErasureStatus, Turn},
    peers, store,
};

/// How many erasures are read at a time.
const BATCH: i64 = 50;

/// What a look at the erasures that are due came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ErasureLook {
    /// Erasures that need no further look.
    pub erased: usize,
    /// Erasures that met a fault of ours and may come through soon; who is hindered by what people did is not counted.
    pub interrupted: usize,
}

/// Erases everybody whose time has come. One that comes to nothing says why in its row, stays due, and holds
/// nobody else up. Any number of processes may look at a time.
pub(crate) async fn erase_people(app: &App) -> Result<ErasureLook> {
    let mut look = ErasureLook::default();
    let mut after: Option<Timestamp> = None;
    loop {
        let mut tx = app.db.platform("due_erasures", "people are global").await?;
        let due = store::due_erasures(&mut tx, app.clock.now(), after, BATCH).await?;
        tx.commit().await?;
        let Some(last) = due.last() else { return Ok(look) };
        after = Some(last.due_at);
        for erasure in due {
            match erase(app, &erasure).await {
                Ok(()) => look.erased += 1,
                Err(problem) => {
                    let is_fault = matches!(problem.code(), Code::Unavailable | Code::Internal);
                    look.interrupted += usize::from(is_fault);
                    note(app, &erasure, &problem).await?;
                }
            }
        }
    }
}

async fn note(app: &App, erasure: &Erasure, problem: &Error) -> Result<()> {
    let (id, reason) = (erasure.erasure_id, problem.reason());
    tracing::warn!(erasure.id = %id, %problem, "an erasure came to nothing for now");
    let mut tx = platform(app, "note_erasure").await?;
    store::lock_person(&mut tx, erasure.user_id).await?;
    if let Some(held) =
        store::newest_erasure(&mut tx, erasure.user_id).await?.filter(Erasure::is_open)
    {
        store::update_erasure(&mut tx, &Erasure { problem: reason.into(), ..held }).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// All steps, in an order in which nothing comes back behind them: nobody signs in any more, then no membership and no
/// invitation is left, then the other services forget the person, and this one last, for it knows the addresses.
async fn erase(app: &App, erasure: &Erasure) -> Result<()> {
    let cx = Cx::of_service(crate::NAME, None, &app.clock);
    let user_id = erasure.user_id;
    if !begin(app, user_id).await? {
        return Ok(());
    }
    let wish = ClosePerson {
        user_id,
        closing: Closing::Close,
        reason: "to be erased".into(),
        ownerless: [].into(),
    };
    close_person(app, &cx, wish).await?;
    let mut tx = app.db.platform("tenants_of", "a person is a member of many tenants").await?;
    let tenants = store::tenants_of(&mut tx, user_id).await?;
    let emails = store::addresses_of(&mut tx, user_id).await?;
    tx.commit().await?;
    for (tenant, invite) in tenants {
        leave(app, user_id, tenant, invite).await?;
    }
    peers::erase_person(app, &cx, user_id, &emails).await?;
    forget(app, &cx, user_id, &emails).await
}

/// Whether there is something to erase: the erasure may have been cancelled, or done by another process, since it was
/// read. Whose tenant would be without an owner is not begun with.
async fn begin(app: &App, user_id: UserId) -> Result<bool> {
    let mut tx = platform(app, "begin_erasure").await?;
    store::lock_person(&mut tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    let Some(held) = store::newest_erasure(&mut tx, user_id).await?.filter(Erasure::is_open) else {
        return Ok(false);
    };
    if held.status == ErasureStatus::Waiting {
        store::lock_owners_beside(&mut tx, user_id).await?;
        let person = store::known_person(&mut tx, user_id).await?.ok_or(Error::PersonNotFound)?;
        person.keeps_owners(&[].into())?;
        let running = Erasure { status: ErasureStatus::Running, ..held };
        store::update_erasure(&mut tx, &running).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Ends the membership and the invitation of one tenant.
async fn leave(
    app: &App,
    user_id: UserId,
    tenant: TenantId,
    invite: Option<InviteId>,
) -> Result<()> {
    let cx = Cx::of_service(crate::NAME, Some(tenant), &app.clock);
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "leave_by_erasure").await?;
    let wish = ChangeMembership { user_id, turn: Turn::Remove, note: String::new() };
    let has_changed = match store::membership(&mut tx, user_id).await? {
        Some(_) => change_membership(&mut tx, &cx, &wish, now).await?,
        None => false,
    };
    if let Some(invite) = invite {
        // Taken back with the membership already, where there was one.
        revoke(&mut tx, &cx, invite, now).await?;
    }
    if has_changed {
        store::bump_epoch(&mut tx, &app.snapshots).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The last step: from the commit on nobody knows the person.
async fn forget(app: &App, cx: &Cx, user_id: UserId, emails: &[String]) -> Result<()> {
    let now = app.clock.now();
    let mut tx = platform(app, "forget_person").await?;
    store::lock_pending_everywhere(&mut tx, user_id).await?;
    store::lock_person(&mut tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    let Some(held) = store::newest_erasure(&mut tx, user_id).await?.filter(Erasure::is_open) else {
        return Ok(());
    };
    store::forget_person(&mut tx, user_id, emails, now).await?;
    store::delete_exports_of(&mut tx, user_id).await?;
    if !store::tenants_of(&mut tx, user_id).await?.is_empty() {
        // Somebody invited them meanwhile: the next look takes that back first.
        return Err(Error::Overtaken);
    }
    let done = Erasure {
        status: ErasureStatus::Done,
        problem: String::new(),
        ended_at: Some(now),
        ..held
    };
    store::update_erasure(&mut tx, &done).await?;
    bus::audit(&mut tx, cx, "person.erase", &format!("user:{user_id}")).await?;
    let fact = PersonErased { user_id: user_id.to_string() };
    bus::emit(&mut tx, cx, user_id.uuid(), &fact).await?;
    tx.commit().await?;
    Ok(())
}
