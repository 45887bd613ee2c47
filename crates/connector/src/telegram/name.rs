//! What Telegram's things are called: bots by their tokens, chats by number or name.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

/// The token of a bot, `<number>:<secret>`. It stands in the address of every call, so nothing may ever show one.
#[derive(Clone)]
pub(super) struct BotToken {
    text: SecretString,
    /// The bot's number, which is public.
    bot: String,
}

impl BotToken {
    /// Reads a token.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with the field's name.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "must be what @BotFather answered: digits, a colon, and letters";
        let text = text.trim();
        let (bot, secret) = text.split_once(':').ok_or(WRONG)?;
        let is_number = (1..=20).contains(&bot.len()) && bot.bytes().all(|b| b.is_ascii_digit());
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if !is_number || !(20..=100).contains(&secret.len()) || !secret.bytes().all(plain) {
            return Err(WRONG);
        }
        Ok(Self { text: text.into(), bot: bot.into() })
    }

    /// The bot's number.
    pub(super) fn bot(&self) -> &str {
        &self.bot
    }

    pub(super) fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// The part that opens; the number before it is no secret.
    pub(super) fn secret(&self) -> &str {
        self.expose().split_once(':').map_or("", |(_, secret)| secret)
    }
}

/// A chat: a person, a group, a channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Chat {
    /// By its number, negative for groups and channels.
    Id(i64),
    /// A public channel or group by its name, without the `@`.
    Name(String),
}

impl Chat {
    /// Reads a number or an `@name`.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with the field's name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "must be a number such as -1001234567890, or a public channel's @name";
        let text = text.trim();
        if let Some(name) = text.strip_prefix('@') {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            let is_name = (4..=32).contains(&name.len()) && name.bytes().all(plain);
            return if is_name { Ok(Self::Name(name.into())) } else { Err(WRONG) };
        }
        match text.parse() {
            Ok(0) | Err(_) => Err(WRONG),
            Ok(id) => Ok(Self::Id(id)),
        }
    }

    /// Whether many read there, which Telegram lets bots write to less often.
    pub(super) const fn is_group(&self) -> bool {
        match self {
            Self::Id(id) => *id < 0,
            Self::Name(_) => true,
        }
    }
}

impl fmt::Display for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => write!(f, "@{name}"),
        }
    }
}

impl Serialize for Chat {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => to.serialize_i64(*id),
            Self::Name(_) => to.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_number_and_a_secret() {
        let good = BotToken::parse(" 123456:AAbb_cc-ddEEffGGhhIIjj ").expect("good");
        assert_eq!((good.bot(), good.secret()), ("123456", "AAbb_cc-ddEEffGGhhIIjj"));
        for bad in [
            "",
            "123456",
            ":AAbbccddEEffGGhhIIjjkk",
            "x1:AAbbccddEEffGGhhIIjjkk",
            "123456:short",
            "123456:AAbbccdd/../../EEffGGhhII",
            "123456:AAbbccddEEffGGhhII?x=1",
            "123456:AAbbccddEEffGGhhII jj",
        ] {
            assert!(BotToken::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_chat_is_a_number_or_a_name() {
        for (text, chat) in [
            ("42", Chat::Id(42)),
            ("-1001234567890", Chat::Id(-1_001_234_567_890)),
            (" @usher_news ", Chat::Name("usher_news".into())),
        ] {
            assert_eq!(Chat::parse(text), Ok(chat.clone()));
            assert_eq!(chat.to_string(), text.trim());
        }
        for bad in ["", "0", "news", "@a", "@with space", "1.5", "-", "99999999999999999999"] {
            assert!(Chat::parse(bad).is_err(), "{bad}");
        }
        assert!(Chat::Id(-5).is_group() && !Chat::Id(5).is_group());
    }
}
