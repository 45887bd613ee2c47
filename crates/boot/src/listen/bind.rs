//! Taking a port, with an error that says which option to change.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
};

use tokio::net::TcpListener;

use super::Tls;

/// The listeners a process may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// HTTP for the outside.
    Public,
    /// Metrics and health, for operators.
    Admin,
    /// gRPC for other processes of the platform.
    Grpc,
}

impl Door {
    /// A word for logs and task names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Admin => "admin",
            Self::Grpc => "grpc",
        }
    }

    fn option(self) -> &'static str {
        match self {
            Self::Public => "--listen (USHER_LISTEN)",
            Self::Admin => "--admin-listen (USHER_ADMIN_LISTEN)",
            Self::Grpc => "--grpc-listen (USHER_GRPC_LISTEN)",
        }
    }
}

/// A port that is taken but not served yet.
#[derive(Debug)]
pub struct Listener {
    pub(super) door: Door,
    pub(super) tcp: TcpListener,
    pub(super) tls: Option<Tls>,
    address: SocketAddr,
}

impl Listener {
    /// Takes the address; port 0 takes a free one.
    ///
    /// The error says what to do and which option to change.
    pub async fn bind(door: Door, address: SocketAddr) -> io::Result<Self> {
        let bound = TcpListener::bind(address).await.and_then(|tcp| Ok((tcp.local_addr()?, tcp)));
        match bound {
            Ok((address, tcp)) => Ok(Self { door, tcp, tls: None, address }),
            Err(error) => Err(io::Error::new(error.kind(), explain(door, address, &error))),
        }
    }

    /// The same port, on which nothing but TLS is spoken.
    #[must_use]
    pub fn secured(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The address as it really is, also where port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn explain(door: Door, address: SocketAddr, error: &io::Error) -> String {
    let (name, option) = (door.name(), door.option());
    let advice = match error.kind() {
        ErrorKind::AddrInUse => format!(
            "another process has the port, perhaps another Usher: stop it, or choose another port \
             with {option}"
        ),
        ErrorKind::AddrNotAvailable => {
            format!("this machine has no such address: choose another with {option}")
        }
        ErrorKind::PermissionDenied => {
            format!("ports below 1024 need a privilege: choose another with {option}")
        }
        _ => format!("{error}: choose another address with {option}"),
    };
    format!("cannot open the {name} listener on {address}: {advice}")
}
