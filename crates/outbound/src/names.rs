//! Names of hosts: resolved once per connection, and the connection goes to what was looked at.

use std::{net::IpAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::is_public;

/// The resolver of the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|cause| {
                let unknown: Box<dyn std::error::Error + Send + Sync> = Box::new(Unknown(cause));
                unknown
            })?;
            let found: Addrs = Box::new(found.collect::<Vec<_>>().into_iter());
            Ok(found)
        })
    }
}

/// A resolver whose answers are all public or none. One address inside condemns the name: whoever mixes them means to
/// be let in by chance or by a retry.
pub(crate) struct Public(pub(crate) Arc<dyn Resolve>);

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.resolve(name);
        Box::pin(async move {
            let found: Vec<_> = found.await?.collect();
            if let Some(inside) = found.iter().find(|address| !is_public(address.ip())) {
                return Err(NotPublic(inside.ip()).into());
            }
            let pinned: Addrs = Box::new(found.into_iter());
            Ok(pinned)
        })
    }
}

/// The name leads inside.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the name leads to {0}, which is not public")]
pub(crate) struct NotPublic(pub(crate) IpAddr);

/// The name leads nowhere, as far as is known now.
#[derive(Debug, thiserror::Error)]
#[error("the name of the host is not known: {0}")]
pub(crate) struct Unknown(std::io::Error);
