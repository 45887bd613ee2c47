//! The Bot API in the hands of a test or of the pages.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use secrecy::SecretString;

use super::{
    bot::{Call, Message},
    config::{Chat, Standing},
    fault::Fault,
    http::Server,
};

/// A running Bot API. Clones are the same one.
#[derive(Clone)]
pub struct Handle {
    pub(super) server: Arc<Server>,
    pub(super) address: SocketAddr,
    pub(super) token: SecretString,
}

impl Handle {
    /// Its base address, `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token that the bot was set up with.
    pub fn token(&self) -> &SecretString {
        &self.token
    }

    /// Every call since the start, in order.
    pub fn calls(&self) -> Vec<Arc<Call>> {
        self.server.bot.calls.all()
    }

    /// Every message since the journal began, in order.
    pub fn messages(&self) -> Vec<Arc<Message>> {
        self.server.bot.messages.all()
    }

    /// The first message, past or future, that the predicate holds for; none when the time is up.
    pub async fn wait_for_message(
        &self,
        predicate: impl Fn(&Message) -> bool,
        timeout: Duration,
    ) -> Option<Arc<Message>> {
        self.server.bot.messages.wait_for(predicate, timeout).await
    }

    /// Plays this fault on the next call of the method; pushed faults queue up.
    pub fn push_fault(&self, method: &str, fault: Fault) {
        self.server.bot.push_fault(method, fault);
    }

    /// Brings the bot into a chat.
    pub fn add_chat(&self, chat: Chat) {
        self.server.bot.set_chat(chat);
    }

    /// Changes how the bot stands with a chat.
    pub fn set_standing(&self, chat_id: i64, standing: Standing) {
        self.server.bot.set_standing(chat_id, standing);
    }

    /// Gives the bot another token, as @BotFather does when one is revoked.
    pub fn set_token(&self, token: SecretString) {
        self.server.bot.set_token(token);
    }

    pub(crate) async fn stop(&self) {
        self.server.life.end().await;
        self.server.bot.close();
    }

    pub(crate) fn cut(&self) {
        self.server.bot.close();
        self.server.life.cut();
    }
}
