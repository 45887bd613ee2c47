//! Finds the invitation behind a link, or says why the link does not work.

use kernel::{Timestamp, UserId};
use pg::TenantTx;

use crate::{
    Error, Result,
    domain::{Invite, InviteStatus, MemberStatus, Person, Token, TokenHash},
    store,
};

/// The open invitation behind a link and the person it invites, in a transaction bound to the token's own tenant.
/// Reads without a lock and changes nothing.
pub(super) async fn find_invitation(
    tx: &mut TenantTx,
    token: &Token,
    now: Timestamp,
) -> Result<(Invite, Person)> {
    let hash = token.hash();
    let Some(invite) = behind(tx, &hash, now).await? else {
        return Err(why_unknown(store::replaced_invite(tx, &hash).await?.as_ref(), now));
    };
    invite.open(now)?;
    if invite.is_exhausted(&store::invite_policy(tx).await?) {
        return Err(Error::LinkExhausted);
    }
    let person = store::person(tx, invite.user_id).await?.ok_or(Error::PersonNotFound)?;
    Ok((invite, person))
}

/// The accepted invitation behind any of its links, where this person came in by it and still belongs here.
pub(super) async fn joined_by(
    tx: &mut TenantTx,
    token: &Token,
    user: UserId,
) -> Result<Option<Invite>> {
    let hash = token.hash();
    let invite = match store::invite_by_link(tx, &hash).await? {
        Some(invite) => Some(invite),
        None => store::replaced_invite(tx, &hash).await?,
    };
    let came = |invite: &Invite| invite.status == InviteStatus::Accepted && invite.user_id == user;
    let Some(invite) = invite.filter(came) else {
        return Ok(None);
    };
    let stays = store::member_status(tx, user).await? == Some(MemberStatus::Active);
    Ok(stays.then_some(invite))
}

/// The person who came in after `since` by any of the invitation's links with this in its history, and still belongs here.
pub(super) async fn joined_with(
    tx: &mut TenantTx,
    token: &Token,
    detail: &str,
    since: Timestamp,
) -> Result<Option<Person>> {
    let Some(user) = store::accepted_with(tx, &token.hash(), detail, since).await? else {
        return Ok(None);
    };
    match joined_by(tx, token, user).await? {
        Some(_) => Ok(store::person(tx, user).await?),
        None => Ok(None),
    }
}

/// The invitation whose newest link this is, or one that was replaced so lately that it still works.
async fn behind(tx: &mut TenantTx, hash: &TokenHash, now: Timestamp) -> Result<Option<Invite>> {
    match store::invite_by_link(tx, hash).await? {
        Some(invite) => Ok(Some(invite)),
        None => Ok(store::invite_by_former_link(tx, hash, now).await?),
    }
}

/// A link that was replaced says so while its invitation is open; after that the invitation's own end matters more.
fn why_unknown(replaced: Option<&Invite>, now: Timestamp) -> Error {
    match replaced {
        None => Error::InvitationNotFound,
        Some(invite) if invite.standing(now) == InviteStatus::Pending => Error::InvitationReplaced,
        Some(invite) => invite.open(now).err().unwrap_or(Error::InvitationReplaced),
    }
}
