//! The one layer in front of every service: verifies who calls, enforces the method's rule, and hands the op its context.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use kernel::{
    Actor, Code, Credential, Cx, Flags, Passport, SessionId, TenantId, Timestamp, UserId,
};
use tokio::sync::mpsc;
use tonic::{Status, body::Body, service::Routes};
use tower::Service;
use tracing::Instrument;

use crate::{
    identity::{PassportClaims, Trust},
    metadata,
    rule::v1::{Rule, Scope},
    rules,
    status::plain,
    trusted::{self, Trusted},
};

/// The longest a call may take when its caller names no deadline.
const LONGEST: Duration = Duration::from_secs(30);

/// Verifies callers of one service.
#[derive(Clone, Debug)]
pub struct Guard {
    me: &'static str,
    trust: Trust,
    /// Where calls are told that only the platform's trust let in.
    journal: Option<mpsc::Sender<Trusted>>,
}

/// A service's routes behind its guard.
#[derive(Clone, Debug)]
pub struct Guarded {
    guard: Guard,
    routes: Routes,
}

/// The context that the guard made; every RPC body begins with it.
///
/// # Errors
/// `INTERNAL` when the service was built without its guard.
pub fn cx<T>(request: &tonic::Request<T>) -> Result<Cx, Status> {
    let known = request.extensions().get::<Cx>().cloned();
    known.ok_or_else(|| plain(Code::Internal, "unguarded", "The service runs without its guard."))
}

impl Guard {
    /// A guard for the service `me`.
    ///
    /// # Errors
    /// [`rules::Unruled`] when a method of the service has no rule: such a server must not start.
    pub fn new(me: &'static str, trust: Trust) -> Result<Self, rules::Unruled> {
        rules::check(&format!("usher.{me}.v1"))?;
        Ok(Self { me, trust, journal: None })
    }

    /// Tells of calls that only the platform's trust let in and that leave no audit row of their own.
    #[must_use]
    pub fn telling(self, journal: mpsc::Sender<Trusted>) -> Self {
        Self { journal: Some(journal), ..self }
    }

    /// Puts the guard before `routes`.
    #[must_use]
    pub fn protect(self, routes: Routes) -> Guarded {
        Guarded { guard: self, routes: routes.prepare() }
    }

    /// Who calls, and whether the rule lets them.
    fn admit(&self, path: &str, headers: &HeaderMap) -> Result<Cx, Status> {
        let rule = rules::of(path)
            .ok_or_else(|| plain(Code::NotFound, "unknown_method", "There is no such method."))?;
        let caller = self.caller(headers)?;
        let mut cx = self.context(headers, caller)?;
        permit(rule, &cx)?;
        cx.flags.by_trust = is_by_trust(rule, &cx);
        if cx.flags.by_trust {
            trusted::tell(self.journal.as_ref(), rule, &cx, path)?;
        }
        let held = cx.flags.of_tenant && !rules::is_of_tenant(rule);
        if rule.public && (held || cx.flags.credential == Credential::Delegated) {
            // Whoever acts for a person as somebody would who is signed in has to be that person, in all of their account.
            cx.actor = Actor::Anonymous;
            cx.passport = None;
            cx.permissions = Arc::default();
        }
        Ok(cx)
    }

    fn caller(&self, headers: &HeaderMap) -> Result<String, Status> {
        let token = metadata::text(headers, &metadata::SERVICE).unwrap_or_default();
        let claims = self.trust.service(&token, self.me).map_err(|problem| {
            tracing::warn!(callee = self.me, %problem, "a caller did not prove which service it is");
            plain(Code::Unauthenticated, "unknown_service", "The calling service is not known here.")
        })?;
        Ok(claims.iss.clone())
    }

