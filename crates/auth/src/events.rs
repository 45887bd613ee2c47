//! Facts heard, and the op each one calls.

use bus::Consumers;
use kernel::{Cx, UserId};
use wire::user::v1::InviteAccepted;

use crate::{App, Error, Result, domain::CredentialId, ops};

/// What this service listens to.
pub(crate) fn consumers(app: &App) -> Consumers {
    let app = app.clone();
    Consumers::new(app.db.clone(), app.nats.clone()).on(move |cx: Cx, fact: InviteAccepted| {
        let app = app.clone();
        async move { invite_accepted(&app, &cx, fact).await }
    })
}

/// The password chosen on acceptance becomes the person's own.
async fn invite_accepted(app: &App, cx: &Cx, fact: InviteAccepted) -> Result<()> {
    if fact.credential_id.is_empty() {
        return Ok(());
    }
    let command = ops::ActivateCredential {
        user_id: UserId::parse(&fact.user_id).map_err(|_| Error::BadFact("user_id"))?,
        credential_id: CredentialId::parse(&fact.credential_id)
            .map_err(|_| Error::BadFact("credential_id"))?,
    };
    ops::activate_credential(app, cx, command).await
}
