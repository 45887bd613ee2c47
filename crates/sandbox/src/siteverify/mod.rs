//! A captcha provider's `siteverify`: tokens that somebody solved, each good once, and every way in which the real ones fail.

mod fault;
mod handle;
mod http;
mod solved;

use std::sync::Arc;

pub use fault::Fault;
pub use handle::Handle;
pub use solved::{Check, Solved};

use crate::{life::Life, port};

/// Starts the stand-in on a loopback port of its own; it knows the account of `secret`.
///
/// # Errors
/// No port is to be had.
pub async fn start(secret: &str) -> anyhow::Result<Handle> {
    let listener = port::bind(0, None).await?;
    let address = listener.local_addr()?;
    let server = Arc::new(http::Server { book: solved::Book::new(secret), life: Life::default() });
    http::serve(server.clone(), listener);
    Ok(Handle { server, address })
}
