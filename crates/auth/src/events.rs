//! Facts heard, and the op each one calls.

use bus::Consumers;
use kernel::{Cx, Email, SessionId, UserId};
use wire::user::v1::{
    InviteAccepted, PersonDisabled, PersonEmailChanged, PersonEnabled, PersonStanding,
};

use crate::{
    App, Error, Result,
    domain::{CredentialId, Person, PersonStatus},
    ops,
};

/// What this service listens to.
pub(crate) fn consumers(app: &App) -> Consumers {
    let [accepted, moved, closed, opened] = [(); 4].map(|()| app.clone());
    Consumers::new(app.db.clone(), app.nats.clone())
        .on(move |cx: Cx, fact: InviteAccepted| {
            let app = accepted.clone();
            async move { invite_accepted(&app, &cx, fact).await }
        })
        .on(move |cx: Cx, fact: PersonEmailChanged| {
            let app = moved.clone();
            async move { follow(&app, &cx, fact.standing, &fact.kept_session_id).await }
        })
        .on(move |cx: Cx, fact: PersonDisabled| {
            let app = closed.clone();
            async move { follow(&app, &cx, fact.standing, "").await }
        })
        .on(move |cx: Cx, fact: PersonEnabled| {
            let app = opened.clone();
            async move { follow(&app, &cx, fact.standing, "").await }
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

/// The person stands otherwise; the call that said so may have been lost.
async fn follow(app: &App, cx: &Cx, said: Option<PersonStanding>, kept: &str) -> Result<()> {
    let said = said.ok_or(Error::BadFact("standing"))?;
    let kept = match kept {
        "" => None,
        id => Some(SessionId::parse(id).map_err(|_| Error::BadFact("kept_session_id"))?),
    };
    let person = Person {
        user_id: UserId::parse(&said.user_id).map_err(|_| Error::BadFact("user_id"))?,
        version: said.version,
        email: Email::parse(&said.email).map_err(|_| Error::BadFact("email"))?,
        status: PersonStatus::parse(&said.status).ok_or(Error::BadFact("status"))?,
    };
    ops::follow_person(app, cx, ops::FollowPerson { person, kept }).await
}
