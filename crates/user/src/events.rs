//! Facts heard, and the op each one calls. What is told goes out with the ops that change something.

use bus::Consumers;
use futures::StreamExt;
use kernel::{Cx, Email, InviteId, UserId};
use tokio_util::sync::CancellationToken;
use wire::{
    auth::v1::AddressProven,
    notifier::v1::{MessageBounced, MessageFailed, MessageSent},
    tenant::v1::{TenantLimitsChanged, TenantSettingsChanged},
};

use crate::{
    App, Error, Result,
    domain::{Delivered, Fate, MOST_SEATS, TenantRules},
    ops,
};

/// The letter that carries an invitation's link.
const INVITATION: &str = "invitation";

/// The word of the limit that seats follow.
const USERS: &str = "users";

/// What this service listens to.
pub(crate) fn consumers(app: &App) -> Consumers {
    let (sent, bounced, failed) = (app.clone(), app.clone(), app.clone());
    let (settings, limits, proven) = (app.clone(), app.clone(), app.clone());
    Consumers::new(app.db.clone(), app.nats.clone())
        .on(move |cx: Cx, fact: MessageSent| {
            let app = sent.clone();
            async move {
                let letter = (fact.template.as_str(), fact.subject_id.as_str(), fact.sends);
                hear(&app, &cx, letter, Fate::Sent).await
            }
        })
        .on(move |cx: Cx, fact: MessageBounced| {
            let app = bounced.clone();
            async move {
                let letter = (fact.template.as_str(), fact.subject_id.as_str(), fact.sends);
                hear(&app, &cx, letter, Fate::Bounced(why(&fact))).await
            }
        })
        .on(move |cx: Cx, fact: MessageFailed| {
            let app = failed.clone();
            async move {
                let letter = (fact.template.as_str(), fact.subject_id.as_str(), fact.sends);
                hear(&app, &cx, letter, Fate::Failed(fact.reason.clone())).await
            }
        })
        .on(move |cx: Cx, fact: TenantSettingsChanged| {
            let app = settings.clone();
            async move { hear_settings(&app, &cx, fact).await }
        })
        .on(move |cx: Cx, fact: TenantLimitsChanged| {
            let app = limits.clone();
            async move { hear_limits(&app, &cx, &fact).await }
        })
        .on(move |cx: Cx, fact: AddressProven| {
            let app = proven.clone();
            async move { hear_proven(&app, &cx, &fact).await }
        })
}

/// Somebody used what stood in a letter to their address.
async fn hear_proven(app: &App, cx: &Cx, fact: &AddressProven) -> Result<()> {
    let user_id = UserId::parse(&fact.user_id).map_err(|_| Error::BadFact("user_id"))?;
    let email = Email::parse(&fact.email).map_err(|_| Error::BadFact("email"))?;
    ops::note_address(app, cx, user_id, &email).await
}

async fn hear_settings(app: &App, cx: &Cx, fact: TenantSettingsChanged) -> Result<()> {
    let tenant = cx.tenant.ok_or(Error::TenantNotFound)?;
    let rules = TenantRules {
        version: fact.version,
        allowed_email_domains: fact.allowed_email_domains,
        invitation_links_shown: fact.invitation_links_shown,
    };
    ops::note_settings(app, cx, tenant, rules).await
}

async fn hear_limits(app: &App, cx: &Cx, fact: &TenantLimitsChanged) -> Result<()> {
    let tenant = cx.tenant.ok_or(Error::TenantNotFound)?;
    let users = fact.limits.iter().find(|limit| limit.resource == USERS);
    // More seats than any tenant can have are as many as there can be.
    let most = |limit: i64| i32::try_from(limit).unwrap_or(i32::MAX).min(MOST_SEATS);
    let limit = users.map(|limit| most(limit.most));
    ops::follow_plan(app, cx, tenant, limit, fact.epoch).await
}

/// Forgets what is remembered of rights that another process changed. What is told while NATS is away is not heard: then
/// memories end by themselves.
pub(crate) async fn follow_rights(app: &App, stop: &CancellationToken) -> bus::Result<()> {
    let mut hearing = app.nats.hear("user.>").await?;
    while let Some(Some(fact)) = stop.run_until_cancelled(hearing.next()).await {
        if moves_rights(&fact.kind) {
            app.snapshots.forget(fact.tenantid);
        }
    }
    Ok(())
}

/// Whether rights may be others after such a fact: of all but those that are known to leave them as they were.
fn moves_rights(kind: &str) -> bool {
    let leaves = ["user.invite.", "user.profile.", "user.seats."];
    kind == "user.invite.accepted" || !leaves.iter().any(|harmless| kind.starts_with(harmless))
}

/// Why a letter came back, as whoever invited reads it: whether another letter may help, what the mail system says, and its
/// code.
fn why(fact: &MessageBounced) -> String {
    let lasts = if fact.permanent { "permanent" } else { "transient" };
    format!("{lasts}: {} {}", fact.reason, fact.status).trim_end().to_owned()
}

/// Notes what became of a letter: of which template, about what, and which sending of it.
async fn hear(
    app: &App,
    cx: &Cx,
    (template, subject_id, sends): (&str, &str, i32),
    fate: Fate,
) -> Result<()> {
    // A fact from before letters told their sending, or about another letter, says nothing of an invitation.
    if template != INVITATION || sends < 1 {
        return Ok(());
    }
    let invite_id = InviteId::parse(subject_id).map_err(|_| Error::BadFact("subject_id"))?;
    let tenant = cx.tenant.ok_or(Error::TenantNotFound)?;
    ops::note_delivery(app, cx, tenant, Delivered { invite_id, sends, fate }).await
}

#[cfg(test)]
mod tests {
    use wire::notifier::v1::MessageBounced;

    use super::{moves_rights, why};

    #[test]
    fn why_a_letter_came_back_says_whether_another_one_helps() {
        let fact = |permanent, status: &str| MessageBounced {
            reason: "mailbox_full".into(),
            status: status.into(),
            permanent,
            ..Default::default()
        };
        assert_eq!(why(&fact(true, "5.2.2")), "permanent: mailbox_full 5.2.2");
        assert_eq!(why(&fact(false, "4.2.2")), "transient: mailbox_full 4.2.2");
        assert_eq!(why(&fact(true, "")), "permanent: mailbox_full");
    }

    #[test]
    fn facts_that_may_move_rights_are_told_from_those_that_do_not() {
        for kind in ["user.role.bound", "user.invite.accepted", "user.something.new"] {
            assert!(moves_rights(kind), "{kind}");
        }
        for kind in ["user.invite.created", "user.profile.updated", "user.seats.limited"] {
            assert!(!moves_rights(kind), "{kind}");
        }
    }
}
