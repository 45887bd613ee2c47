//! How DNS is asked for proofs.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::RData,
};

use crate::domain::Seen;

/// A name server that does not answer within this time is asked again, and then given up.
const PATIENCE: Duration = Duration::from_secs(3);

/// All in all a look takes no longer, however many name servers there are to ask.
const WITHIN: Duration = Duration::from_secs(15);

/// Most texts of one name that are looked at.
const MOST_TEXTS: usize = 100;

/// The way to DNS. Nothing is remembered between two looks: a proof counts as it is now.
#[derive(Clone)]
pub struct Dns(Arc<TokioResolver>);

impl Dns {
    /// Asks these name servers, or those of the machine where none are given.
    ///
    /// # Errors
    /// The machine's own cannot be read.
    pub fn new(servers: &[SocketAddr]) -> Result<Self, NetError> {
        let mut builder = if servers.is_empty() {
            TokioResolver::builder_tokio()?
        } else {
            let config =
                ResolverConfig::from_parts(None, Vec::new(), servers.iter().map(server).collect());
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        tune(builder.options_mut());
        Ok(Self(Arc::new(builder.build()?)))
    }

    /// The TXT records of a name; none where there is no such name.
    pub(crate) async fn texts(&self, name: &str) -> Seen {
        // The dot keeps the machine's search domains out.
        let looking = self.0.txt_lookup(format!("{name}."));
        let Ok(looked) = tokio::time::timeout(WITHIN, looking).await else {
            return unknown();
        };
        match looked {
            Ok(found) => {
                let texts = found.answers().iter().filter_map(|record| match &record.data {
                    RData::TXT(text) => Some(text.txt_data.concat()),
                    _ => None,
                });
                let read = |text: Vec<u8>| String::from_utf8_lossy(&text).into_owned();
                Seen::Texts(texts.take(MOST_TEXTS).map(read).collect())
            }
            Err(problem) if problem.is_no_records_found() => Seen::Texts(Vec::new()),
            Err(problem) => {
                tracing::debug!(name, %problem, "a proof could not be looked for");
                unknown()
            }
        }
    }
}

fn unknown() -> Seen {
    Seen::Unknown("The name servers did not answer; it is tried again.".into())
}

fn server(address: &SocketAddr) -> NameServerConfig {
    let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
    (udp.port, tcp.port) = (address.port(), address.port());
    NameServerConfig::new(address.ip(), true, vec![udp, tcp])
}

fn tune(options: &mut ResolverOpts) {
    options.timeout = PATIENCE;
    options.attempts = 2;
    options.cache_size = 0;
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dns")
    }
}
