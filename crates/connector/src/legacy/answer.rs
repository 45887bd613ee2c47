//! What the backend's answers mean.

use std::time::Duration;

use outbound::{Answer, Class, Effect, Fault, Kind};
use serde_json::Value;

use super::{ListedToken, keys::Realm};
use crate::words::{printable, told};

/// What a tenant is told while the backend is away.
const AWAY: &str = "The backend is not available at the moment; it is tried again.";

/// The JSON of an answer that says success; continues "asked to …" with `what`.
pub(super) fn read(answer: &Answer, what: &str, realm: Realm) -> Result<Value, Fault> {
    let (status, pause) = (answer.status.as_u16(), answer.retry_after);
    if !answer.status.is_success() {
        return Err(refusal(status, &message(&answer.body), pause, what, realm));
    }
    let Some(value) = answer.json::<Value>() else {
        return Err(malformed("no JSON", what));
    };
    // A good status may still come with the word that nothing was done.
    if value.get("success") == Some(&Value::Bool(false)) {
        return Err(rejected(status, &message_of(&value), what));
    }
    Ok(value)
}

/// A failure on the way, told as one of the backend's.
pub(super) fn on_the_way(mut fault: Fault, what: &str) -> Fault {
    match fault.kind {
        Kind::Redirected => return malformed("a redirect", what),
        Kind::AnswerTooLong => return malformed("too long", what),
        _ => {}
    }
    if fault.class == Class::Transient {
        AWAY.clone_into(&mut fault.user);
    }
    fault.operator = format!("Asked the backend to {what}. {}", fault.operator);
    fault.of("legacy")
}

fn refusal(status: u16, message: &str, pause: Option<Duration>, what: &str, realm: Realm) -> Fault {
    let words = told(message);
    let fault = match status {
        401 => Fault::new(
            Kind::KeyRefused,
            "The platform has no access to the backend; its operator has to mend that.",
            format!(
                "The backend does not accept our key, asked to {what} (HTTP 401); check {}.",
                setting(realm)
            ),
        ),
        403 => Fault::new(
            Kind::Forbidden,
            format!("The backend does not allow to {what}: {words}"),
            format!("The backend does not allow us to {what} (HTTP 403): {words}"),
        ),
        429 => Fault::new(
            Kind::RateLimited,
            AWAY,
            format!("The backend asks us to slow down (HTTP 429), asked to {what}."),
        ),
        408 | 425 | 500.. => Fault::new(
            Kind::Failed,
            AWAY,
            format!("The backend failed to {what} (HTTP {status}): {words}"),
        ),
        400..=499 => return rejected(status, message, what),
        _ => return malformed("no answer of success", what),
    };
    fault.of("legacy").retry_after(pause)
}

/// Where an operator gives the key of a realm.
const fn setting(realm: Realm) -> &'static str {
    match realm {
        Realm::Admin => "USHER_LEGACY_ADMIN_KEY, or USHER_LEGACY_API_KEY where that is not set",
        Realm::Data => "USHER_LEGACY_DATA_KEY, or USHER_LEGACY_API_KEY where that is not set",
    }
}

fn rejected(status: u16, message: &str, what: &str) -> Fault {
    let words = told(message);
    Fault::new(
        Kind::Rejected,
        format!("The backend refused to {what}: {words}"),
        format!("The backend refused to {what} (HTTP {status}): {words}"),
    )
    .of("legacy")
}

/// An answer that is none of the backend's: it is, for instance, `found`.
pub(super) fn malformed(found: &str, what: &str) -> Fault {
    let mut fault = Fault::new(
        Kind::Malformed,
        "An unexpected error occurred on our side.",
        format!("The backend's answer cannot be understood, asked to {what}: it is {found}."),
    );
    fault.effect = Effect::Unknown;
    fault.of("legacy")
}

/// The words of a refusal, `{"success": false, "message": …}`; empty where it has none.
fn message(body: &[u8]) -> String {
    serde_json::from_slice(body).as_ref().map(message_of).unwrap_or_default()
}

fn message_of(answer: &Value) -> String {
    printable(answer.get("message").and_then(Value::as_str).unwrap_or_default())
}

/// `{"success": true, "result": {"spreadsheet_id"}}`
pub(super) fn registered(answer: &Value, id: &str) -> Option<()> {
    let named = answer.pointer("/result/spreadsheet_id").and_then(Value::as_str);
    (named == Some(id)).then_some(())
}

/// `{"success": true, "result": {"spreadsheet_id", "sid"}}`
pub(super) fn token_added(answer: &Value, sid: &str) -> Option<()> {
    let named = answer.pointer("/result/sid").and_then(text);
    (named.as_deref() == Some(sid)).then_some(())
}

