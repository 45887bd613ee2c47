//! Facts heard, and the op each one calls. What is told goes out with the ops that settle a message.

use bus::Consumers;
use kernel::{Cx, Email, InviteId, LetterId, Locale, PersonName};
use uuid::Uuid;
use wire::{
    auth::v1::LetterAsked,
    tenant::v1::TenantMoved,
    user::v1::{EmailChangeRequested, InviteCreated, InviteResent, SignUpAsked},
};

use crate::{
    App, Error, Result,
    domain::{Reason, Side, Way},
    ops,
};

/// What this service listens to.
pub(crate) fn consumers(app: &App) -> Consumers {
    let [created, resent, wished, moved, asked, stranger] = [(); 6].map(|()| app.clone());
    Consumers::new(app.db.clone(), app.nats.clone())
        .on(move |cx: Cx, fact: InviteCreated| {
            let app = created.clone();
            async move { ops::queue_messages(&app, &cx, [command_of_created(&fact)?]).await }
        })
        .on(move |cx: Cx, fact: InviteResent| {
            let app = resent.clone();
            async move { ops::queue_messages(&app, &cx, [command_of_resent(&fact)?]).await }
        })
        .on(move |cx: Cx, fact: EmailChangeRequested| {
            let app = wished.clone();
            async move { ops::queue_messages(&app, &cx, commands_of_wish(&fact)?).await }
        })
        .on(move |cx: Cx, fact: TenantMoved| {
            let app = moved.clone();
            async move { ops::follow_tenant(&app, &cx, &fact.status, fact.epoch).await }
        })
        .on(move |cx: Cx, fact: LetterAsked| {
            let app = asked.clone();
            async move { letter_asked(&app, &cx, &fact).await }
        })
        .on(move |cx: Cx, fact: SignUpAsked| {
            let app = stranger.clone();
            async move { sign_up_asked(&app, &cx, &fact).await }
        })
}

/// Writes to whom the address leads; it may lead to nobody.
async fn letter_asked(app: &App, cx: &Cx, fact: &LetterAsked) -> Result<()> {
    if fact.email.is_empty() {
        return Ok(());
    }
    let letter_id = LetterId::parse(&fact.letter_id).map_err(|_| Error::BadFact("letter_id"))?;
    let way = Way::parse(&fact.kind).ok_or(Error::BadFact("kind"))?;
    let command = ops::QueueMessage {
        about: Reason::Entry { letter_id, way },
        recipient: Email::parse(&fact.email).map_err(|_| Error::BadFact("email"))?,
        name: None,
        locale: Locale::parse(&fact.locale).map_err(|_| Error::BadFact("locale"))?,
    };
    ops::queue_messages(app, cx, [command]).await
}

/// Writes to whoever asked to sign up.
async fn sign_up_asked(app: &App, cx: &Cx, fact: &SignUpAsked) -> Result<()> {
    let sign_up_id = Uuid::try_parse(&fact.sign_up_id).map_err(|_| Error::BadFact("sign_up_id"))?;
    let locale = Locale::parse(&fact.locale).map_err(|_| Error::BadFact("locale"))?;
    ops::queue_sign_up(app, cx, sign_up_id, locale).await
}

fn command_of_created(fact: &InviteCreated) -> Result<ops::QueueMessage> {
    let about = invitation(&fact.invite_id, 1)?;
    command(about, &fact.email, &fact.name, &fact.locale)
}

fn command_of_resent(fact: &InviteResent) -> Result<ops::QueueMessage> {
    let about = invitation(&fact.invite_id, fact.sends)?;
    command(about, &fact.email, &fact.name, &fact.locale)
}

/// One letter to each address.
fn commands_of_wish(fact: &EmailChangeRequested) -> Result<[ops::QueueMessage; 2]> {
    let change_id = Uuid::try_parse(&fact.change_id).map_err(|_| Error::BadFact("change_id"))?;
    let about = |side| Reason::EmailChange { change_id, side };
    Ok([
        command(about(Side::Old), &fact.old_email, &fact.name, &fact.locale)?,
        command(about(Side::New), &fact.new_email, &fact.name, &fact.locale)?,
    ])
}

fn invitation(invite_id: &str, sends: i32) -> Result<Reason> {
    let invite_id = InviteId::parse(invite_id).map_err(|_| Error::BadFact("invite_id"))?;
    Ok(Reason::Invite { invite_id, sends })
}

fn command(about: Reason, email: &str, name: &str, locale: &str) -> Result<ops::QueueMessage> {
    Ok(ops::QueueMessage {
        about,
        recipient: Email::parse(email).map_err(|_| Error::BadFact("email"))?,
        name: Some(PersonName::parse(name).map_err(|_| Error::BadFact("name"))?),
        locale: Locale::parse(locale).map_err(|_| Error::BadFact("locale"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_that_would_inject_headers_is_refused_without_its_words() {
        let good = InviteCreated {
            invite_id: "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f".into(),
            email: "ann@example.com".into(),
            name: "Ann".into(),
            ..Default::default()
        };
        assert!(command_of_created(&good).is_ok());
        let injected = "x\r\nBcc: canary@example.com";
        let bad = [
            InviteCreated { email: format!("ann@example.com{injected}"), ..good.clone() },
            InviteCreated { name: injected.into(), ..good.clone() },
            InviteCreated { locale: injected.into(), ..good.clone() },
            InviteCreated { invite_id: injected.into(), ..good },
        ];
        for fact in bad {
            let problem = command_of_created(&fact).expect_err("is refused").to_string();
            assert!(!problem.contains("canary"), "{problem}");
        }
    }
}
