//! Serving a router on a listener, within limits, until the host drains.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpStream, sync::Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::{
    bind::{Door, Listener},
    connection,
};
use crate::Host;

/// Connections a listener holds at once; later ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 16_384;

/// A request body that stands still for this long is given up.
const BODY_PAUSE: Duration = Duration::from_secs(30);

/// How long to wait when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `router` on the listener as a task of `host`; returns at once.
///
/// HTTP/1.1 and HTTP/2, over TLS where the listener was secured. Requests carry `ConnectInfo<SocketAddr>` of the peer. When
/// the host stops, the port is closed, requests in progress are answered, idle connections end.
/// A response without an end of its own must watch [`Host::stopping`].
pub fn serve(listener: Listener, router: Router, host: &Host) {
    let Listener { door, tcp, tls, .. } = listener;
    let router = match door {
        // A long call inside may send its messages at any pace.
        Door::Grpc => router,
        Door::Public | Door::Admin => router.layer(RequestBodyTimeoutLayer::new(BODY_PAUSE)),
    };
    host.spawn(format!("{} listener", door.name()), async move |stop| {
        let connections = TaskTracker::new();
        // Dropped with this task, so that a killed host leaves no connection behind.
        let abandon = CancellationToken::new();
        let _guard = abandon.clone().drop_guard();
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let accept = async {
            loop {
                let seat = Arc::clone(&room).acquire_owned().await?;
                let (stream, peer) = accept(&tcp).await;
                let (tls, router) = (tls.clone(), router.clone());
                let serving = connection::serve(stream, peer, tls, router, stop.clone());
                let abandon = abandon.clone();
                connections.spawn(async move {
                    abandon.run_until_cancelled(serving).await;
                    drop(seat);
                });
            }
        };
        if let Some(failure) = stop.run_until_cancelled(accept).await {
            return failure;
        }
        drop(tcp);
        connections.close();
        connections.wait().await;
        Ok(())
    });
}

async fn accept(tcp: &tokio::net::TcpListener) -> (TcpStream, std::net::SocketAddr) {
    loop {
        match tcp.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(error = %error, "cannot accept connections; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The peer was gone before it was accepted; that says nothing about the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
