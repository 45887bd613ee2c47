//! Lets nobody change what guards an account but who has proven lately to be its person.

use kernel::{Credential, Cx, SessionId, Timestamp, UserId};
use pg::TenantTx;

use crate::{
    Error, Result,
    domain::{Method, SsoRefusal, is_fresh},
    store,
};

/// Refuses whoever acts by what a session gave out: that changes nothing of what guards the account.
pub(super) fn require_session(cx: &Cx) -> Result<()> {
    match cx.flags.credential {
        Credential::Session => Ok(()),
        Credential::Token | Credential::Delegated => Err(Error::SessionWanted),
    }
}

/// Locks the person, and refuses a session whose proof is too old.
pub(super) async fn require_fresh(
    tx: &mut TenantTx,
    user_id: UserId,
    session_id: SessionId,
    now: Timestamp,
) -> Result<()> {
    store::lock_person(tx, user_id).await?;
    let enrolled = store::enrolled_at(tx, user_id).await?;
    let session = store::session(tx, user_id, session_id).await?.ok_or(Error::BadToken)?;
    if session.method == Method::Sso {
        return Err(Error::Sso(SsoRefusal::Session));
    }
    if is_fresh(&session, enrolled.is_some(), now) { Ok(()) } else { Err(Error::StepUpRequired) }
}
