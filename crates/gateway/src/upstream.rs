//! Calling any method of the contract with messages that are still bytes.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use kernel::Cx;
use tonic::{
    Status, Streaming,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};
use wire::Mesh;

/// How long a call may take. A little more than what services allow themselves, so that their answer is the one told.
const PATIENCE: Duration = Duration::from_secs(31);

/// Calls a method that answers once.
pub(crate) async fn call(
    mesh: &Mesh,
    service: &'static str,
    path: PathAndQuery,
    cx: &Cx,
    message: Bytes,
) -> Result<Bytes, Status> {
    let mut client = Grpc::new(mesh.to(service));
    let answer = client.unary(wire::call(cx, message), path, Raw);
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => Ok(answer?.into_inner()),
        Err(_) => Err(Status::deadline_exceeded("no answer")),
    }
}

/// Calls a method that answers many times.
pub(crate) async fn stream(
    mesh: &Mesh,
    service: &'static str,
    path: PathAndQuery,
    cx: &Cx,
    message: Bytes,
) -> Result<Streaming<Bytes>, Status> {
    let mut client = Grpc::new(mesh.to(service));
    let answer = client.server_streaming(wire::call(cx, message), path, Raw);
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => Ok(answer?.into_inner()),
        Err(_) => Err(Status::deadline_exceeded("no answer")),
    }
}

/// Messages as bytes.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
