//! Begins a sign-in by whatever passkey the device has.

use super::begin_ceremony::{Begun, begin_ceremony};
use crate::{
    App, Result,
    domain::{Ceremony, CeremonyKind},
};

/// Asks for a proof by any key; whose it is shows with the answer.
pub(crate) async fn begin_passkey_sign_in(app: &App) -> Result<Begun> {
    let asked = app.relying.ask_proof(&[])?;
    let of = Ceremony {
        kind: CeremonyKind::SignIn,
        user_id: None,
        session_id: None,
        email: None,
        state: String::new(),
        expires_at: app.clock.now(),
    };
    let mut tx = app
        .db
        .platform("begin_passkey_sign_in", "people are global: who signs in is not known yet")
        .await?;
    let begun = begin_ceremony(&mut tx, app, asked, of).await?;
    tx.commit().await?;
    Ok(begun)
}
