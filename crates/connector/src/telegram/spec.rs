//! What has to be told to write to a chat of Telegram.

use crate::{Field, Format, Need, Secrecy, Spec};

/// The settings of a chat.
pub static SPEC: Spec = Spec {
    name: "telegram",
    title: "Telegram",
    instruction: &[
        "Open @BotFather in Telegram, send /newbot, and copy the token that it answers with.",
        "Add the bot to the group that is to be written to; in a channel make it an administrator who may post.",
        "For a person: let the person open the bot and press Start, since bots may not write first.",
        "Find the chat's id, for instance with @getidsbot: a number, negative for groups; a public channel has @name.",
    ],
    fields: &[
        Field {
            name: "bot_token",
            title: "Token of the bot",
            help: "What @BotFather answered: digits, a colon, and letters.",
            need: Need::Required,
            secrecy: Secrecy::Secret,
            format: Format::Text(128),
        },
        Field {
            name: "chat_id",
            title: "Chat",
            help: "The chat's id, such as -1001234567890, or a public channel's @name.",
            need: Need::Required,
            secrecy: Secrecy::Open,
            format: Format::Text(64),
        },
    ],
};
