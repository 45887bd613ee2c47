//! Facts heard, and the op each one calls. What is told goes out with the ops that settle a message.

use bus::Consumers;
use kernel::{Cx, Email, InviteId, Locale, PersonName};
use wire::user::v1::{InviteCreated, InviteResent};

use crate::{App, Error, Result, domain::Reason, ops};

/// What this service listens to.
pub(crate) fn consumers(app: &App) -> Consumers {
    let (created, resent) = (app.clone(), app.clone());
    Consumers::new(app.db.clone(), app.nats.clone())
        .on(move |cx: Cx, fact: InviteCreated| {
            let app = created.clone();
            async move { ops::queue_message(&app, &cx, command_of_created(&fact)?).await }
        })
        .on(move |cx: Cx, fact: InviteResent| {
            let app = resent.clone();
            async move { ops::queue_message(&app, &cx, command_of_resent(&fact)?).await }
        })
}

fn command_of_created(fact: &InviteCreated) -> Result<ops::QueueMessage> {
    command(&fact.invite_id, 1, &fact.email, &fact.name, &fact.locale)
}

fn command_of_resent(fact: &InviteResent) -> Result<ops::QueueMessage> {
    command(&fact.invite_id, fact.sends, &fact.email, &fact.name, &fact.locale)
}

fn command(
    invite_id: &str,
    sends: i32,
    email: &str,
    name: &str,
    locale: &str,
) -> Result<ops::QueueMessage> {
    Ok(ops::QueueMessage {
        about: Reason {
            invite_id: InviteId::parse(invite_id).map_err(|_| Error::BadFact("invite_id"))?,
            sends,
        },
        recipient: Email::parse(email).map_err(|_| Error::BadFact("email"))?,
        name: PersonName::parse(name).map_err(|_| Error::BadFact("name"))?,
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
