//! Facts heard, and the op each one calls. What is told goes out with the ops that change something.

use bus::Consumers;
use kernel::{Cx, InviteId};
use wire::notifier::v1::{MessageFailed, MessageSent};

use crate::{App, Error, Result, domain::Delivered, ops};

/// The letter that carries an invitation's link.
const INVITATION: &str = "invitation";

/// What this service listens to.
pub(crate) fn consumers(app: &App) -> Consumers {
    let (sent, failed) = (app.clone(), app.clone());
    Consumers::new(app.db.clone(), app.nats.clone())
        .on(move |cx: Cx, fact: MessageSent| {
            let app = sent.clone();
            async move { hear(&app, &cx, &fact.template, &fact.subject_id, fact.sends, None).await }
        })
        .on(move |cx: Cx, fact: MessageFailed| {
            let app = failed.clone();
            async move {
                let problem = Some(fact.reason);
                hear(&app, &cx, &fact.template, &fact.subject_id, fact.sends, problem).await
            }
        })
}

async fn hear(
    app: &App,
    cx: &Cx,
    template: &str,
    subject_id: &str,
    sends: i32,
    problem: Option<String>,
) -> Result<()> {
    // A fact from before letters told their sending, or about another letter, says nothing of an invitation.
    if template != INVITATION || sends < 1 {
        return Ok(());
    }
    let invite_id = InviteId::parse(subject_id).map_err(|_| Error::BadFact("subject_id"))?;
    let tenant = cx.tenant.ok_or(Error::TenantNotFound)?;
    ops::note_delivery(app, cx, tenant, Delivered { invite_id, sends, problem }).await
}
