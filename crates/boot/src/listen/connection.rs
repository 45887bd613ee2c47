//! One connection: HTTP/1.1 or HTTP/2, with limits on what a peer may cost.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{Tls, framing};

/// A new connection must bring a whole request head within this time.
const FIRST_REQUEST: Duration = Duration::from_secs(5);

/// Later request heads must arrive within this time. It is also how long an idle connection is
/// kept, and longer than the 60 s after which common proxies close theirs: so they close first.
const NEXT_REQUEST: Duration = Duration::from_secs(75);

/// Size of an HTTP/1.1 request head, and of the read buffer.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Size of all headers of an HTTP/2 request, uncompressed.
const MAX_HEADER_LIST_BYTES: u32 = 64 * 1024;

/// Headers of an HTTP/1.1 request.
const MAX_HEADERS: usize = 100;

/// Requests at once on one HTTP/2 connection.
const MAX_STREAMS: u32 = 256;

/// A silent HTTP/2 peer is asked for a sign of life this often, and has this long to give it.
const PING: Duration = Duration::from_secs(30);

/// Stands among the extensions of a request that came over TLS which this process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encrypted;

/// Serves the connection until the peer leaves, or `stop` and the requests in progress are done.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Tls>,
    router: Router,
    stop: CancellationToken,
) {
    // Only a matter of speed; a socket that refuses it is about to fail anyway.
    let _ = stream.set_nodelay(true);
    let Some(Tls(acceptor)) = tls else {
        return speak(stream, peer, None, router, stop).await;
    };
    let greeting = tokio::time::timeout(FIRST_REQUEST, acceptor.accept(stream));
    match stop.run_until_cancelled(greeting).await {
        Some(Ok(Ok(stream))) => speak(stream, peer, Some(Encrypted), router, stop).await,
        Some(Ok(Err(error))) => tracing::debug!(error = %error, "a peer spoke no TLS of ours"),
        Some(Err(_)) | None => {}
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    encrypted: Option<Encrypted>,
    router: Router,
    stop: CancellationToken,
) {
    let awake = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&awake);
    let service = service_fn(move |mut request: Request<Incoming>| {
        seen.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(peer));
        if let Some(encrypted) = encrypted {
            request.extensions_mut().insert(encrypted);
        }
        let router = router.clone();
        async move {
            if framing::lacks_host(&request) {
                return Ok(framing::refusal());
            }
            let ends = framing::ends_connection(&request);
            let mut response = router.oneshot(request).await?;
            if ends {
                framing::end_connection(&mut response);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let builder = builder();
    let mut connection =
        pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut stopped = pin!(stop.cancelled());
    let mut patience = pin!(tokio::time::sleep(FIRST_REQUEST));
    let (mut leaving, mut waiting) = (false, true);
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(error = %error, "a connection ended early");
                }
                return;
            }
            () = &mut stopped, if !leaving => {
                leaving = true;
                connection.as_mut().graceful_shutdown();
            }
            () = &mut patience, if waiting => {
                waiting = false;
                if !awake.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(NEXT_REQUEST)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEADER_LIST_BYTES)
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}