    fn context(&self, headers: &HeaderMap, caller: String) -> Result<Cx, Status> {
        let text = |name| metadata::text(headers, &name);
        let passport = text(metadata::PASSPORT);
        let person = passport.as_deref().map(|token| self.trust.passport(token)).transpose();
        let person = person.map_err(|problem| {
            tracing::warn!(callee = self.me, %problem, "a passport did not hold");
            plain(Code::Unauthenticated, "bad_passport", "The caller's identity does not hold.")
        })?;
        let tenant = text(metadata::TENANT).map(|id| TenantId::parse(&id)).transpose();
        let tenant = tenant.map_err(|_| disagreement())?;
        let mut cx = Cx {
            actor: Actor::Service(caller.clone()),
            caller: Some(caller),
            passport: passport.as_deref().map(Passport::new),
            tenant,
            permissions: Arc::default(),
            flags: Flags::default(),
            request_id: text(metadata::REQUEST_ID).unwrap_or_default(),
            traceparent: None,
            cause: None,
            idempotency_key: text(metadata::IDEMPOTENCY_KEY),
            ip: text(metadata::CLIENT_IP),
            user_agent: text(metadata::USER_AGENT),
            deadline: Some(Timestamp::from(jiff::Timestamp::now()).after(timeout(headers))),
        };
        match person {
            Some(person) => adopt_person(&mut cx, &person)?,
            // The gateway never acts for itself: without a passport it speaks for nobody.
            None if cx.caller.as_deref() == Some(crate::identity::GATEWAY) => {
                cx.actor = Actor::Anonymous
            }
            None => {}
        }
        Ok(cx)
    }
}

fn disagreement() -> Status {
    plain(Code::Denied, "tenant_mismatch", "The call names a tenant that its identity does not.")
}

fn adopt_person(cx: &mut Cx, person: &PassportClaims) -> Result<(), Status> {
    let malformed =
        || plain(Code::Unauthenticated, "bad_passport", "The caller's identity does not hold.");
    let tenant = person.tid.as_deref().map(TenantId::parse).transpose().map_err(|_| malformed())?;
    if tenant != cx.tenant {
        return Err(disagreement());
    }
    cx.actor = Actor::User {
        id: UserId::parse(&person.sub).map_err(|_| malformed())?,
        session: SessionId::parse(&person.sid).map_err(|_| malformed())?,
    };
    cx.permissions = Arc::new(person.perms.iter().cloned().collect::<BTreeSet<_>>());
    cx.flags = Flags {
        suspended: person.suspended,
        system_admin: person.system_admin,
        credential: person.credential,
        of_tenant: person.of_tenant,
        by_trust: false,
    };
    Ok(())
}

/// Enforces the rule.
fn permit(rule: &Rule, cx: &Cx) -> Result<(), Status> {
    if rule.scope() == Scope::Unspecified && cx.tenant.is_none() {
        let message = "Name the tenant: by its host, by /t/<slug>, or by X-Tenant-ID.";
        return Err(plain(Code::Invalid, "tenant_required", message));
    }
    if rule.public {
        return Ok(());
    }
    match &cx.actor {
        Actor::Service(name) if rule.services.contains(name) => Ok(()),
        Actor::User { .. } if cx.flags.suspended => {
            Err(plain(Code::Denied, "suspended", "This account is suspended."))
        }
        Actor::User { .. } if cx.flags.of_tenant && !rules::is_of_tenant(rule) => {
            let message = "Sign in to your account: this session is of its workspace alone.";
            Err(plain(Code::Denied, "session_required", message))
        }
        Actor::User { .. } if rule.signed_in => of_person(cx),
        Actor::User { .. } if !rule.permission.is_empty() && cx.may(&rule.permission) => {
            if rules::is_of_tenant(rule) {
                Ok(())
            } else {
                of_person(cx)
            }
        }
        // What the gateway asks before it knows a person; such methods have no route from outside.
        Actor::Anonymous if names_caller(rule, cx) => Ok(()),
        Actor::Anonymous => {
            Err(plain(Code::Unauthenticated, "sign_in_required", "Sign in to do this."))
        }
        _ => Err(plain(Code::Denied, "permission_denied", "You may not do this.")),
    }
}

/// Whether the rule lets the call in by nothing but the platform's trust in the person.
fn is_by_trust(rule: &Rule, cx: &Cx) -> bool {
    let asks_more = !rule.public && !rule.signed_in && cx.user().is_some();
    asks_more && cx.may_by_trust(&rule.permission)
}

/// Lets in whoever is signed in themselves: neither a key nor an app acts on an account.
fn of_person(cx: &Cx) -> Result<(), Status> {
    if cx.flags.credential != Credential::Delegated {
        return Ok(());
    }
    let message = "Sign in yourself to do this: an API key or an app's token does not suffice.";
    Err(plain(Code::Denied, "session_required", message))
}

