//! Connections that a handler can cut, so that its client sees the network fail, not the server.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// What is written in place of HTTP: the beginning of a handshake that nobody asked for.
const NO_HTTP: &[u8] = b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03 no HTTP here \x00\xff\xfe";

const OPEN: u8 = 0;
const CUT: u8 = 1;
const RESET: u8 = 2;
const NONSENSE: u8 = 3;

/// The switch of one connection: once thrown, the answer is not written to it and it closes.
#[derive(Clone, Default)]
pub(super) struct Line(Arc<AtomicU8>);

impl Line {
    /// Closes it in an orderly way.
    pub(super) fn cut(&self) {
        self.0.store(CUT, Ordering::Release);
    }

    /// Resets it: the peer learns of a failure, not of an end.
    pub(super) fn reset(&self) {
        self.0.store(RESET, Ordering::Release);
    }

    /// Writes nonsense, then closes it.
    pub(super) fn talk_nonsense(&self) {
        self.0.store(NONSENSE, Ordering::Release);
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().line.clone()
    }
}

pub(super) struct Lines(pub(super) TcpListener);

impl Listener for Lines {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Nagle's delay would blur the configured latency; failing to switch it off is harmless.
        stream.set_nodelay(true).ok();
        (Wire { stream, line: Line::default() }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

pub(super) struct Wire {
    stream: TcpStream,
    line: Line,
}

impl Wire {
    fn closed<T>(&self) -> io::Result<T> {
        if self.line.0.load(Ordering::Acquire) == RESET {
            // Dropping it then sends a reset. Where that cannot be had, it closes as any other.
            self.stream.set_zero_linger().ok();
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.line.0.load(Ordering::Acquire) {
            OPEN => Pin::new(&mut self.stream).poll_write(cx, bytes),
            NONSENSE => {
                std::task::ready!(Pin::new(&mut self.stream).poll_write(cx, NO_HTTP))?;
                self.line.cut();
                // Said to be written, and never sent.
                Poll::Ready(Ok(bytes.len()))
            }
            _ => Poll::Ready(self.closed()),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.line.0.load(Ordering::Acquire) {
            OPEN | NONSENSE => Pin::new(&mut self.stream).poll_flush(cx),
            _ => Poll::Ready(self.closed()),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
