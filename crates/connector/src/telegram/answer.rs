//! What the Bot API's answers mean: `{"ok": true, "result"}` or `{"ok": false, "error_code", "description",
//! "parameters"?}`.

use std::time::Duration;

use outbound::{Answer, Class, Fault, Kind};
use serde::Deserialize;
use serde_json::Value;

use crate::words::{printable, told};

/// No pause that Telegram asks for is believed beyond this; another try tells whether it still wants it.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// What a tenant is told while Telegram is away.
const AWAY: &str = "Telegram is not available at the moment; it is tried again.";

/// A failed call, and where the chat has moved to if it has.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) fault: Fault,
    /// The group became a supergroup and has this id now.
    pub(super) moved_to: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
struct Envelope {
    #[serde(default)]
    ok: bool,
    #[serde(default)]
    result: Value,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Debug, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// The result of an answer; continues "asked to …" with `what`.
pub(super) fn read(answer: &Answer, what: &str) -> Result<Value, Refused> {
    let envelope: Option<Envelope> = answer.json();
    let status = answer.status.as_u16();
    let Some(envelope) = envelope else {
        // Something in front of the Bot API, or not the Bot API at all.
        let fault = if answer.status.is_success() {
            malformed("no JSON", what)
        } else {
            bare(status, what)
        };
        return Err(plain(fault.retry_after(answer.retry_after)));
    };
    if envelope.ok && answer.status.is_success() {
        return Ok(envelope.result);
    }
    let description = printable(envelope.description.as_deref().unwrap_or_default());
    let (in_body, moved_to) =
        envelope.parameters.map_or((None, None), |one| (one.retry_after, one.migrate_to_chat_id));
    let in_body = in_body.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
    let status = envelope.error_code.unwrap_or(status);
    let fault = refusal(status, &description, what).retry_after(answer.retry_after.max(in_body));
    Err(Refused { fault, moved_to })
}

/// A failure on the way, told as one of Telegram's.
pub(super) fn on_the_way(mut fault: Fault, what: &str) -> Refused {
    if fault.class == Class::Transient {
        AWAY.clone_into(&mut fault.user);
    }
    fault.operator = format!("Asked Telegram to {what}. {}", fault.operator);
    plain(fault.of("telegram"))
}

/// An answer that is none of Telegram's: it is, for instance, `found`.
pub(super) fn malformed(found: &str, what: &str) -> Fault {
    let told = format!("Telegram's answer cannot be understood, asked to {what}: it is {found}.");
    Fault::new(Kind::Malformed, "An unexpected error occurred on our side.", told).of("telegram")
}

const fn plain(fault: Fault) -> Refused {
    Refused { fault, moved_to: None }
}

fn bare(status: u16, what: &str) -> Fault {
    refusal(status, "", what)
}

fn refusal(status: u16, description: &str, what: &str) -> Fault {
    let words = told(description);
    let operator = format!("Telegram did not {what} (HTTP {status}): {words}");
    let fault = |kind, user: &str| Fault::new(kind, user, operator.clone()).of("telegram");
    // Telegram's own words are the only thing that tells these apart.
    let says = |text: &str| description.to_ascii_lowercase().contains(text);
    match status {
        // A token that is none is a path that is not there.
        401 | 404 => fault(
            Kind::KeyRefused,
            "Telegram does not know the bot; take its token from @BotFather again.",
        ),
        400 if says("chat not found") => fault(
            Kind::NotFound,
            "Telegram knows no such chat, or the bot is not in it; check the chat's id and add the bot.",
        )
        .because("telegram_chat_not_found"),
        400 if says("upgraded to a supergroup") => {
            fault(Kind::Rejected, "The group has moved to a new id; give the chat's new id.")
                .because("telegram_chat_moved")
        }
        403 if says("kicked") => {
            fault(Kind::Forbidden, "The bot was removed from the chat; add it again.")
                .because("telegram_bot_kicked")
        }
        403 if says("blocked by the user") => {
            fault(Kind::Forbidden, "The person has blocked the bot and has to unblock it.")
                .because("telegram_bot_blocked")
        }
        403 if says("can't initiate") => {
            fault(Kind::Forbidden, "The person has to open the bot and press Start first.")
                .because("telegram_not_started")
        }
        403 => fault(Kind::Forbidden, &format!("Telegram does not let the bot {what}: {words}")),
        429 => fault(Kind::RateLimited, AWAY),
        408 | 500.. => fault(Kind::Failed, AWAY),
        400..=499 => fault(Kind::Rejected, &format!("Telegram refused to {what}: {words}")),
        _ => malformed("no answer of success", what),
    }
}
