//! An OpenID provider (OpenID Connect Core 1.0, authorization code flow with PKCE): one client, a few people, real
//! signatures, and ID tokens forged to order.

mod forge;
mod handle;
mod http;
mod keys;

use std::{
    collections::{HashMap, VecDeque},
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

pub use forge::{Forge, Sign};
pub use handle::{Handle, Person};

use crate::life::Life;

/// Starts a provider on a loopback port of its own, with a client `usher` of this secret that is sent back to addresses
/// below `back`.
///
/// # Errors
/// No port can be had, or no key made.
pub async fn start(secret: &str, back: &str) -> anyhow::Result<Handle> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let issuer = format!("http://{}", listener.local_addr()?);
    let provider = Arc::new(Provider {
        issuer,
        secret: secret.to_owned(),
        back: format!("{back}/"),
        keys: keys::Keys::draw()?,
        book: Mutex::default(),
        life: Life::default(),
    });
    http::serve(provider.clone(), listener);
    Ok(Handle { provider })
}

/// The id of the one client.
pub const CLIENT: &str = "usher";

struct Provider {
    issuer: String,
    secret: String,
    back: String,
    keys: keys::Keys,
    book: Mutex<Book>,
    life: Life,
}

#[derive(Default)]
struct Book {
    /// Who sits at the browser.
    person: Option<Person>,
    /// Codes that were given out and not used.
    codes: HashMap<String, Grant>,
    /// How the next ID tokens are forged.
    forges: VecDeque<Forge>,
    /// What the configuration says otherwise.
    says: serde_json::Map<String, serde_json::Value>,
    /// How often a code was exchanged.
    exchanges: usize,
}

/// What a code stands for.
struct Grant {
    person: Person,
    redirect_uri: String,
    nonce: String,
    challenge: String,
}
