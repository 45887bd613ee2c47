//! The port of a stand-in: the configured one, else the one of the last run, else any free one.

use std::{net::Ipv4Addr, ops::Range, path::Path};

use anyhow::Context;
use tokio::net::TcpListener;

/// Where a port that is to be kept is drawn from: below the ports that the system hands to outgoing connections, one of
/// which could take it between two runs.
const KEPT: Range<u16> = 12_000..21_000;

/// How often a port is drawn before any free one will do.
const DRAWS: usize = 16;

/// Binds on loopback. A remembered port that somebody else took since is given up silently; a
/// configured one is not.
pub(crate) async fn bind(configured: u16, memory: Option<&Path>) -> anyhow::Result<TcpListener> {
    let listener = match configured {
        0 if memory.is_some() => free(memory.and_then(remembered)).await,
        port => TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await,
    }
    .with_context(|| format!("cannot listen on 127.0.0.1:{configured}"))?;
    if let Some(path) = memory {
        std::fs::write(path, listener.local_addr()?.port().to_string())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(listener)
}

/// The remembered port if it is free, else one of [`KEPT`], else any.
async fn free(remembered: Option<u16>) -> std::io::Result<TcpListener> {
    let drawn: Vec<u16> = (0..DRAWS).map(|_| rand::random_range(KEPT)).collect();
    for port in remembered.into_iter().chain(drawn) {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            return Ok(listener);
        }
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

fn remembered(path: &Path) -> Option<u16> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}
