//! The one path on which a membership is paused, goes on or ends: RPCs, old clients and jobs all come here.

use kernel::{Cx, Timestamp, UserId};
use pg::TenantTx;
use wire::user::v1::{MembershipDisabled, MembershipEnabled, MembershipRemoved};

use super::{
    create_role_binding::allowed_together, keep_an_owner::keep_an_owner,
    put_custom_role::within_own, revoke_invite::revoke, take_seat::take_seat,
    turn_group_member::end_in_groups,
};
use crate::{
    Error, Result,
    domain::{AccountKey, Claim, GroupMemberStatus, MemberStatus, Membership, Turn},
    store,
};

/// The wish to change somebody's membership.
#[derive(Debug)]
pub(crate) struct ChangeMembership {
    pub(crate) user_id: UserId,
    pub(crate) turn: Turn,
    /// What whoever wishes it says.
    pub(crate) note: String,
}

/// Puts the membership where it is wished; whether that changed anything. Whoever calls bumps the epoch then, as the
/// last thing: rights follow the membership from the commit on. Locks are taken in the order of the ways in: account,
/// invitation, seats, owners, membership.
pub(super) async fn change_membership(
    tx: &mut TenantTx,
    cx: &Cx,
    wish: &ChangeMembership,
    now: Timestamp,
) -> Result<bool> {
    let &ChangeMembership { user_id, turn, .. } = wish;
    let account = store::lock_account(tx, &AccountKey::Id(user_id), now).await?;
    account.ok_or(Error::PersonNotFound)?;
    let seen = store::membership(tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    if !seen.takes(turn)? {
        return Ok(false);
    }
    seen.may_be_changed_by(cx, turn)?;
    if turn == Turn::Enable {
        take_seat(tx, Claim::New, now).await?;
    } else {
        // Or the link would undo what is done here.
        take_back(tx, cx, user_id, now).await?;
        keep_an_owner(tx, user_id).await?;
    }
    let held = store::lock_membership(tx, user_id).await?.ok_or(Error::PersonNotFound)?;
    if !held.takes(turn)? {
        return Ok(false);
    }
    if turn != Turn::Leave {
        // Whoever lets them into a group holds the membership: what is read here is what moves.
        let roles = store::roles_of_person(tx, user_id, now).await?;
        within_own(cx, &allowed_together(tx, &roles).await?)?;
    }
    let by = cx.actor.label();
    store::turn_membership(tx, user_id, turn, &wish.note, &by, now).await?;
    if turn.status() == MemberStatus::Removed {
        store::unbind_all(tx, user_id).await?;
        end_in_groups(tx, cx, user_id, None, GroupMemberStatus::Left, now).await?;
    }
    tell(tx, cx, &held, turn).await?;
    Ok(true)
}

async fn take_back(tx: &mut TenantTx, cx: &Cx, user_id: UserId, now: Timestamp) -> Result<()> {
    if let Some(pending) = store::lock_pending_of(tx, user_id).await? {
        revoke(tx, cx, pending.invite_id, now).await?;
    }
    Ok(())
}

async fn tell(tx: &mut TenantTx, cx: &Cx, held: &Membership, turn: Turn) -> Result<()> {
    bus::audit(tx, cx, turn.action(), &format!("user:{}", held.user_id)).await?;
    let (user_id, cause) = (held.user_id.to_string(), turn.cause().to_string());
    let subject = held.user_id.uuid();
    match turn.status() {
        MemberStatus::Active => {
            bus::emit(tx, cx, subject, &MembershipEnabled { user_id, cause }).await
        }
        MemberStatus::Disabled => {
            bus::emit(tx, cx, subject, &MembershipDisabled { user_id, cause }).await
        }
        MemberStatus::Removed => {
            bus::emit(tx, cx, subject, &MembershipRemoved { user_id, cause }).await
        }
    }?;
    Ok(())
}
