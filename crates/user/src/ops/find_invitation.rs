//! Finds the invitation behind a link, or says why the link does not work.

use kernel::Timestamp;
use pg::TenantTx;

use crate::{
    Error, Result,
    domain::{Invite, InviteStatus, Person, Token},
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
    let Some(invite) = store::invite_by_link(tx, &hash).await? else {
        return Err(why_unknown(store::replaced_invite(tx, &hash).await?.as_ref(), now));
    };
    invite.open(now)?;
    let person = store::person(tx, invite.user_id).await?.ok_or(Error::PersonNotFound)?;
    Ok((invite, person))
}

/// A link that was replaced says so while its invitation is open; after that the invitation's own end matters more.
fn why_unknown(replaced: Option<&Invite>, now: Timestamp) -> Error {
    match replaced {
        None => Error::InvitationNotFound,
        Some(invite) if invite.standing(now) == InviteStatus::Pending => Error::InvitationReplaced,
        Some(invite) => invite.open(now).err().unwrap_or(Error::InvitationReplaced),
    }
}
