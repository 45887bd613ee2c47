//! The legacy backend ("backend_compat"): keeps spreadsheets and their marketplace tokens, and
//! answers as the real one does, with and without the prefix `/api`.

mod answer;
mod book;
mod caller;
mod config;
mod fault;
mod handle;
mod http;
mod ledger;
mod line;
mod ops;
mod record;
mod request;
mod spoil;
mod token;
mod windows;

use std::{path::Path, sync::Arc};

pub use config::{Bearer, Class, Config, Key, Limits, Role};
pub use fault::{Aim, Fault, Mix, Script, Storm};
pub use handle::Handle;
pub use record::{Call, Effect, EffectKind, Op, Outcome, Spreadsheet, TokenView};

use crate::{life::Life, port};

pub(crate) async fn start(config: Config, folder: Option<&Path>) -> anyhow::Result<Handle> {
    config.check()?;
    let ledger = ledger::Ledger::open(&config, crate::file(folder, "legacy.jsonl").as_deref())?;
    let port = crate::file(folder, "legacy.port");
    let listener = port::bind(config.port, port.as_deref()).await?;
    let address = listener.local_addr()?;
    let backend = Arc::new(http::Backend { config, ledger, life: Life::default() });
    http::serve(backend.clone(), listener);
    Ok(Handle { backend, address })
}
