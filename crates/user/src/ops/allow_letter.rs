//! Keeps one address from getting more letters than it should.

use kernel::{Email, Timestamp};
use pg::TenantTx;

use crate::{
    Result,
    domain::{DAY, InvitePolicy},
    store,
};

/// Refuses a letter beyond the budget of its recipient. Two letters to one address are asked for one after the other:
/// the address has one pending invitation, which is locked or being made.
pub(super) async fn allow_letter(
    tx: &mut TenantTx,
    policy: &InvitePolicy,
    email: &Email,
    now: Timestamp,
) -> Result<()> {
    let (letters, oldest) = store::letters_since(tx, email, now.before(DAY)).await?;
    policy.allow_letter(letters, oldest, now)
}
