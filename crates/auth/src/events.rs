//! Facts heard, and the op each one calls.

use bus::Consumers;
use kernel::{Cx, Email, SessionId, UserId};
use wire::{
    tenant::v1::TenantSettingsChanged,
    user::v1::{
        InviteAccepted, MemberJoined, MembershipRemoved, PersonDisabled, PersonEmailChanged,
        PersonEnabled, PersonStanding, SetupFinished, SignUpFinished,
    },
};

use crate::{
    App, Error, Result,
    domain::{CredentialId, Person, PersonStatus, SignInRules},
    ops,
};

/// What this service listens to.
pub(crate) fn consumers(app: &App) -> Consumers {
    let [accepted, moved, closed, opened, settings, came, left] = [(); 7].map(|()| app.clone());
    let [first, joined] = [(); 2].map(|()| app.clone());
    Consumers::new(app.db.clone(), app.nats.clone())
        .on(move |cx: Cx, fact: InviteAccepted| {
            let app = accepted.clone();
            async move { invite_accepted(&app, &cx, fact).await }
        })
        .on(move |cx: Cx, fact: MemberJoined| {
            let app = joined.clone();
            async move { came_in(&app, &cx, &fact.user_id).await }
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
        .on(move |cx: Cx, fact: TenantSettingsChanged| {
            let app = settings.clone();
            async move { hear_settings(&app, &cx, &fact).await }
        })
        .on(move |cx: Cx, fact: SignUpFinished| {
            let app = came.clone();
            async move { activate(&app, &cx, &fact.user_id, &fact.credential_id).await }
        })
        .on(move |cx: Cx, fact: SetupFinished| {
            let app = first.clone();
            async move { activate(&app, &cx, &fact.user_id, &fact.credential_id).await }
        })
        .on(move |cx: Cx, fact: MembershipRemoved| {
            let app = left.clone();
            async move { membership_removed(&app, &cx, &fact).await }
        })
}

/// Somebody is no member of a tenant any more.
async fn membership_removed(app: &App, cx: &Cx, fact: &MembershipRemoved) -> Result<()> {
    let tenant = cx.tenant.ok_or(Error::BadFact("tenant"))?;
    let user_id = UserId::parse(&fact.user_id).map_err(|_| Error::BadFact("user_id"))?;
    ops::leave_tenant(app, cx, tenant, user_id).await
}

/// What a tenant asks of its members' sign-in is something else now.
async fn hear_settings(app: &App, cx: &Cx, fact: &TenantSettingsChanged) -> Result<()> {
    let tenant = cx.tenant.ok_or(Error::BadFact("tenant"))?;
    let rules = SignInRules {
        version: fact.version,
        second_factor: fact.mfa_required,
        password_min_length: fact.password_min_length,
        idle_minutes: fact.session_idle_minutes,
        absolute_minutes: fact.session_absolute_minutes,
    };
    ops::note_sign_in_rules(app, cx, tenant, rules).await
}

/// The password chosen on acceptance becomes the person's own.
async fn invite_accepted(app: &App, cx: &Cx, fact: InviteAccepted) -> Result<()> {
    if !fact.credential_id.is_empty() {
        activate(app, cx, &fact.user_id, &fact.credential_id).await?;
    }
    came_in(app, cx, &fact.user_id).await
}

/// No later password of whoever came into a workspace leans on its name.
async fn came_in(app: &App, cx: &Cx, user_id: &str) -> Result<()> {
    let tenant = cx.tenant.ok_or(Error::BadFact("tenant"))?;
    let user_id = UserId::parse(user_id).map_err(|_| Error::BadFact("user_id"))?;
    ops::note_place(app, cx, tenant, user_id).await
}

/// Makes the staged password the person's own; the call that said so may have been lost.
async fn activate(app: &App, cx: &Cx, user_id: &str, credential_id: &str) -> Result<()> {
    let command = ops::ActivateCredential {
        user_id: UserId::parse(user_id).map_err(|_| Error::BadFact("user_id"))?,
        credential_id: CredentialId::parse(credential_id)
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
