//! What the backend and the mail server have seen, by their journals.

use std::collections::{BTreeSet, HashMap};

use sandbox::{Sandbox, legacy::EffectKind};

/// The backend registered every spreadsheet once for its owner, stored its token once, and saw nothing else.
pub(crate) fn effects(outside: &Sandbox, good: &BTreeSet<(String, String)>) -> Vec<String> {
    let mut expected: BTreeSet<(&str, Option<&str>)> = BTreeSet::new();
    for (email, sheet) in good {
        expected.extend([(sheet.as_str(), Some(email.as_str())), (sheet, None)]);
    }
    let effects = outside.legacy.effects();
    let mut wrong = Vec::new();
    for effect in &effects {
        let seen = match &effect.kind {
            EffectKind::Registered { owner_email: Some(owner) } => Some(owner.as_str()),
            EffectKind::TokenStored { .. } => None,
            _ => Some("nobody"),
        };
        if !expected.remove(&(effect.spreadsheet_id.as_str(), seen)) {
            wrong.push(format!("the backend saw once too often: {effect:?}"));
        }
    }
    wrong.extend(expected.iter().map(|missing| format!("the backend never saw {missing:?}")));
    wrong
}

/// Every invitee got a mail, and every mail to them carries the Message-ID of their one message.
pub(crate) fn mails(outside: &Sandbox, messages: &HashMap<String, String>) -> Vec<String> {
    let (mut wrong, mut reached) = (Vec::new(), BTreeSet::new());
    for mail in outside.mail.messages() {
        let id = mail.message_id.as_ref().map(|id| format!("<{id}>"));
        let expected = match mail.to.as_slice() {
            [to] => messages.get(to),
            _ => None,
        };
        if expected.is_none() || id.as_ref() != expected {
            wrong.push(format!("the mail {mail:?} is none of {expected:?}"));
        }
        reached.extend(mail.to.iter().cloned());
    }
    let missed = messages.keys().filter(|to| !reached.contains(*to));
    wrong.extend(missed.map(|to| format!("{to} got no mail")));
    wrong
}
