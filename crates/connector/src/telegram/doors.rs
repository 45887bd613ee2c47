//! The doors of the kit, for Telegram.

use async_trait::async_trait;
use outbound::{Fault, Kind};

use super::{FoundChat, SPEC, Telegram};
use crate::{Checked, Connector, Evidence, Proof, Receipt, Sample, Spec};

#[async_trait]
impl Connector for Telegram {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn check(&self) -> Result<Checked, Fault> {
        let bot = self.me().await?;
        let name = bot.username.map_or(bot.first_name, |name| format!("@{name}"));
        Ok(Checked { summary: format!("Telegram knows the bot as {name}.") })
    }

    /// The one chat of the settings: a bot cannot list its chats.
    async fn sample(&self, most: usize) -> Result<Vec<Sample>, Fault> {
        let chat = self.find_chat(self.chat()).await?;
        let FoundChat { id, kind, title, username, first_name } = chat;
        let title = title.or(first_name).unwrap_or_default();
        let detail = username.map_or_else(|| kind.clone(), |name| format!("{kind}, @{name}"));
        let found = Sample { id: id.to_string(), title, detail };
        Ok([found].into_iter().take(most).collect())
    }

    /// A bot cannot read messages, so the answer that gave the message its id is all the proof there is; what can be
    /// seen is that the bot still has the chat it wrote to.
    async fn verify(&self, receipt: &Receipt) -> Result<Proof, Fault> {
        let chat = super::Chat::parse(&receipt.place).map_err(|problem| {
            let told = format!("The chat of the receipt {problem}.");
            Fault::new(Kind::Rejected, told.clone(), told).of("telegram")
        })?;
        let found = self.find_chat(&chat).await?;
        let words =
            format!("Telegram took the message as number {} of chat {}.", receipt.id, found.id);
        Ok(Proof { evidence: Evidence::Confirmed, words })
    }
}
