//! The mail server: takes every mail over real SMTP, delivers none, and shows them all.

mod command;
mod config;
mod handle;
mod input;
mod links;
mod message;
mod session;
mod store;

use std::{path::Path, sync::Arc};

pub use config::{Config, Fault, Mix};
pub use handle::Handle;
pub use message::Message;
pub use store::{Attempt, Outcome};

use crate::{life::Life, port};

pub(crate) async fn start(config: Config, folder: Option<&Path>) -> anyhow::Result<Handle> {
    crate::chance::check("mail.mix", &config.mix.shares())?;
    let store = store::Store::open(&config, crate::file(folder, "mail.jsonl").as_deref())?;
    let port = crate::file(folder, "mail.port");
    let listener = port::bind(config.port, port.as_deref()).await?;
    let address = listener.local_addr()?;
    let server = Arc::new(session::Server { config, store, life: Life::default() });
    session::serve(server.clone(), listener);
    Ok(Handle { server, address })
}
