//! The client: admits a call, lets it pass the host's limits, sends it, reads the answer, and tells how it went.

use std::{collections::BTreeSet, error::Error, fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use kernel::{Clock, TenantId};
use reqwest::{Client, Response, StatusCode, Url, dns::Resolve, header::RETRY_AFTER, redirect};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span, field};

use crate::{
    Answer, BadSetup, Call, Fault, Kind, Limits, Reach, Trusted,
    breaker::Outcome,
    guard::{self, Guard, Target},
    hosts::{Hosts, Opened, Went},
    names::{NotPublic, Public, Unknown},
    pace::Buckets,
    retry_after, trace,
};

/// The way outside; clones share connections, limits and breakers.
#[derive(Clone)]
pub struct Outbound {
    shared: Arc<Shared>,
    guard: Guard,
    tenant: Option<TenantId>,
}

struct Shared {
    /// Resolves names to public addresses only.
    public: Client,
    /// Takes the address of a trusted host as it is.
    trusted: Client,
    hosts: Hosts,
    buckets: Buckets,
    clock: Clock,
}

impl Outbound {
    /// A client over this resolver, which is the machine's own wherever [`Config::build`](crate::Config::build) makes it.
    ///
    /// # Errors
    /// [`BadSetup`] where the machine gives no TLS.
    pub fn assemble(
        trusted: Vec<Trusted>,
        ports: BTreeSet<u16>,
        limits: Limits,
        resolver: Arc<dyn Resolve>,
        clock: Clock,
    ) -> Result<Self, BadSetup> {
        let client = |resolver: Arc<dyn Resolve>| {
            Client::builder()
                .dns_resolver(resolver)
                .connect_timeout(limits.connect)
                .redirect(redirect::Policy::none())
                .no_proxy()
                .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(BadSetup)
        };
        let shared = Shared {
            public: client(Arc::new(Public(resolver.clone())))?,
            trusted: client(resolver)?,
            hosts: Hosts::new(limits, clock.clone()),
            buckets: Buckets::default(),
            clock,
        };
        let guard = Guard { trusted, ports };
        Ok(Self { shared: Arc::new(shared), guard, tenant: None })
    }

    /// The same client, which also calls the host and port of an address that the operator has configured. Never for an
    /// address that a tenant has given.
    #[must_use]
    pub fn trusting(&self, url: &Url) -> Self {
        let mut guard = self.guard.clone();
        guard.trusted.extend(Trusted::of(url));
        Self { shared: self.shared.clone(), guard, tenant: self.tenant }
    }

    /// The same client, for calls on behalf of this tenant: what a host answers badly is held against the tenant's own
    /// calls, so that they alone pause, and a host that cannot be reached is left alone by everybody.
    #[must_use]
    pub fn on_behalf_of(&self, tenant: TenantId) -> Self {
        Self { tenant: Some(tenant), ..self.clone() }
    }

    /// Says whether an address may be called, as far as can be known before its name is resolved: for whoever takes one
    /// from a tenant.
    ///
    /// # Errors
    /// The [`Fault`] that a call would end with.
    pub fn admits(&self, url: &Url) -> Result<(), Fault> {
        self.guard.admit(url).map(drop)
    }

    /// Lets no call draw from this bucket for a while, since the other side has asked for a pause.
    pub fn hold(&self, key: &str, pause: Duration) {
        self.shared.buckets.hold(key, self.shared.clock.now(), pause);
    }

