//! A server that is counted, names that lead where a test wants, and a client of both.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use kernel::{Clock, Timestamp};
use outbound::{
    Addrs, Call, Limits, Method, Name, Outbound, Resolve, Resolving, Trip, Trusted, Url,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};

/// Longer than anything here takes on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What a server does with a connection once it has read the request.
pub(crate) type Play = fn(TcpStream) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// A server on loopback.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// The port of a server that is gone.
    _held: Option<TcpSocket>,
}

impl Server {
    /// Plays the same on every connection.
    pub(crate) async fn new(play: Play) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let seen = connections.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                seen.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _ = stream.read(&mut request).await;
                    play(stream).await;
                });
            }
        });
        Self { address, connections, _held: None }
    }

    /// An address that nobody listens on, and that nobody else gets meanwhile.
    pub(crate) fn gone() -> Self {
        let held = TcpSocket::new_v4().expect("a socket");
        held.bind(([127, 0, 0, 1], 0).into()).expect("a port");
        let address = held.local_addr().expect("an address");
        Self { address, connections: Arc::default(), _held: Some(held) }
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://{}/canary-path", self.address)).expect("an address")
    }

    /// Its port under another name.
    pub(crate) fn under(&self, name: &str) -> Url {
        Url::parse(&format!("http://{name}:{}/", self.address.port())).expect("an address")
    }
}

/// Writes and closes.
pub(crate) async fn say(mut stream: TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// An answer in full.
pub(crate) const FINE: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfine";

/// Every name leads to these.
pub(crate) struct Leads(pub(crate) Vec<IpAddr>);

impl Resolve for Leads {
    fn resolve(&self, _: Name) -> Resolving {
        let found: Vec<_> = self.0.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
        Box::pin(async move {
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// No name is ever found out.
pub(crate) struct Silent;

impl Resolve for Silent {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::pending())
    }
}

/// A clock that stands still.
pub(crate) fn clock() -> Clock {
    let start: Timestamp = jiff::Timestamp::from_second(1_800_000_000).expect("in range").into();
    Clock::standing_at(start)
}

/// Opens after five failures in a row.
pub(crate) fn limits() -> Limits {
    let trip = Trip { in_a_row: 5, ..Trip::default() };
    Limits { connect: PATIENCE, trip: Some(trip), ..Limits::default() }
}

/// A client that trusts the server.
pub(crate) fn trusting(server: &Server, limits: Limits, clock: &Clock) -> Outbound {
    let trusted = vec![Trusted::parse(&server.address.to_string()).expect("a host")];
    let nowhere = Arc::new(Leads(Vec::new()));
    Outbound::assemble(trusted, [80].into(), limits, nowhere, clock.clone()).expect("TLS")
}

/// A client that trusts nobody, for which the server's port is an allowed one.
pub(crate) fn wary(server: &Server, resolver: impl Resolve + 'static) -> Outbound {
    let ports = [server.address.port()].into();
    Outbound::assemble(Vec::new(), ports, limits(), Arc::new(resolver), clock()).expect("TLS")
}

pub(crate) fn call(url: Url) -> Call {
    Call::new("test", "look", Method::GET, url).within(PATIENCE)
}
