//! Telegram's Bot API: one bot, a few chats, and every way in which the real one says no.

mod answer;
mod bot;
mod config;
mod fault;
mod handle;
mod http;
mod page;

use std::{path::Path, sync::Arc};

pub use bot::{Call, Message};
pub use config::{Chat, ChatKind, Config, Standing};
pub use fault::{Fault, Script, Told};
pub use handle::Handle;
pub(crate) use page::router;

use crate::{life::Life, port};

pub(crate) async fn start(config: Config, folder: Option<&Path>) -> anyhow::Result<Handle> {
    let bot = bot::Bot::open(&config, crate::file(folder, "telegram.jsonl").as_deref())?;
    let port = crate::file(folder, "telegram.port");
    let listener = port::bind(config.port, port.as_deref()).await?;
    let address = listener.local_addr()?;
    let server = Arc::new(http::Server { bot, latency: config.latency, life: Life::default() });
    http::serve(server.clone(), listener);
    Ok(Handle { server, address, token: config.token })
}
