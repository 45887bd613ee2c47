//! Facts heard, and the op each one calls. Facts told are emitted in `ops/keep_moved.rs` and `ops/onboard_client.rs`.

use bus::Consumers;
use kernel::{ClientId, Cx, Email, InviteId, UserId};
use wire::{
    tenant::v1::TenantMoved,
    user::v1::{InviteAccepted, InviteResent, InviteRevoked, PersonEmailChanged},
};

use crate::{
    App, Error, Result,
    domain::{PersonAddress, Standing},
    ops,
};

/// The consumers of this service.
pub(crate) fn consumers(app: &App) -> Consumers {
    let (accepted, resent, revoked) = (app.clone(), app.clone(), app.clone());
    let (moved, renamed) = (app.clone(), app.clone());
    Consumers::new(app.db.clone(), app.nats.clone())
        .on(move |cx: Cx, fact: InviteAccepted| {
            let app = accepted.clone();
            async move { hear_accepted(&app, &cx, &fact).await }
        })
        .on(move |cx: Cx, fact: InviteResent| {
            let app = resent.clone();
            async move { hear_resent(&app, &cx, &fact).await }
        })
        .on(move |cx: Cx, fact: InviteRevoked| {
            let app = revoked.clone();
            async move { hear_revoked(&app, &cx, &fact).await }
        })
        .on(move |cx: Cx, fact: PersonEmailChanged| {
            let app = renamed.clone();
            async move { hear_email_changed(&app, &cx, &fact).await }
        })
        .on(move |cx: Cx, fact: TenantMoved| {
            let app = moved.clone();
            async move {
                ops::follow_tenant(&app, &cx, Standing::of(&fact.status), fact.epoch).await
            }
        })
}

async fn hear_accepted(app: &App, cx: &Cx, fact: &InviteAccepted) -> Result<()> {
    let command = ops::ConfirmEmail {
        client_id: reference(&fact.reference),
        invite_id: invite(&fact.invite_id)?,
        user_id: UserId::parse(&fact.user_id).ok(),
        invited: Email::parse(&fact.invited_email).ok(),
    };
    ops::confirm_email(app, cx, command).await
}

async fn hear_email_changed(app: &App, cx: &Cx, fact: &PersonEmailChanged) -> Result<()> {
    let standing = fact.standing.as_ref().ok_or(Error::MalformedPerson("standing"))?;
    let address = PersonAddress {
        user_id: UserId::parse(&standing.user_id).map_err(|_| Error::MalformedPerson("user_id"))?,
        version: standing.version,
        email: Email::parse(&standing.email).map_err(|_| Error::MalformedPerson("email"))?,
    };
    ops::follow_person(app, cx, address).await
}

async fn hear_resent(app: &App, cx: &Cx, fact: &InviteResent) -> Result<()> {
    let expires_at = wire::instant(fact.expires_at.as_ref());
    let command = ops::RenewInvite {
        client_id: reference(&fact.reference),
        invite_id: invite(&fact.invite_id)?,
        expires_at: expires_at.ok_or(Error::MalformedInvite("expires_at"))?,
    };
    ops::renew_invite(app, cx, command).await
}

async fn hear_revoked(app: &App, cx: &Cx, fact: &InviteRevoked) -> Result<()> {
    let command = ops::LoseInvite {
        client_id: reference(&fact.reference),
        invite_id: invite(&fact.invite_id)?,
    };
    ops::lose_invite(app, cx, command).await
}

/// Others may call their invitations what they like.
fn reference(text: &str) -> Option<ClientId> {
    ClientId::parse(text).ok()
}

fn invite(text: &str) -> Result<InviteId> {
    InviteId::parse(text).map_err(|_| Error::MalformedInvite("invite_id"))
}
