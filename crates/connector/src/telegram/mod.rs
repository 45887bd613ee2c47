//! Telegram: a bot that writes plain text to a chat, in parts where it is long.

mod answer;
mod doors;
mod name;
mod send;
mod spec;
mod split;

use std::{fmt, sync::Arc};

use kernel::FieldViolation;
use outbound::{Fault, Kind, Outbound, Url};
use serde::Deserialize;
use serde_json::{Value, json};

pub use name::Chat;
pub use spec::SPEC;

use crate::{Ground, Receipt, Settings, registry::needed};
use answer::{Refused, malformed};
use name::BotToken;
use send::Api;

/// More parts are no message any more.
const MOST_PARTS: usize = 20;

const GET_ME: Api = Api { method: "getMe", operation: "get_me", what: "name the bot" };

const GET_CHAT: Api = Api { method: "getChat", operation: "get_chat", what: "show the chat" };

const SEND: Api = Api { method: "sendMessage", operation: "send", what: "send the message" };

/// A bot and the chat that its settings name; clones are cheap.
#[derive(Clone)]
pub struct Telegram(Arc<Inner>);

struct Inner {
    outbound: Outbound,
    base: Url,
    token: BotToken,
    chat: Chat,
}

/// The bot, as Telegram knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Bot {
    /// Its number.
    pub id: i64,
    /// What it is called by people.
    pub first_name: String,
    /// Its `@name`.
    pub username: Option<String>,
}

/// A chat, as Telegram knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FoundChat {
    /// Its number.
    pub id: i64,
    /// `private`, `group`, `supergroup` or `channel`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name of a group or channel.
    pub title: Option<String>,
    /// The `@name` of a person or channel.
    pub username: Option<String>,
    /// The first name of a person.
    pub first_name: Option<String>,
}

/// What stands in the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The parts that were sent, in order.
    pub message_ids: Vec<i64>,
    /// The chat's number, as Telegram told it; none while nothing was sent.
    pub chat_id: Option<i64>,
    /// The group has this id now: whoever keeps settings keeps it from here on.
    pub moved_to: Option<i64>,
}

/// Not all of a text was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct Broken {
    /// Why not.
    pub fault: Fault,
    /// The parts that stand; the next try goes on behind them.
    pub sent: Sent,
}

#[derive(Deserialize)]
struct Message {
    message_id: i64,
    chat: MessageChat,
}

#[derive(Deserialize)]
struct MessageChat {
    id: i64,
}

impl Telegram {
    /// The bot and chat that settings name.
    ///
    /// # Errors
    /// The setting at fault.
    pub fn open(settings: &Settings, ground: &Ground) -> Result<Self, FieldViolation> {
        let need = |name| settings.text(name).ok_or_else(|| needed(settings, name));
        let token = BotToken::parse(need("bot_token")?)
            .map_err(|problem| FieldViolation::new("bot_token", problem))?;
        let chat = Chat::parse(need("chat_id")?)
            .map_err(|problem| FieldViolation::new("chat_id", problem))?;
        let (outbound, base) =
            (ground.outbound.trusting(&ground.telegram), ground.telegram.clone());
        Ok(Self(Arc::new(Inner { outbound, base, token, chat })))
    }

    /// The chat that the settings name.
    #[must_use]
    pub fn chat(&self) -> &Chat {
        &self.0.chat
    }

    /// The bot itself: proves the token.
    ///
    /// # Errors
    /// A [`Fault`], of class config where the token is not accepted.
    pub async fn me(&self) -> Result<Bot, Fault> {
        let answer = self.call(GET_ME, None, &json!({})).await;
        read(answer.map_err(|refused| refused.fault)?, GET_ME)
    }

    /// A chat that the bot can see.
    ///
    /// # Errors
    /// A [`Fault`], of class config where there is none or the bot is not in it.
    pub async fn find_chat(&self, chat: &Chat) -> Result<FoundChat, Fault> {
        let answer = self.call(GET_CHAT, Some(chat), &json!({"chat_id": chat})).await;
        read(answer.map_err(|refused| refused.fault)?, GET_CHAT)
    }

    /// Sends a text to a chat, in as many parts as it needs, behind the first `skipped` parts, which an earlier try has
    /// sent. Telegram knows no repeats: where a part's answer was lost ([`Effect::Unknown`](crate::Effect)), sending it
    /// again may show it twice.
    ///
    /// # Errors
    /// [`Broken`], which tells the parts of this try that stand.
    pub async fn send(&self, chat: &Chat, text: &str, skipped: usize) -> Result<Sent, Broken> {
        let mut sent = Sent { message_ids: Vec::new(), chat_id: None, moved_to: None };
        let parts = split::split(text);
        if let Err(fault) = sendable(parts.len()) {
            return Err(Broken { fault, sent });
        }
        for part in parts.into_iter().skip(skipped) {
            match self.send_part(chat, part, &mut sent).await {
                Ok(message) => {
                    sent.message_ids.push(message.message_id);
                    sent.chat_id = Some(message.chat.id);
                }
                Err(fault) => return Err(Broken { fault, sent }),
            }
        }
        Ok(sent)
    }

    /// Sends one part, and once more where the group turns out to have moved.
    async fn send_part(&self, chat: &Chat, part: &str, sent: &mut Sent) -> Result<Message, Fault> {
        let chat = sent.moved_to.map_or_else(|| chat.clone(), Chat::Id);
        match self.try_part(&chat, part).await {
            Err(Refused { moved_to: Some(new), .. }) if sent.moved_to.is_none() => {
                sent.moved_to = Some(new);
                self.try_part(&Chat::Id(new), part).await.map_err(|refused| refused.fault)
            }
            tried => tried.map_err(|refused| refused.fault),
        }
    }

    async fn try_part(&self, chat: &Chat, part: &str) -> Result<Message, Refused> {
        let body = json!({"chat_id": chat, "text": part});
        let answer = self.call(SEND, Some(chat), &body).await?;
        read(answer, SEND).map_err(|fault| Refused { fault, moved_to: None })
    }
}

impl Sent {
    /// The receipt for the last part, if any was sent.
    #[must_use]
    pub fn receipt(&self) -> Option<Receipt> {
        let (place, id) = (self.chat_id?.to_string(), self.message_ids.last()?.to_string());
        Some(Receipt { connector: SPEC.name.into(), kind: "message".into(), place, id })
    }
}

impl fmt::Debug for Telegram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telegram")
            .field("bot", &self.0.token.bot())
            .field("chat", &self.0.chat)
            .finish_non_exhaustive()
    }
}

fn read<T: for<'de> Deserialize<'de>>(answer: Value, api: Api) -> Result<T, Fault> {
    serde_json::from_value(answer).map_err(|_| malformed("another shape", api.what))
}

fn sendable(parts: usize) -> Result<(), Fault> {
    match parts {
        0 => Err(Fault::new(Kind::Rejected, "There is nothing to send.", "The text is blank.")
            .because("telegram_text_empty")),
        1..=MOST_PARTS => Ok(()),
        _ => {
            let told = format!("The text needs {parts} messages, more than {MOST_PARTS}.");
            Err(Fault::new(Kind::Rejected, told.clone(), told).because("telegram_text_too_long"))
        }
    }
}
