//! One call to the Bot API, at the pace that Telegram allows.

use std::time::Duration;

use outbound::{Call, Kind, Method, Pace, Rate};
use serde_json::Value;

use super::{
    Chat, Telegram,
    answer::{self, Refused},
};

/// How long a call may take, the wait for its turn included.
const TIMEOUT: Duration = Duration::from_secs(15);

const SECOND: Duration = Duration::from_secs(1);

/// What one bot may send in a second, over all chats.
const BOT: u32 = 30;

/// What one bot may send into one group in a minute.
const GROUP: u32 = 20;

/// A method of the Bot API, named as in its address, in traces, and in words that continue "asked to …".
#[derive(Debug, Clone, Copy)]
pub(super) struct Api {
    pub(super) method: &'static str,
    pub(super) operation: &'static str,
    pub(super) what: &'static str,
}

impl Telegram {
    /// Calls a method about a chat, or about the bot itself where there is none.
    pub(super) async fn call(
        &self,
        api: Api,
        chat: Option<&Chat>,
        body: &Value,
    ) -> Result<Value, Refused> {
        let mut url = self.0.base.clone();
        let root = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{root}/bot{}/{}", self.0.token.expose(), api.method));
        let call = Call::new("telegram", api.operation, Method::POST, url).within(TIMEOUT);
        let answer = match call.json(body) {
            Ok(call) => {
                let paced = self.paces(chat).into_iter().fold(call, Call::paced);
                self.0.outbound.send(paced).await
            }
            Err(fault) => Err(fault),
        };
        let read = match answer {
            Ok(answer) => answer::read(&answer, api.what),
            Err(fault) => Err(answer::on_the_way(fault, api.what)),
        };
        read.map_err(|Refused { fault, moved_to }| {
            let fault = fault.without(self.0.token.expose()).without(self.0.token.secret());
            if let (Kind::RateLimited, Some(pause)) = (fault.kind, fault.retry_after) {
                // Everybody who writes there waits, not only who was told.
                self.0.outbound.hold(&self.chat_key(chat), pause);
            }
            Refused { fault, moved_to }
        })
    }

    fn paces(&self, chat: Option<&Chat>) -> Vec<Pace> {
        let bot = format!("telegram:{}", self.0.token.bot());
        let mut paces = vec![Pace { rate: Rate::new(BOT, SECOND), key: bot }];
        if let Some(chat) = chat {
            let key = self.chat_key(Some(chat));
            if chat.is_group() {
                let key = format!("{key}:minute");
                paces.push(Pace { key, rate: Rate::new(GROUP, SECOND * 60) });
            }
            paces.push(Pace { key, rate: Rate::new(1, SECOND) });
        }
        paces
    }

    fn chat_key(&self, chat: Option<&Chat>) -> String {
        let bot = self.0.token.bot();
        chat.map_or_else(|| format!("telegram:{bot}"), |chat| format!("telegram:{bot}:{chat}"))
    }
}
