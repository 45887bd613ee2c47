//! Lets nobody change what guards an account but who has proven lately to be its person.

use kernel::{SessionId, Timestamp, UserId};
use pg::TenantTx;

use crate::{Error, Result, domain::is_fresh, store};

/// Locks the person, and refuses a session whose proof is too old. Answers since when there is a second factor.
pub(super) async fn require_fresh(
    tx: &mut TenantTx,
    user_id: UserId,
    session_id: SessionId,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    store::lock_person(tx, user_id).await?;
    let enrolled = store::enrolled_at(tx, user_id).await?;
    let session = store::session(tx, user_id, session_id).await?.ok_or(Error::BadToken)?;
    if is_fresh(&session, enrolled.is_some(), now) {
        Ok(enrolled)
    } else {
        Err(Error::StepUpRequired)
    }
}
