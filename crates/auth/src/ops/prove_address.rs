//! Proves by a letter that whoever is signed in reads the mail of their address.

use kernel::{Cx, UserId};
use pg::TenantTx;
use wire::auth::v1::AddressProven;

use super::{
    redeem_letter::{RedeemLetter, use_letter},
    require_fresh::require_session,
};
use crate::{App, Result, domain::LetterKind, store};

/// Uses the letter up, where it is the caller's own.
pub(crate) async fn prove_address(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    command: RedeemLetter,
) -> Result<()> {
    require_session(cx)?;
    let (mut tx, _) = use_letter(app, cx, command, LetterKind::Address, Some(user_id)).await?;
    bus::audit(&mut tx, cx, "address.prove", &format!("user:{user_id}")).await?;
    tell_proven(&mut tx, cx, user_id).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells that the person used what stood in a letter to their address.
pub(super) async fn tell_proven(tx: &mut TenantTx, cx: &Cx, user_id: UserId) -> Result<()> {
    let Some((_, email)) = store::active_of(tx, user_id).await? else { return Ok(()) };
    let fact = AddressProven { user_id: user_id.to_string(), email: email.to_string() };
    bus::emit(tx, cx, user_id.uuid(), &fact).await?;
    Ok(())
}
