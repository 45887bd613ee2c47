//! The bot, its chats and what it has sent.

use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::{Mutex, MutexGuard},
};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    answer::Refusal,
    config::{Chat, ChatKind, Config, Standing},
    fault::Fault,
};
use crate::{feed::Feed, journal::Journal};

/// The longest message, in UTF-16 units.
const LONGEST: usize = 4096;

/// A message that stands in a chat.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Message {
    /// Its number; the numbers go on over restarts.
    pub message_id: i64,
    /// When it was sent.
    pub at: Timestamp,
    /// Where it stands.
    pub chat_id: i64,
    /// What it says.
    pub text: String,
}

/// One call, whatever came of it. The token is not kept.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Call {
    /// When it was decided.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// The chat it named, as it was written.
    pub chat_id: Option<String>,
    /// The status that was answered.
    pub status: u16,
    /// The fault played on it, if any.
    pub fault: Option<Fault>,
}

pub(super) struct Bot {
    inner: Mutex<Inner>,
    pub(super) calls: Feed<Call>,
    pub(super) messages: Feed<Message>,
}

struct Inner {
    journal: Journal,
    token: SecretString,
    chats: HashMap<i64, Chat>,
    faults: HashMap<String, VecDeque<Fault>>,
    last: i64,
}

impl Bot {
    pub(super) fn open(config: &Config, path: Option<&Path>) -> anyhow::Result<Bot> {
        let (calls, messages) = (Feed::new(), Feed::new());
        let mut last = 0;
        let journal = Journal::open(path, |message: Message| {
            last = last.max(message.message_id);
            messages.push(message);
        })?;
        let mut faults: HashMap<String, VecDeque<Fault>> = HashMap::new();
        for script in &config.scripts {
            faults.entry(script.method.clone()).or_default().extend(script.faults.clone());
        }
        let chats = config.chats.iter().map(|chat| (chat.id, chat.clone())).collect();
        let inner = Inner { journal, token: config.token.clone(), chats, faults, last };
        Ok(Bot { inner: Mutex::new(inner), calls, messages })
    }

    /// The fault that the next call of the method meets.
    pub(super) fn fault(&self, method: &str) -> Option<Fault> {
        self.lock().faults.get_mut(method)?.pop_front()
    }

    pub(super) fn push_fault(&self, method: &str, fault: Fault) {
        self.lock().faults.entry(method.to_owned()).or_default().push_back(fault);
    }

    pub(super) fn set_chat(&self, chat: Chat) {
        self.lock().chats.insert(chat.id, chat);
    }

    pub(super) fn set_standing(&self, chat_id: i64, standing: Standing) {
        if let Some(chat) = self.lock().chats.get_mut(&chat_id) {
            chat.standing = standing;
        }
    }

    pub(super) fn set_token(&self, token: SecretString) {
        self.lock().token = token;
    }

    pub(super) fn close(&self) {
        self.lock().journal.close();
    }

    /// Does what the method asks for.
    pub(super) fn run(&self, token: &str, method: &str, body: &Value) -> Result<Value, Refusal> {
        let mut inner = self.lock();
        if token != inner.token.expose_secret() {
            return Err(Refusal::InvalidToken);
        }
        match method {
            "getMe" => Ok(inner.me()),
            "getChat" => inner.chat(body).map(shown),
            "sendMessage" => {
                let message = inner.message(body)?;
                let chat = shown(inner.chat(body)?);
                let answer = json!({"message_id": message.message_id, "chat": chat,
                    "date": message.at.as_second(), "text": message.text});
                if let Err(failure) = inner.journal.append(&message) {
                    tracing::warn!(%failure, "the stand-in of Telegram could not write its journal");
                    return Err(Refusal::ServerError);
                }
                inner.last = message.message_id;
                self.messages.push(message);
                Ok(answer)
            }
            _ => Err(Refusal::NoSuchMethod),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("a holder of this lock does not panic")
    }
}

impl Inner {
    fn me(&self) -> Value {
        let number = self.token.expose_secret().split(':').next().unwrap_or_default();
        json!({
            "id": number.parse::<i64>().unwrap_or(1), "is_bot": true, "first_name": "Usher",
            "username": "usher_sandbox_bot", "can_join_groups": true,
            "can_read_all_group_messages": false, "supports_inline_queries": false,
        })
    }

    fn chat(&self, body: &Value) -> Result<&Chat, Refusal> {
        let named = &body["chat_id"];
        let id = named.as_i64().or_else(|| named.as_str()?.parse().ok());
        let chat = id.and_then(|id| self.chats.get(&id)).ok_or(Refusal::ChatNotFound)?;
        match chat.standing {
            Standing::Member => Ok(chat),
            Standing::Kicked => Err(Refusal::Kicked),
            Standing::Blocked => Err(Refusal::Blocked),
            Standing::NotStarted => Err(Refusal::NotStarted),
            Standing::Moved(to) => Err(Refusal::Moved { to }),
        }
    }

    fn message(&self, body: &Value) -> Result<Message, Refusal> {
        let chat_id = self.chat(body)?.id;
        let text = body["text"].as_str().unwrap_or_default().trim();
        if text.is_empty() {
            return Err(Refusal::EmptyText);
        }
        if text.encode_utf16().count() > LONGEST {
            return Err(Refusal::LongText);
        }
        let (message_id, at) = (self.last + 1, Timestamp::now());
        Ok(Message { message_id, at, chat_id, text: text.to_owned() })
    }
}

fn shown(chat: &Chat) -> Value {
    let name = if chat.kind == ChatKind::Private { "first_name" } else { "title" };
    json!({"id": chat.id, "type": chat.kind, name: chat.title})
}
