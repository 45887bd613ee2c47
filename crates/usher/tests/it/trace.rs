//! One trace from the accepted invitation to the call of the legacy backend, through every kind of hop.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, body::Bytes, http::header::CONTENT_TYPE};
use boot::{Door, Host, Listener};
use prost::Message;
use testkit::{Database, MASTER_KEY, Stream, servers};
use tokio::process::Command;

/// What every such trace holds: the door, an RPC, SQL, the bus, a job's step, and the call outside.
const HOPS: [&str; 6] = [
    "POST /v1/invitations/{token}/accept",
    "/usher.user.v1.Invites/AcceptInvitation",
    "pg.tx",
    "bus.consume",
    "jobs.step",
    "outbound.call",
];

/// The parts of OTLP's ExportTraceServiceRequest that are looked at (opentelemetry-proto, trace/v1).
#[derive(Clone, PartialEq, Message)]
struct Export {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<Resource>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<Scope>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
}

/// The names of the spans of each trace.
type Traces = Arc<Mutex<BTreeMap<Vec<u8>, BTreeSet<String>>>>;

async fn collector(host: &Host) -> (Traces, SocketAddr) {
    let traces = Traces::default();
    let sink = traces.clone();
    let router = Router::new().fallback(async move |body: Bytes| {
        // Behind the five bytes that frame a gRPC message.
        let export = Export::decode(body.get(5..).unwrap_or_default()).expect("an export");
        let mut traces = sink.lock().unwrap_or_else(PoisonError::into_inner);
        let scopes = export.resources.into_iter().flat_map(|resource| resource.scopes);
        for span in scopes.flat_map(|scope| scope.spans) {
            traces.entry(span.trace_id).or_default().insert(span.name);
        }
        [(CONTENT_TYPE.as_str(), "application/grpc"), ("grpc-status", "0")]
    });
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = Listener::bind(Door::Grpc, any).await.expect("a port");
    let address = listener.address();
    boot::listen::serve(listener, router, host);
    (traces, address)
}

#[tokio::test]
async fn one_trace_leads_from_the_accepted_invitation_to_the_call_of_the_backend() {
    let host = Host::new();
    let (traces, address) = collector(&host).await;
    let (database, stream) = (Database::empty().await, Stream::new().await);
    let folder = tempfile::tempdir().expect("a folder");
    let ended = Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["dev", "--port", "0", "--sample", "--exit", "--data"])
        .arg(folder.path())
        .env("USHER_OTLP_ENDPOINT", format!("http://{address}"))
        .env("DATABASE_URL", database.url())
        .env("NATS_URL", &servers().await.nats_url)
        .env("USHER_STREAM", &stream.place().name)
        .env("USHER_MASTER_KEY", MASTER_KEY)
        .env("USHER_DATABASE_CONNECTIONS", "4")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("usher runs");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let traces = traces.lock().unwrap_or_else(PoisonError::into_inner);
    let whole = traces.values().filter(|names| HOPS.iter().all(|hop| names.contains(*hop))).count();
    let accepting: Vec<_> =
        traces.values().filter(|names| names.contains(HOPS[0])).take(2).collect();
    assert_eq!(whole, 22, "of {} traces, such as {accepting:#?}", traces.len());
}
