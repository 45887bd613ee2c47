//! The way in: from a request to the context its calls are made in. The API and the console go the same way.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use boot::Host;
use http::request::Parts;
use kernel::{Actor, Clock, Code, Cx, Flags, TenantId, Timestamp};
use wire::Mesh;

use crate::{
    Config, Deps,
    access_tokens::AccessTokens,
    bans::Bans,
    captcha,
    client::{Client, Scheme},
    config::Network,
    cors::Origins,
    credential::Credential,
    limits::{Class, KeyBudget, Limits, OpenStream, OpenStreams, Standing, Who},
    maintenance::{Maintenance, Notice},
    passport::Passports,
    problem::Problem,
    signed::{Signatures, Signed},
    tenancy::{Caller, Evidence, Named, Prefix, Tenant, Tenants, unknown},
};

/// Turns requests into contexts. Cheap to clone; stands among the extensions of every request.
#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    base_domain: String,
    proxies: Vec<Network>,
    clock: Clock,
    mesh: Mesh,
    host: Host,
    tenants: Tenants,
    passports: Passports,
    limits: Limits,
    streams: OpenStreams,
    maintenance: Maintenance,
    cors: Origins,
    bans: Bans,
    signatures: Signatures,
}

/// Whom an endpoint wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Nobody in particular: a credential is not even looked at.
    Anyone,
    /// A person, if there is one: a credential that has ended counts as none.
    Visitor,
    /// A person: whoever shows no credential that holds is refused.
    Person,
}

/// Who asks, for which tenant, as a page needs it. An extractor for the console's handlers: a visitor without a session,
/// or with one that has ended, has the actor [`Actor::Anonymous`].
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The context for `wire::call`.
    pub cx: Cx,
    /// The tenant that host or path name.
    pub tenant: Option<Arc<Tenant>>,
    /// What links begin with: `/t/<slug>` where the tenant was named by the path, else empty.
    pub prefix: String,
    /// How the visitor reached us; decides the session cookie's form.
    pub scheme: Scheme,
    /// Why a visitor who showed a credential is anonymous all the same: it has ended, or its person does not belong to
    /// the tenant.
    pub refusal: Option<Problem>,
    /// What an API key may be used for in a minute.
    budget: Option<KeyBudget>,
    credential: Option<Credential>,
}

impl Front {
    pub(crate) fn new(config: &Config, deps: Deps, host: &Host) -> Self {
        let nats = deps.nats.as_ref();
        let front = Self(Arc::new(Inner {
            limits: Limits::start(config, deps.clock.clone(), nats, host),
            maintenance: Maintenance::start(config.maintenance, nats, &deps.health, host),
            cors: config.cors_origins.clone().into(),
            base_domain: config.base_domain.as_str().to_owned(),
            proxies: config.trusted_proxies.clone(),
            tenants: Tenants::new(deps.mesh.clone()),
            passports: Passports::new(deps.mesh.clone(), deps.clock.clone()),
            signatures: Signatures::new(config, deps.callers, nats, deps.clock.now()),
            clock: deps.clock,
            mesh: deps.mesh,
            host: host.clone(),
            streams: OpenStreams::new(config),
            bans: Bans::default(),
        }));
        let following = front.clone();
        host.spawn("gateway bans", async move |stop| {
            following.0.bans.follow(&following.0.mesh, &following.0.clock, &stop).await;
            Ok(())
        });
        front
    }