/// `{"result": [{"token", "sid", …}]}`, where a client's key sees `token_suffix` in place of `token`.
pub(super) fn sellers(answer: &Value) -> Option<Vec<String>> {
    let list = answer.get("result").and_then(Value::as_array)?;
    Some(list.iter().filter_map(|token| token.get("sid").and_then(text)).collect())
}

/// `{"success": true, "result": [{"sid", "is_active", "token_suffix"}]}`
pub(super) fn listed(answer: &Value) -> Option<Vec<ListedToken>> {
    let list = answer.get("result").and_then(Value::as_array)?;
    let item = |token: &Value| {
        Some(ListedToken {
            sid: token.get("sid").and_then(text)?,
            is_active: token.get("is_active").and_then(Value::as_bool)?,
            suffix: token.get("token_suffix").and_then(Value::as_str)?.to_owned(),
        })
    };
    list.iter().map(item).collect()
}

/// `{"success": true, "message": "accepted", …}`
pub(super) fn accepted(answer: &Value) -> Option<()> {
    let told = answer.get("message").and_then(Value::as_str) == Some("accepted");
    (told || answer.get("success") == Some(&Value::Bool(true))).then_some(())
}

/// The bare rows, or `{"result": rows, "warning"}` for a name that the backend does not know.
pub(super) fn rows(answer: Value) -> Option<Vec<Value>> {
    match answer {
        Value::Array(rows) => Some(rows),
        Value::Object(mut wrapped) => match wrapped.remove("result") {
            Some(Value::Array(rows)) => Some(rows),
            _ => None,
        },
        _ => None,
    }
}

/// A seller's id is a text, or a number in older tokens.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(status: u16) -> Fault {
        refusal(status, "no", None, "add the token", Realm::Admin)
    }

    #[test]
    fn each_refusal_says_whether_trying_again_helps_and_whether_it_may_have_acted() {
        for (status, reason, class, effect) in [
            (400, "legacy_rejected", Class::Config, Effect::None),
            (401, "legacy_key_refused", Class::Config, Effect::None),
            (403, "legacy_forbidden", Class::Config, Effect::None),
            (404, "legacy_rejected", Class::Config, Effect::None),
            (408, "legacy_failed", Class::Transient, Effect::Unknown),
            (425, "legacy_failed", Class::Transient, Effect::Unknown),
            (429, "legacy_rate_limited", Class::Transient, Effect::None),
            (500, "legacy_failed", Class::Transient, Effect::Unknown),
            (503, "legacy_failed", Class::Transient, Effect::Unknown),
            (100, "legacy_malformed", Class::System, Effect::Unknown),
        ] {
            let fault = refused(status);
            assert_eq!((fault.reason.as_ref(), fault.class, fault.effect), (reason, class, effect));
            assert!(fault.operator.contains("add the token"), "{}", fault.operator);
        }
        assert!(refused(401).operator.contains("USHER_LEGACY_ADMIN_KEY"));
    }

    #[test]
    fn a_message_that_is_none_is_left_out() {
        assert_eq!(message(b"<html>"), "");
        assert_eq!(message(br#"{"message": 5}"#), "");
        assert_eq!(message(br#"{"message": "a\nb"}"#), "a b");
    }

    #[test]
    fn a_detour_or_a_flood_is_no_answer_of_the_backend() {
        for kind in [Kind::Redirected, Kind::AnswerTooLong] {
            let fault = on_the_way(Fault::new(kind, "u", "o"), "add the token");
            assert_eq!((fault.reason.as_ref(), fault.class), ("legacy_malformed", Class::System));
        }
        let fault = on_the_way(Fault::new(Kind::Unreachable, "u", "o"), "add the token");
        assert_eq!((fault.reason.as_ref(), fault.user.as_str()), ("legacy_unreachable", AWAY));
    }

    #[test]
    fn sellers_are_texts_or_numbers() {
        let answer = json!({"result": [{"sid": "a"}, {"sid": 7}, {"token": "x"}]});
        assert_eq!(sellers(&answer).expect("a list"), ["a", "7"]);
        assert!(sellers(&json!({"result": {}})).is_none());
        assert!(token_added(&json!({"result": {"sid": 7}}), "7").is_some());
        assert!(token_added(&json!({"result": {"sid": "8"}}), "7").is_none());
    }

    #[test]
    fn rows_come_bare_or_wrapped() {
        assert_eq!(rows(json!([1, 2])).expect("rows").len(), 2);
        assert_eq!(rows(json!({"result": [1], "warning": "w"})).expect("rows").len(), 1);
        assert!(rows(json!({"rows": []})).is_none());
    }
}
