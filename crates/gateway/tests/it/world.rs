//! A world of small services in memory behind their guards, and requests to the gateway before them.

mod counted;
mod doors;
mod fakes;
mod quotas;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use axum::{Router, body::Body, extract::ConnectInfo};
use boot::{Health, Host};
use bus::Nats;
use gateway::{Callers, Config, Deps};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use kernel::{Clock, Cx};
use serde_json::Value;
use tower::ServiceExt;
use wire::{
    Mesh, Peers,
    identity::{ServiceKey, Trust},
};

pub(crate) const ACME: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";
pub(crate) const BETA: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e2f";
pub(crate) const GONE: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e3f";
pub(crate) const ANN: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0a01";
pub(crate) const ROOT: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0a02";

/// What the services saw and how they behave.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) resolved: AtomicUsize,
    pub(crate) identified: AtomicUsize,
    pub(crate) revoked: Mutex<bool>,
    pub(crate) seen: Mutex<Vec<Cx>>,
    /// How often the settings were set.
    pub(crate) settings: AtomicI64,
    pub(crate) fail_with: Mutex<Option<tonic::Status>>,
    /// Acme's status, if it is not active.
    pub(crate) acme_is: Mutex<Option<String>>,
    /// The origins in Acme's settings.
    pub(crate) acme_allows: Mutex<Vec<String>>,
    /// What every tenant may have.
    pub(crate) limits: Mutex<Vec<wire::tenant::v1::Limit>>,
    /// Whether that is beside their plans.
    pub(crate) overridden: Mutex<bool>,
    /// The proofs that were asked about: operation and proof.
    pub(crate) proofs: Mutex<Vec<(String, String)>>,
    /// What is answered about every proof but a good one; all are right unless told.
    pub(crate) refuses_proofs: Mutex<Option<tonic::Status>>,
    /// The block list; nobody tells it unless it is set.
    pub(crate) banned: Mutex<Option<Vec<wire::auth::v1::BannedNetwork>>>,
}

pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) host: Host,
    pub(crate) peers: Peers,
    pub(crate) state: Arc<State>,
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Config::default(), Router::new())
    }

    pub(crate) fn with(config: Config, console: Router) -> Self {
        Self::meeting(config, console, None)
    }

    /// A gateway that meets others on this NATS.
    pub(crate) fn meeting(config: Config, console: Router, nats: Option<Nats>) -> Self {
        Self::at(config, console, nats, Clock::system())
    }

    /// The same, by this clock.
    pub(crate) fn at(config: Config, console: Router, nats: Option<Nats>, clock: Clock) -> Self {
        let key = ServiceKey::generate("gateway").expect("key");
        let trust = Trust::default();
        trust.believe("gateway", key.public()).expect("public key");
        let (peers, state, host) = (Peers::default(), Arc::<State>::default(), Host::new());
        fakes::settle(&peers, &trust, &state);
        let deps = Deps {
            mesh: Mesh::new(key, peers.clone()),
            clock,
            health: Health::new(&host),
            nats,
            callers: Callers::read(config.signed_callers.as_ref()).expect("callers"),
        };
        let router = gateway::router(&config, deps, &host, console);
        Self { router, host, peers, state }
    }

    /// Gives Acme another status.
    pub(crate) fn turn_acme(&self, status: &str) {
        *self.state.acme_is.lock().expect("status") = Some(status.to_owned());
    }

    pub(crate) fn last_seen(&self) -> Cx {
        self.state.seen.lock().expect("seen").last().cloned().expect("a call arrived")
    }

    pub(crate) fn resolved(&self) -> usize {
        self.state.resolved.load(Ordering::SeqCst)
    }

    pub(crate) fn identified(&self) -> usize {
        self.state.identified.load(Ordering::SeqCst)
    }
}

/// A request in the making.
pub(crate) struct Ask {
    request: http::request::Builder,
    body: Body,
    peer: SocketAddr,
}

impl Ask {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            request: Request::builder().method(method).uri(target),
            body: Body::empty(),
            peer: SocketAddr::from(([203, 0, 113, 7], 4000)),
        }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn post(target: &str, body: &Value) -> Self {
        Self::new("POST", target).header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn host(self, host: &str) -> Self {
        self.header("host", host)
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// As Ann, a member of Acme.
    pub(crate) fn ann(self) -> Self {
        self.token("ann-token")
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn from(mut self, peer: [u8; 4]) -> Self {
        self.peer = SocketAddr::from((peer, 4000));
        self
    }

    pub(crate) async fn open(self, world: &World) -> http::Response<Body> {
        let mut request = self.request.body(self.body).expect("request");
        request.extensions_mut().insert(ConnectInfo(self.peer));
        match world.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    pub(crate) async fn send(self, world: &World) -> Answer {
        let (parts, body) = self.open(world).await.into_parts();
        let bytes = body.collect().await.expect("body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).expect("text"),
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Status and stable reason of a refusal, after a look at its form.
    pub(crate) fn refusal(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(body["requestId"], self.header("x-request-id"));
        let code = body["code"].as_str().expect("code").to_owned();
        assert_eq!(body["type"], format!("urn:usher:problem:{code}"));
        assert!(body["title"].is_string() && body["detail"].is_string());
        (self.status.as_u16(), code)
    }
}

pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
