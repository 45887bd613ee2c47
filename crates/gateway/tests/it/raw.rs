//! The gateway behind a real listener, spoken to byte by byte: what no well-behaved client would send.

use std::{net::SocketAddr, time::Duration};

use boot::{Door, Listener, listen};
use gateway::Config;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::world::World;

/// A server that says nothing for so long has failed the test.
const PATIENCE: Duration = Duration::from_secs(120);

/// A listening gateway.
pub(crate) struct Open {
    pub(crate) world: World,
    pub(crate) address: SocketAddr,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// An answer with this status and, where it is a problem of ours, its code.
    Status(u16, Option<String>),
    /// The connection, or the HTTP/2 stream, ended without an answer.
    Closed,
}

impl Reply {
    /// Whether the request was refused: with a status of 400 to 499, or without an answer at all.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Closed | Self::Status(400..=499, _))
    }

    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Status(_, code) => code.as_deref(),
            Self::Closed => None,
        }
    }
}

impl Open {
    pub(crate) async fn new(config: Config) -> Self {
        let world = World::with(config, axum::Router::new());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(Door::Public, any).await.expect("a free port");
        let address = listener.address();
        listen::serve(listener, world.router.clone(), &world.host);
        Self { world, address }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("the listener takes connections")
    }

    /// Sends the bytes on a connection of its own and reads the first answer.
    pub(crate) async fn h1(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect().await;
        // A server may refuse before it has read everything.
        let _ = stream.write_all(bytes).await;
        first_answer(&mut stream).await
    }

    /// One HTTP/2 request of these fields, in this order and as they are.
    pub(crate) async fn h2(&self, fields: &[(&[u8], &[u8])]) -> Reply {
        let mut stream = self.connect().await;
        let mut bytes = h2::preface();
        bytes.extend(h2::frame(
            h2::HEADERS,
            h2::END_STREAM | h2::END_HEADERS,
            1,
            &h2::block(fields),
        ));
        let _ = stream.write_all(&bytes).await;
        h2::answer(&mut stream, 1).await
    }
}

/// Reads until the first answer is whole or the connection ends.
pub(crate) async fn first_answer(stream: &mut TcpStream) -> Reply {
    let mut seen = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(reply) = whole(&seen) {
            return reply;
        }
        let read = timeout(PATIENCE, stream.read(&mut piece)).await.expect("an answer or an end");
        match read {
            Ok(0) | Err(_) => return whole(&seen).unwrap_or(Reply::Closed),
            Ok(n) => seen.extend_from_slice(&piece[..n]),
        }
    }
}

/// The answer at the beginning of `seen`, once it is all there.
pub(crate) fn whole(seen: &[u8]) -> Option<Reply> {
    let end = seen.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&seen[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.get(..3)?.parse().ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(Ok(0), |length| length.trim().parse()).ok()?;
    let body = seen.get(end..end + length)?;
    Some(Reply::Status(status, code(body)))
}

fn code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Some(body["code"].as_str()?.to_owned())
}

/// As much of RFC 9113 and RFC 7541 as it takes to be unpleasant.
pub(crate) mod h2 {
    use super::{PATIENCE, Reply, code};
    use serde_json::Value;
    use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};

    pub(crate) const DATA: u8 = 0;
    pub(crate) const HEADERS: u8 = 1;
    pub(crate) const RST_STREAM: u8 = 3;
    pub(crate) const SETTINGS: u8 = 4;
    pub(crate) const PING: u8 = 6;
    pub(crate) const GOAWAY: u8 = 7;
    pub(crate) const WINDOW_UPDATE: u8 = 8;
    pub(crate) const CONTINUATION: u8 = 9;
    pub(crate) const END_STREAM: u8 = 1;
    pub(crate) const END_HEADERS: u8 = 4;

    /// The client's first bytes with empty settings.
    pub(crate) fn preface() -> Vec<u8> {
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        bytes.extend(frame(SETTINGS, 0, 0, &[]));
        bytes
    }

    /// A frame, whatever sense it makes.
    pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).expect("a frame's length").to_be_bytes();
        let mut bytes = vec![length[1], length[2], length[3], kind, flags];
        bytes.extend(stream.to_be_bytes());
        bytes.extend_from_slice(payload);
        bytes
    }

    /// Fields as literals without indexing and without Huffman's code.
    pub(crate) fn block(fields: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, value) in fields {
            bytes.push(0);
            for text in [name, value] {
                number(&mut bytes, text.len());
                bytes.extend_from_slice(text);
            }
        }
        bytes
    }

    /// An integer with a prefix of seven bits (RFC 7541, 5.1).
    pub(crate) fn number(bytes: &mut Vec<u8>, number: usize) {
        if number < 127 {
            bytes.push(u8::try_from(number).expect("small"));
            return;
        }
        bytes.push(127);
        let mut rest = number - 127;
        while rest >= 128 {
            bytes.push(u8::try_from(rest % 128).expect("small") | 128);
            rest /= 128;
        }
        bytes.push(u8::try_from(rest).expect("small"));
    }

    /// What the server says on `stream` in the end.
    pub(crate) async fn answer(connection: &mut TcpStream, stream: u32) -> Reply {
        let (mut head, mut body) = (Vec::new(), Vec::new());
        loop {
            let Some((kind, flags, at, payload)) = next(connection).await else {
                return Reply::Closed;
            };
            match (kind, at == stream) {
                (HEADERS | CONTINUATION, true) => head.extend(payload),
                (DATA, true) => body.extend(payload),
                (RST_STREAM, true) | (GOAWAY, _) => return Reply::Closed,
                _ => continue,
            }
            if kind != CONTINUATION && flags & END_STREAM != 0 {
                return read(&head, &body);
            }
        }
    }

    /// The next frame; `None` when the connection has ended.
    pub(crate) async fn next(connection: &mut TcpStream) -> Option<(u8, u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        let read = connection.read_exact(&mut head);
        timeout(PATIENCE, read).await.expect("a frame or an end").ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("a length")];
        let read = connection.read_exact(&mut payload);
        timeout(PATIENCE, read).await.expect("a frame or an end").ok()?;
        let stream = u32::from_be_bytes([head[5] & 127, head[6], head[7], head[8]]);
        Some((head[3], head[4], stream, payload))
    }

    /// The statuses that HPACK's static table knows; a problem tells its own.
    fn read(head: &[u8], body: &[u8]) -> Reply {
        let told: Option<Value> = serde_json::from_slice(body).ok();
        let told = told.and_then(|body| body["status"].as_u64());
        let known = head.iter().find_map(|byte| match byte {
            0x88 => Some(200),
            0x8c => Some(400),
            0x8d => Some(404),
            0x8e => Some(500),
            _ => None,
        });
        let status = told.and_then(|status| u16::try_from(status).ok()).or(known);
        // Any other status of a library's own is one of its refusals.
        Reply::Status(status.unwrap_or(400), code(body))
    }
}
