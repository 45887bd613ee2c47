//! A mail as it was received.

use std::fmt;

use jiff::Timestamp;
use mail_parser::{MessageParser, PartType};
use serde::Serialize;

use super::links;

/// A kept mail. Printing it shows neither its bodies nor its links: they carry one-time tokens.
#[derive(Clone, Serialize, PartialEq, Eq)]
pub struct Message {
    /// Its number among all attempts to send, from 0.
    pub id: u64,
    /// When its last byte came.
    pub received_at: Timestamp,
    /// The sender of the envelope; empty for the null sender.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The header `Subject`, decoded.
    pub subject: Option<String>,
    /// The header `Message-ID`, without the angle brackets.
    pub message_id: Option<String>,
    /// The first plain text body, decoded.
    pub text: Option<String>,
    /// The first HTML body, decoded.
    pub html: Option<String>,
    /// Every web address of the bodies, in order, each once.
    pub links: Vec<String>,
    /// The mail as it came, headers and all.
    #[serde(skip)]
    pub raw: Vec<u8>,
}

impl Message {
    /// A mail that is no mail keeps its envelope and its raw bytes, and nothing else.
    pub(super) fn parse(
        id: u64,
        received_at: Timestamp,
        from: String,
        to: Vec<String>,
        raw: Vec<u8>,
    ) -> Message {
        let parsed = MessageParser::new().parse(&raw);
        let (mut subject, mut message_id, mut text, mut html) = (None, None, None, None);
        if let Some(parsed) = &parsed {
            subject = parsed.subject().map(str::to_owned);
            message_id = parsed.message_id().map(str::to_owned);
            for part in &parsed.parts {
                match &part.body {
                    PartType::Text(body) if text.is_none() => text = Some(body.to_string()),
                    PartType::Html(body) if html.is_none() => html = Some(body.to_string()),
                    _ => {}
                }
            }
        }
        let links = links::find(text.as_deref(), html.as_deref());
        drop(parsed);
        Message { id, received_at, from, to, subject, message_id, text, html, links, raw }
    }

    /// Whether the envelope names this recipient, in any case of letters.
    pub fn is_to(&self, address: &str) -> bool {
        let address = address.to_lowercase();
        self.to.iter().any(|to| to.to_lowercase() == address)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("received_at", &self.received_at)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("message_id", &self.message_id)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}
