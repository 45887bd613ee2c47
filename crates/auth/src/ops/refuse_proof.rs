//! Ends a sign-in or a step-up whose proof does not hold.

use kernel::{Cx, UserId};
use pg::TenantTx;

use crate::{Error, Result, domain::PasskeyRefusal};

/// What was shown and does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    Passkey,
    SecondFactor,
}

/// Audits the refusal and keeps it, with all that the transaction holds of the try.
pub(super) async fn refuse_proof<T>(
    mut tx: TenantTx,
    cx: &Cx,
    user_id: UserId,
    proof: Proof,
) -> Result<T> {
    let (word, refusal) = match proof {
        Proof::Passkey => ("passkey", Error::Passkey(PasskeyRefusal::Refused)),
        Proof::SecondFactor => ("second factor", Error::FactorRefused),
    };
    bus::audit(&mut tx, cx, "session.refuse", &format!("user:{user_id} {word}")).await?;
    tx.commit().await?;
    Err(refusal)
}