/// Whether the rule names the service that calls.
fn names_caller(rule: &Rule, cx: &Cx) -> bool {
    let mut names = rule.services.iter();
    names.any(|name| cx.caller.as_ref() == Some(name))
}

/// The caller's `grpc-timeout` (gRPC over HTTP/2 specification), within [`LONGEST`].
fn timeout(headers: &HeaderMap) -> Duration {
    let parse = || {
        let text = headers.get("grpc-timeout")?.to_str().ok()?;
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let number: u64 = number.parse().ok()?;
        Some(match unit {
            "H" => Duration::from_secs(number.checked_mul(3600)?),
            "M" => Duration::from_secs(number.checked_mul(60)?),
            "S" => Duration::from_secs(number),
            "m" => Duration::from_millis(number),
            "u" => Duration::from_micros(number),
            "n" => Duration::from_nanos(number),
            _ => return None,
        })
    };
    parse().unwrap_or(LONGEST).min(LONGEST)
}

impl Service<Request<Body>> for Guarded {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Routes are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let started = Instant::now();
        let path = request.uri().path().to_owned();
        let span = tracing::info_span!(
            "rpc",
            otel.name = path,
            otel.kind = "server",
            tenant.id = tracing::field::Empty,
            request.id = tracing::field::Empty,
            actor.id = tracing::field::Empty,
        );
        metadata::adopt(&span, request.headers());
        let me = self.guard.me;
        let admitted = span.in_scope(|| self.guard.admit(&path, request.headers()));
        let limit = timeout(request.headers());
        let mut routes = self.routes.clone();
        let work = async move {
            let response = match admitted {
                Err(status) => status.into_http(),
                Ok(mut cx) => {
                    describe(&cx);
                    cx.traceparent = metadata::traceparent(&tracing::Span::current());
                    request.extensions_mut().insert(cx);
                    match tokio::time::timeout(limit, routes.call(request)).await {
                        Ok(Ok(response)) => response,
                        Ok(Err(never)) => match never {},
                        Err(_) => plain(Code::Timeout, "deadline_exceeded", "It took too long.")
                            .into_http(),
                    }
                }
            };
            count(me, &path, &response, started);
            Ok(response)
        };
        Box::pin(work.instrument(span))
    }
}

fn describe(cx: &Cx) {
    let span = tracing::Span::current();
    if let Some(tenant) = cx.tenant {
        span.record("tenant.id", tracing::field::display(tenant));
    }
    span.record("request.id", &cx.request_id);
    span.record("actor.id", cx.actor.label());
}