    /// Makes a call, once.
    ///
    /// # Errors
    /// A [`Fault`] where there is no whole answer, or where it is a redirect.
    pub async fn send(&self, call: Call) -> Result<Answer, Fault> {
        let span = tracing::info_span!(
            "outbound.call",
            otel.kind = "client",
            connector = call.connector,
            operation = call.operation,
            server.address = field::Empty,
            server.port = field::Empty,
            http.request.method = %call.method,
            http.response.status_code = field::Empty,
            outcome = field::Empty,
        );
        let (connector, operation) = (call.connector, call.operation);
        let begun = Instant::now();
        let (reach, answer) = async {
            match self.guard.admit(&call.url) {
                Ok(target) => {
                    let span = Span::current();
                    span.record("server.address", &target.host).record("server.port", target.port);
                    (target.reach.as_str(), self.pass(call, &target).await)
                }
                Err(fault) => ("none", Err(fault)),
            }
        }
        .instrument(span.clone())
        .await;
        let outcome = answer.as_ref().map_or_else(|fault| fault.kind.as_str(), outcome_of);
        span.record("outcome", outcome);
        metrics::counter!("usher_outbound_calls_total", "connector" => connector,
            "operation" => operation, "reach" => reach, "outcome" => outcome)
        .increment(1);
        metrics::histogram!("usher_outbound_call_seconds", "connector" => connector, "reach" => reach)
            .record(begun.elapsed().as_secs_f64());
        answer
    }

    /// Within the host's limits and the call's deadline.
    async fn pass(&self, call: Call, target: &Target) -> Result<Answer, Fault> {
        let until = Instant::now() + call.deadline;
        let way = self.shared.hosts.to(target, self.tenant);
        // A host that is left alone costs nobody a turn.
        if let Some(left) = self.shared.hosts.left_alone(&way) {
            return Err(left_alone(target, left));
        }
        // Turns are waited for without a seat: a busy chat must not keep others from its host.
        self.wait_turn(&call, until).await?;
        let seat = timeout_at(until, way.host.seats.acquire()).await;
        let Ok(Ok(_seat)) = seat else {
            return Err(Fault::away(
                Kind::Paced,
                format!("All calls to {} that are allowed at a time are under way.", target.host),
            ));
        };
        // Asked last, so that whoever waits for a turn or a seat is no probe.
        let passed = self.shared.hosts.pass(&way).map_err(|left| left_alone(target, left))?;
        let connector = call.connector;
        let answer = timeout_at(until, self.exchange(call, target)).await;
        let answer = answer.unwrap_or_else(|_| Err(timed_out(target)));
        if let Some(opened) = passed.learn(went(&answer)) {
            let of = match opened {
                Opened::Host => "host",
                Opened::Tenant => "tenant",
            };
            let tenant = self.tenant.map(|tenant| tenant.to_string());
            tracing::warn!(
                connector,
                host = target.host,
                of,
                tenant.id = tenant,
                "calls fail too often and pause"
            );
            metrics::counter!("usher_outbound_breaker_opened_total", "connector" => connector,
                "reach" => target.reach.as_str(), "of" => of)
            .increment(1);
        }
        answer
    }

    /// Waits until every bucket gives a token, where that is in time.
    async fn wait_turn(&self, call: &Call, until: Instant) -> Result<(), Fault> {
        if call.paces.is_empty() {
            return Ok(());
        }
        let patience = until.saturating_duration_since(Instant::now());
        match self.shared.buckets.take(&call.paces, self.shared.clock.now(), patience) {
            Ok(wait) => {
                tokio::time::sleep(wait).await;
                Ok(())
            }
            Err(wait) => {
                let told = format!("The turn of this call comes in {} ms only.", wait.as_millis());
                Err(Fault::away(Kind::Paced, told).retry_after(Some(wait)))
            }
        }
    }

    async fn exchange(&self, call: Call, target: &Target) -> Result<Answer, Fault> {
        let client = match target.reach {
            Reach::Public => &self.shared.public,
            Reach::Trusted => &self.shared.trusted,
        };
        let most = call.most;
        let request = client
            .request(call.method, call.url)
            .headers(call.headers)
            .headers(trace::headers(&Span::current()))
            .body(call.body);
        let response = request.send().await.map_err(|error| failed(error, target))?;
        let status = response.status();
        Span::current().record("http.response.status_code", status.as_u16());
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(redirected(status, target));
        }
        let headers = response.headers().clone();
        let retry_after = headers
            .get(RETRY_AFTER)
            .and_then(|value| retry_after::parse(value.to_str().ok()?, self.shared.clock.now()));
        let body = read(response, most, target).await?;
        Ok(Answer { status, headers, body, retry_after })
    }
}