    /// Refuses whoever sends from a banned network.
    pub(crate) fn serve(&self, client: &Client) -> Result<(), Problem> {
        self.0.bans.check(client.ip, &self.0.proxies, self.now())
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The gateway's way to the services.
    #[must_use]
    pub fn mesh(&self) -> &Mesh {
        &self.0.mesh
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn host(&self) -> &Host {
        &self.0.host
    }

    pub(crate) fn proxies(&self) -> &[Network] {
        &self.0.proxies
    }

    pub(crate) fn signatures(&self) -> &Signatures {
        &self.0.signatures
    }

    /// A place for one more stream of this caller.
    pub(crate) fn open_stream(&self, caller: String) -> Result<OpenStream, Problem> {
        self.0.streams.open(caller)
    }

    /// Counts a request against the limits of its class.
    pub(crate) async fn charge(&self, class: Class, who: Who) -> Option<Standing> {
        self.0.limits.charge(class, who).await
    }

    /// Counts a request of a member against what the tenant's plan allows.
    pub(crate) async fn charge_plan(&self, tenant: &Tenant) -> Option<Standing> {
        self.0.limits.charge_plan(tenant.id, tenant.requests_per_second).await
    }

    /// How a tenant stands towards what it is counted by as a whole; `per_second` is what its plan allows.
    pub(crate) async fn rates(&self, tenant: TenantId, per_second: Option<u32>) -> Vec<Standing> {
        self.0.limits.of_tenant(tenant, per_second).await
    }

    /// What is told to whoever is no operator, while the platform is maintained.
    pub(crate) async fn maintenance(&self) -> Option<Notice> {
        self.0.maintenance.notice().await
    }

    /// The origins whose pages may read the API.
    pub(crate) fn cors(&self) -> &Origins {
        &self.0.cors
    }

    /// The tenant that a request names, whoever sends it; `None` also where it cannot be told.
    pub(crate) async fn named(&self, parts: &Parts) -> Option<Arc<Tenant>> {
        let client = client(parts).ok()?;
        let (cx, headers) = (context(client), &parts.headers);
        let credential = Credential::read(headers, client.scheme).unwrap_or_default();
        let own = match &credential {
            Some(credential) => self.0.passports.tenant_of(credential.token(), &cx).await.ok()?,
            None => None,
        };
        let tenant = self.tenant(parts, client, (credential.as_ref(), own), &cx).await;
        tenant.ok().flatten()
    }

    /// Counts a sign-in attempt of the console's own form, which is limited as that of the API is.
    ///
    /// # Errors
    /// 429 when the address has tried too often.
    pub fn charge_login(&self, visitor: &Visitor) -> Result<(), Problem> {
        self.charge_address(Class::Login, visitor)
    }

    /// Charges the looks at what anybody may open (class `accept`) of the visitor's address.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn charge_opening(&self, visitor: &Visitor) -> Result<(), Problem> {
        self.charge_address(Class::Accept, visitor)
    }

    fn charge_address(&self, class: Class, visitor: &Visitor) -> Result<(), Problem> {
        let ip = visitor.cx.ip.as_deref().and_then(|ip| ip.parse().ok());
        let standing = ip.and_then(|ip| self.0.limits.charge_now(class, Who::Address(ip)));
        standing.map_or(Ok(()), |standing| standing.verdict())
    }

    /// Counts a request of software against what its API key allows.
    pub(crate) async fn charge_key(&self, visitor: &Visitor) -> Option<Standing> {
        Some(self.0.limits.charge_key(visitor.budget?).await)
    }

    /// What verifies access tokens.
    pub(crate) fn access_tokens(&self) -> &AccessTokens {
        self.0.passports.access_tokens()
    }

    /// Has a visitor's proof for a marked operation (its id in the OpenAPI document) checked and used up, for the
    /// console's own forms.
    ///
    /// # Errors
    /// 403 where it does not count, 503 where nobody can check it.
    pub async fn prove(
        &self,
        visitor: &Visitor,
        operation: &str,
        proof: &str,
    ) -> Result<(), Problem> {
        captcha::prove(&self.0.mesh, &visitor.cx, operation, proof).await
    }

    /// The context of whoever showed the visitor's credential, whatever the tenant at hand has to say: nobody is kept from
    /// signing out. `None` where it holds for nobody.
    ///
    /// # Errors
    /// 503 where nobody can tell.
    pub async fn holder(&self, visitor: &Visitor) -> Result<Option<Cx>, Problem> {
        if visitor.cx.passport.is_some() {
            return Ok(Some(visitor.cx.clone()));
        }
        let Some(credential) = &visitor.credential else { return Ok(None) };
        let mut cx = Cx { tenant: None, ..visitor.cx.clone() };
        match self.0.passports.vouch(credential.token(), &cx).await {
            Ok(person) => {
                person.enter(&mut cx);
                Ok(Some(cx))
            }
            Err(problem) if problem.status().is_client_error() => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Forgets the session that a visitor gave up, so that this process refuses it at once.
    pub fn forget(&self, visitor: &Visitor) {
        if let Some(credential) = &visitor.credential {
            self.0.passports.forget(credential.token());
        }
    }

    /// Reads tenant and person of a request.
    pub(crate) async fn admit(&self, parts: &Parts, wanted: Wanted) -> Result<Visitor, Problem> {
        let client = client(parts)?;
        if let Some(signed) = parts.extensions.get::<Signed>().filter(|_| wanted != Wanted::Anyone)
        {
            return self.admit_signed(parts, client, signed).await;
        }
        let credential = match wanted {
            Wanted::Anyone => None,
            Wanted::Visitor => Credential::read(&parts.headers, client.scheme).unwrap_or_default(),
            Wanted::Person => match Credential::read(&parts.headers, client.scheme)? {
                Some(credential) => Some(credential),
                None => return Err(sign_in()),
            },
        };
        let prefix = parts.extensions.get::<Prefix>();
        let mut cx = context(client);
        let own = match &credential {
            Some(credential) => self.0.passports.tenant_of(credential.token(), &cx).await,
            None => Ok(None),
        };
        let own = match own {
            // To a page, a token that does not hold is one that is not there.
            Err(problem) if wanted == Wanted::Person => return Err(problem),
            own => own.unwrap_or_default(),
        };
        let tenant = self.tenant(parts, client, (credential.as_ref(), own), &cx).await;
        let tenant = match (tenant, &credential) {
            (Ok(tenant), _) => tenant,
            // A token that holds for nobody must not learn which tenants there are.
            (Err(problem), Some(credential)) if wanted == Wanted::Person => {
                cx.tenant = own;
                self.0.passports.vouch(credential.token(), &cx).await?;
                return Err(problem);
            }
            (Err(problem), _) => return Err(problem),
        };
        cx.tenant = tenant.as_ref().map(|tenant| tenant.id);
        let (mut refusal, mut budget) = (None, None);
        if let Some(credential) = &credential {
            match self.person(credential, &mut cx).await {
                // A page is shown to strangers too; the person behind it is then not known to it.
                Err(problem) if wanted == Wanted::Visitor && problem.status().is_client_error() => {
                    refusal = Some(problem);
                }
                other => budget = other?,
            }
        }
        Ok(Visitor {
            cx,
            tenant,
            prefix: prefix.map_or_else(String::new, |prefix| format!("/t/{}", prefix.0)),
            scheme: client.scheme,
            refusal,
            budget,
            credential,
        })
    }

    /// Reads tenant and person of a call whose signature was checked: both are signed, and every other name of a tenant has to
    /// agree.
    async fn admit_signed(
        &self,
        parts: &Parts,
        client: &Client,
        signed: &Signed,
    ) -> Result<Visitor, Problem> {
        let mut cx = context(client);
        // Audit rows tell by whom a person's call was signed.
        cx.user_agent = Some(format!("signed by {}", signed.caller));
        let (host, base) = (client.host.as_ref(), &self.0.base_domain);
        let headers = &parts.headers;
        let mut evidence = Evidence::read(host, None, headers, base, Caller::WithCredential)?;
        evidence.names.extend(signed.slug.clone().map(Named::Slug));
        let tenant = self.0.tenants.resolve(&evidence, &cx).await?.ok_or_else(unknown)?;
        cx.tenant = Some(tenant.id);
        let person = self.0.passports.vouch_for(signed, &cx).await?;
        if !person.belongs {
            return Err(unknown());
        }
        person.enter(&mut cx);
        Ok(Visitor {
            cx,
            tenant: Some(tenant),
            prefix: String::new(),
            scheme: client.scheme,
            refusal: None,
            budget: None,
            credential: None,
        })
    }

    async fn tenant(
        &self,
        parts: &Parts,
        client: &Client,
        (credential, own): (Option<&Credential>, Option<TenantId>),
        cx: &Cx,
    ) -> Result<Option<Arc<Tenant>>, Problem> {
        let caller = match credential {
            Some(_) => Caller::WithCredential,
            None => Caller::Anonymous,
        };
        let mut evidence = Evidence::read(
            client.host.as_ref(),
            parts.extensions.get::<Prefix>(),
            &parts.headers,
            &self.0.base_domain,
            caller,
        )?;
        evidence.names.extend(own.map(Named::Id));
        self.0.tenants.resolve(&evidence, cx).await
    }

    async fn person(
        &self,
        credential: &Credential,
        cx: &mut Cx,
    ) -> Result<Option<KeyBudget>, Problem> {
        let person = self.0.passports.vouch(credential.token(), cx).await?;
        if cx.tenant.is_some() && !person.belongs && !person.is_system_admin() {
            // To whoever has no place in it, a tenant is one that is not there.
            return Err(unknown());
        }
        person.enter(cx);
        Ok(person.budget)
    }
}

impl Visitor {
    /// Refuses a visitor who is not signed in.
    ///
    /// # Errors
    /// 401 for an anonymous visitor, 404 for one who does not belong to the tenant.
    pub fn signed_in(self) -> Result<Self, Problem> {
        match self.cx.actor {
            Actor::Anonymous => Err(self.refusal.unwrap_or_else(sign_in)),
            _ => Ok(self),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let front = parts.extensions.get::<Front>().cloned();
        let front = front.ok_or_else(Problem::internal)?;
        front.admit(parts, Wanted::Visitor).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Front {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let front = parts.extensions.get::<Self>().cloned();
        front.ok_or_else(Problem::internal)
    }
}

/// The sender, whom the outermost layer has read.
pub(crate) fn client(parts: &Parts) -> Result<&Client, Problem> {
    parts.extensions.get::<Client>().ok_or_else(Problem::internal)
}

fn context(client: &Client) -> Cx {
    Cx {
        actor: Actor::Anonymous,
        caller: None,
        passport: None,
        tenant: None,
        permissions: Arc::default(),
        flags: Flags::default(),
        request_id: client.request_id.clone(),
        traceparent: None,
        cause: None,
        idempotency_key: None,
        ip: Some(client.ip.to_string()),
        user_agent: client.user_agent.clone(),
        deadline: None,
    }
}

fn sign_in() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "sign_in_required",
        "Sign in to do this: send a session token as Authorization: Bearer.",
    )
}