fn count(me: &'static str, path: &str, response: &Response<Body>, started: Instant) {
    let code = Status::from_header_map(response.headers()).map_or(tonic::Code::Ok, |s| s.code());
    let method = path.rsplit('/').next().unwrap_or_default().to_owned();
    let known = rules::of(path).is_some();
    let labels = [
        ("service", me.to_owned()),
        ("method", if known { method } else { "unknown".into() }),
        ("code", format!("{code:?}")),
    ];
    metrics::histogram!("usher_rpc_duration_seconds", &labels)
        .record(started.elapsed().as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{GATEWAY, ServiceKey};

    const HERE: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";
    const SUSPEND: &str = "/usher.tenant.v1.LifeCycles/SuspendTenant";
    const ACCEPT: &str = "/usher.user.v1.Invites/AcceptInvitation";
    const MEMBERS: &str = "/usher.user.v1.People/ListMembers";

    /// Somebody in a tenant who holds what the method asks for.
    fn holder(path: &'static str, shown: Credential, of_tenant: bool) -> PassportClaims {
        PassportClaims {
            iss: String::new(),
            aud: String::new(),
            exp: 0,
            sub: HERE.into(),
            sid: HERE.into(),
            tid: Some(HERE.into()),
            perms: vec![rules::of(path).expect("ruled").permission.clone()],
            epoch: 1,
            suspended: false,
            system_admin: false,
            credential: shown,
            of_tenant,
        }
    }

    /// What the guard makes of the gateway's call for them.
    fn admitted(path: &'static str, shown: Credential, of_tenant: bool) -> Result<Cx, String> {
        admitted_as(path, holder(path, shown, of_tenant), None)
    }

    fn admitted_as(
        path: &'static str,
        claims: PassportClaims,
        journal: Option<mpsc::Sender<Trusted>>,
    ) -> Result<Cx, String> {
        let me = path.split('.').nth(1).expect("a service");
        let (key, trust) = (ServiceKey::generate(GATEWAY).expect("a key"), Trust::default());
        trust.believe(GATEWAY, key.public()).expect("a public key");
        let (token, passport) = (key.token_for(me), key.passport(claims));
        let mut headers = HeaderMap::new();
        metadata::set(&mut headers, metadata::SERVICE, &token.expect("a token"));
        metadata::set(&mut headers, metadata::PASSPORT, &passport.expect("a passport"));
        metadata::set(&mut headers, metadata::TENANT, HERE);
        let guard = Guard { journal, ..Guard::new(me, trust).expect("ruled") };
        guard.admit(path, &headers).map_err(|status| crate::code_of(&status).reason)
    }

    #[test]
    fn what_only_the_platforms_trust_lets_in_is_marked_and_told_where_nothing_else_tells_it() {
        let trusted = |path| PassportClaims {
            perms: Vec::new(),
            system_admin: true,
            ..holder(path, Credential::Session, false)
        };
        let (tell, mut told) = mpsc::channel(1);
        let marked = |path, claims| {
            admitted_as(path, claims, Some(tell.clone())).expect("is let in").flags.by_trust
        };
        assert!(marked(SUSPEND, trusted(SUSPEND)), "audited with its change");
        assert!(told.try_recv().is_err());
        assert!(marked(MEMBERS, trusted(MEMBERS)));
        let call = told.try_recv().expect("a read is told");
        assert_eq!((call.method.as_str(), call.cx.user().is_some()), (MEMBERS, true));
        let held =
            PassportClaims { system_admin: true, ..holder(MEMBERS, Credential::Session, false) };
        assert!(!marked(MEMBERS, held), "a permission was given");
        for path in [ACCEPT, "/usher.user.v1.People/GetMe"] {
            assert!(!marked(path, trusted(path)), "{path} asks for no permission");
        }
        assert!(told.try_recv().is_err());
        assert!(marked(MEMBERS, trusted(MEMBERS)), "the journal is full now");
        let unwritten = admitted_as(MEMBERS, trusted(MEMBERS), Some(tell.clone()));
        assert_eq!(unwritten.expect_err("would stand in no audit"), "audit_behind");
        assert!(marked(SUSPEND, trusted(SUSPEND)), "audited with its change");
        drop(told);
        let unheard = admitted_as(MEMBERS, trusted(MEMBERS), Some(tell.clone()));
        assert_eq!(unheard.expect_err("nobody writes it"), "audit_behind");
    }

    #[test]
    fn software_acts_in_its_tenant_and_never_on_the_platform() {
        assert!(admitted(SUSPEND, Credential::Session, false).is_ok());
        let refused = admitted(SUSPEND, Credential::Delegated, false);
        assert_eq!(refused.expect_err("is the platform's"), "session_required");
        assert!(admitted(MEMBERS, Credential::Delegated, false).is_ok());
    }

    #[test]
    fn for_whom_a_tenant_vouches_is_held_to_it() {
        for path in [
            SUSPEND,
            "/usher.auth.v1.Sessions/ListSessions",
            "/usher.auth.v1.Sessions/EndAllSessions",
            "/usher.user.v1.Profiles/UpdateProfile",
            "/usher.user.v1.Joining/JoinTenant",
        ] {
            for shown in [Credential::Session, Credential::Token] {
                let refused = admitted(path, shown, true).expect_err("is of the account");
                assert_eq!(refused, "session_required", "{path}");
            }
        }
        for path in [MEMBERS, "/usher.auth.v1.Sessions/EndSession", "/usher.user.v1.People/GetMe"] {
            assert!(admitted(path, Credential::Session, true).expect("is let in").flags.of_tenant);
        }
    }

    #[test]
    fn who_is_not_all_of_a_person_is_nobody_where_anyone_may_call() {
        for (shown, of_tenant) in [(Credential::Delegated, false), (Credential::Session, true)] {
            let cx = admitted(ACCEPT, shown, of_tenant).expect("is public");
            assert_eq!(cx.actor, Actor::Anonymous);
            assert!(cx.passport.is_none() && cx.permissions.is_empty());
        }
        let own = admitted(ACCEPT, Credential::Session, false).expect("is public");
        assert!(own.user().is_some() && own.passport.is_some());
    }
}