/// Says nothing of connections.
impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("guard", &self.guard).finish_non_exhaustive()
    }
}

/// The body, refused as soon as it grows too long.
async fn read(mut response: Response, most: usize, target: &Target) -> Result<Bytes, Fault> {
    let too_long = || {
        let told = format!("The answer of {} is longer than {most} bytes.", target.host);
        Fault::new(Kind::AnswerTooLong, "The other side's answer cannot be understood.", told)
    };
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(too_long());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(error, target))? {
        if body.len() + chunk.len() > most {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What the breakers learn from the end of a call. A host that cannot be reached, or breaks off, is bad for all; what it
/// answers, or fails to answer in time, may be due to what this tenant has asked.
fn went(answer: &Result<Answer, Fault>) -> Went {
    let (host, own) = match answer {
        Ok(answer) if answer.status.is_server_error() => (Outcome::Well, Outcome::Badly),
        Ok(_) => (Outcome::Well, Outcome::Well),
        Err(fault) => match fault.kind {
            Kind::Redirected | Kind::AnswerTooLong => (Outcome::Well, Outcome::Well),
            Kind::AddressForbidden | Kind::Unsendable => (Outcome::Unknown, Outcome::Unknown),
            // The connection stood, as far as can be known.
            Kind::TimedOut => (Outcome::Unknown, Outcome::Badly),
            _ => (Outcome::Badly, Outcome::Unknown),
        },
    };
    Went { host, own }
}

fn outcome_of(answer: &Answer) -> &'static str {
    match answer.status.as_u16() {
        429 => "429",
        400..=499 => "4xx",
        500.. => "5xx",
        _ => "ok",
    }
}

fn left_alone(target: &Target, left: Duration) -> Fault {
    let left_ms = left.as_millis();
    let told = format!("{} failed too often and is left alone for {left_ms} ms more.", target.host);
    Fault::away(Kind::BreakerOpen, told).retry_after(Some(left))
}

fn timed_out(target: &Target) -> Fault {
    Fault::away(Kind::TimedOut, format!("No whole answer came from {} in time.", target.host))
}

fn redirected(status: StatusCode, target: &Target) -> Fault {
    Fault::new(
        Kind::Redirected,
        "The address answers with a redirect, which is not followed; give the address that it leads to.",
        format!("{} answered with a redirect (HTTP {}).", target.host, status.as_u16()),
    )
}

/// What the client's failure means; told without the address, which may hold credentials.
fn failed(error: reqwest::Error, target: &Target) -> Fault {
    let error = error.without_url();
    let (never_sent, too_late) = (error.is_connect(), error.is_timeout());
    let is_ours = error.is_builder();
    let mut cause: &(dyn Error + 'static) = &error;
    loop {
        if let Some(NotPublic(address)) = cause.downcast_ref() {
            return guard::inside(*address);
        }
        if cause.is::<Unknown>() {
            return Fault::away(Kind::HostUnknown, format!("{}: {cause}.", target.host));
        }
        if let Some(rustls::Error::InvalidCertificate(problem)) = cause.downcast_ref() {
            return Fault::new(
                Kind::CertificateRefused,
                "The other side's certificate does not hold; whoever runs it has to mend that.",
                format!("The certificate of {} does not hold: {problem}.", target.host),
            );
        }
        let Some(next) = inner(cause) else { break };
        cause = next;
    }
    let told = |what: &str| format!("{what} {}: {cause}.", target.host);
    if is_ours {
        return Fault::new(
            Kind::Unsendable,
            "An unexpected error occurred on our side.",
            told("No request could be made for"),
        );
    }
    match (never_sent, too_late) {
        (true, _) => Fault::away(Kind::Unreachable, told("No connection to")),
        (false, true) => timed_out(target),
        (false, false) => Fault::away(Kind::ConnectionLost, told("The connection broke with")),
    }
}

/// The next cause; an I/O error shows what it holds, not what holds it.
fn inner<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let io = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match io {
        Some(held) => Some(held),
        None => cause.source(),
    }
}
