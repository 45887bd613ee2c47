//! The one path on which the platform closes an account and opens it again.

use std::collections::BTreeSet;

use kernel::{Cx, TenantId, UserId};
use pg::PlatformTx;
use wire::user::v1::{PersonDisabled, PersonEnabled};

use super::{confirm_email_change::told, end_email_change::platform};
use crate::{
    App, Error, Result,
    domain::{Closing, KnownPerson, PersonStanding, PersonStatus},
    peers, store,
};

/// The wish to close an account, or to open it.
#[derive(Debug)]
pub(crate) struct ClosePerson {
    pub(crate) user_id: UserId,
    pub(crate) closing: Closing,
    /// Why, for colleagues; empty for opening.
    pub(crate) reason: String,
    /// Tenants that may be left without an owner who can sign in.
    pub(crate) ownerless: BTreeSet<TenantId>,
}

/// The person as they stand then; what stands as wished stays. From the commit on the gateway's next question about the
/// person is answered without rights, and `auth` ends their sessions.
pub(crate) async fn close_person(app: &App, cx: &Cx, wish: ClosePerson) -> Result<KnownPerson> {
    let user_id = wish.user_id;
    let mut tx = platform(app, "close_person").await?;
    store::lock_person(&mut tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    store::lock_owners_beside(&mut tx, user_id).await?;
    let held = load(&mut tx, user_id).await?;
    if !held.takes(wish.closing) {
        return Ok(held);
    }
    held.may_be_closed_by(cx)?;
    let status = match wish.closing {
        Closing::Close => {
            held.keeps_owners(&wish.ownerless)?;
            PersonStatus::Disabled
        }
        Closing::Open => held.opened()?,
    };
    store::update_status(&mut tx, user_id, status, &wish.reason).await?;
    let standing = store::person_standing(&mut tx, user_id).await?;
    tell(&mut tx, cx, &held, &standing, wish.closing).await?;
    let person = load(&mut tx, user_id).await?;
    store::bump_epochs_of(&mut tx, user_id).await?;
    tx.commit().await?;
    // At once; should this fail, `auth` does it when it hears the fact.
    if let Err(error) = peers::follow_person(app, cx, &standing, None).await {
        tracing::warn!(user.id = %user_id, %error, "sessions do not know of the account yet");
    }
    Ok(person)
}

async fn load(tx: &mut PlatformTx, user_id: UserId) -> Result<KnownPerson> {
    store::known_person(tx, user_id).await?.ok_or(Error::PersonNotFound)
}

async fn tell(
    tx: &mut PlatformTx,
    cx: &Cx,
    held: &KnownPerson,
    standing: &PersonStanding,
    closing: Closing,
) -> Result<()> {
    let (subject, target) = (held.user_id.uuid(), format!("user:{}", held.user_id));
    let standing = Some(told(standing));
    match closing {
        Closing::Close => {
            bus::audit(tx, cx, "person.disable", &target).await?;
            let ownerless = held.sole_owner_of.iter().map(ToString::to_string).collect();
            bus::emit(tx, cx, subject, &PersonDisabled { standing, ownerless }).await?;
        }
        Closing::Open => {
            bus::audit(tx, cx, "person.enable", &target).await?;
            bus::emit(tx, cx, subject, &PersonEnabled { standing }).await?;
        }
    }
    Ok(())
}
