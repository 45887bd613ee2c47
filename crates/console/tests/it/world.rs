//! The gateway with the console behind it, and requests to it as browsers send them.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, body::Body, extract::ConnectInfo};
use boot::{Health, Host};
use gateway::{Config, Deps};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use kernel::Clock;
use tower::ServiceExt;
use uuid::Uuid;
use wire::{
    Mesh, Peers,
    identity::{ServiceKey, Trust},
    provisioning::v1::Client,
    user::v1::{EmailChangeLetter, Invitation},
};

use crate::fakes::{self, State};

/// What a page must not do anything with.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\" onload=\"x";

pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) state: Arc<State>,
    _host: Host,
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
        let key = ServiceKey::generate("gateway").expect("a key");
        let trust = Trust::default();
        trust.believe("gateway", key.public()).expect("a public key");
        let (peers, state, host) = (Peers::default(), Arc::<State>::default(), Host::new());
        fakes::settle(&peers, &trust, &state);
        let mesh = Mesh::new(key, peers);
        let deps = Deps {
            mesh: mesh.clone(),
            clock: Clock::system(),
            health: Health::new(&host),
            nats: None,
            callers: gateway::Callers::default(),
        };
        let proxies = vec!["10.0.0.0/8".parse().expect("a network")];
        let config = Config { trusted_proxies: proxies, ..Config::default() };
        let router = gateway::router(&config, deps, &host, console::router(mesh));
        *state.invitation.lock().expect("invitation") = invitation("en");
        *state.letter.lock().expect("letter") = letter();
        Self { router, state, _host: host }
    }

    pub(crate) fn put(&self, clients: impl IntoIterator<Item = Client>) {
        self.state.clients.lock().expect("clients").extend(clients);
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
        let request = Request::builder().method(method).uri(target);
        let request = request.header("host", "localhost:8080").header("accept", "text/html");
        Self { request, body: Body::empty(), peer: ([203, 0, 113, 7], 4000).into() }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A form of our own page.
    pub(crate) fn post(target: &str, form: &str) -> Self {
        let mut ask = Self::new("POST", target)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        ask.body = form.to_owned().into();
        ask
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// At another host.
    pub(crate) fn host(mut self, host: &'static str) -> Self {
        let headers = self.request.headers_mut().expect("a request");
        headers.insert("host", http::HeaderValue::from_static(host));
        self
    }

    pub(crate) fn operator(self) -> Self {
        self.header("cookie", "usher=operator-token")
    }

    pub(crate) fn member(self) -> Self {
        self.header("cookie", "usher=member-token")
    }

    /// Through a proxy that ended TLS.
    pub(crate) fn over_tls(mut self) -> Self {
        self.peer = ([10, 0, 0, 1], 4000).into();
        self.header("x-forwarded-proto", "https").header("x-forwarded-for", "203.0.113.7")
    }

    pub(crate) async fn send(self, world: &World) -> Answer {
        let mut request = self.request.body(self.body).expect("a request");
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let response = match world.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        let cookies = self.headers.get_all("set-cookie").iter();
        cookies.filter_map(|cookie| cookie.to_str().ok()).collect()
    }

    /// Looks at what every page must be, and gives its text.
    pub(crate) fn page(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.header("content-type").starts_with("text/html"), "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("referrer-policy"), "no-referrer");
        let policy = self.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        for inline in ["<style", " style=", "<script>", " onclick=", "javascript:"] {
            assert!(!self.text.contains(inline), "the policy stops {inline}");
        }
        &self.text
    }
}

pub(crate) fn client(name: &str, stage: &str) -> Client {
    let at = |seconds| {
        let instant = jiff::Timestamp::from_second(seconds).expect("a second");
        Some(wire::timestamp(instant.into()))
    };
    Client {
        client_id: Uuid::now_v7().to_string(),
        email: format!(
            "{}@clients.example",
            name.split(' ').next().unwrap_or_default().to_lowercase()
        ),
        name: name.into(),
        role: "client".into(),
        spreadsheet_id: "1FBmANGxCWPEhjRhvqcitqBTHYXvprq3H6Hy3CA0q_VF".into(),
        wb_token_hint: "***x9aZ".into(),
        stage: stage.into(),
        reason: match stage {
            "failed" => {
                "The legacy backend refused the marketplace token: it has been revoked.".into()
            }
            _ => String::new(),
        },
        created_at: at(1_795_000_000),
        updated_at: at(1_795_000_300),
        attempts: 4,
        ..Default::default()
    }
}

fn letter() -> EmailChangeLetter {
    EmailChangeLetter {
        side: "old".into(),
        old_email: "ann@example.com".into(),
        new_email: "ann@example.org".into(),
        status: "pending".into(),
        locale: "en".into(),
        expires_at: invitation("en").expires_at,
        confirmed: false,
    }
}

pub(crate) fn invitation(locale: &str) -> Invitation {
    let at = jiff::Timestamp::from_second(1_795_000_000).expect("a second");
    Invitation {
        tenant_name: "Math & Art School".into(),
        email: "anna.petrova@clients.example".into(),
        name: "Anna Petrova".into(),
        locale: locale.into(),
        expires_at: Some(wire::timestamp(at.into())),
        needs_password: true,
        tenant_id: fakes::DEMO.into(),
        tenant_slug: "demo".into(),
    }
}
