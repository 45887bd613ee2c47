//! How the Bot API is set up.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::fault::Script;
use crate::chance::Latency;

/// The Bot API's configuration; the default is a little slow, [`Config::calm`] is not.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The loopback port; 0 takes that of the last run, else any free one.
    pub port: u16,
    /// The token of the one bot.
    pub token: SecretString,
    /// The chats that the bot is in, besides those that were added while it ran.
    pub chats: Vec<Chat>,
    /// How long every call takes before it is looked at.
    pub latency: Latency,
    /// Faults that are certain, in order.
    pub scripts: Vec<Script>,
}

impl Default for Config {
    fn default() -> Self {
        Config { latency: Latency::MILD, ..Config::calm() }
    }
}

impl Config {
    /// No delay and no fault.
    pub fn calm() -> Self {
        Config {
            port: 0,
            token: "123456:sandbox-bot-token-of-usher".into(),
            chats: vec![
                Chat::new(42, ChatKind::Private, "Ann"),
                Chat::new(-77, ChatKind::Group, "Sales"),
                Chat::new(-1_001_234_567_890, ChatKind::Supergroup, "Reports"),
            ],
            latency: Latency::default(),
            scripts: Vec::new(),
        }
    }
}

/// What a chat is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ChatKind {
    /// With one person.
    Private,
    /// Of a few people.
    Group,
    /// Of many people.
    Supergroup,
    /// Read by many, written by a few.
    Channel,
}

/// How the bot stands with a chat.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It may write.
    #[default]
    Member,
    /// It was removed from the group.
    Kicked,
    /// The person wants to hear nothing of it.
    Blocked,
    /// The person never spoke to it.
    NotStarted,
    /// The group became a supergroup of this id.
    Moved(i64),
}

/// A chat.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    /// Its number, negative for groups and channels.
    pub id: i64,
    /// What it is.
    pub kind: ChatKind,
    /// The name of the group or of the person.
    pub title: String,
    /// How the bot stands with it.
    #[serde(default)]
    pub standing: Standing,
}

impl Chat {
    /// A chat that the bot may write to.
    pub fn new(id: i64, kind: ChatKind, title: &str) -> Self {
        Chat { id, kind, title: title.to_owned(), standing: Standing::Member }
    }
}
