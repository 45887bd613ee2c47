//! The service behind its guard, with an operator as its caller.

use std::time::Duration;

use boot::Host;
use kernel::{Clock, Cx};
use tenant::{App, Dns};
use testkit::{Database, Neighbours, Stream};
use tonic::Status;
use wire::{
    Caller, Refusal, call,
    tenant::v1::{
        CreateTenantRequest, Tenant, brandings_client::BrandingsClient,
        domains_client::DomainsClient, life_cycles_client::LifeCyclesClient,
        plans_client::PlansClient, quotas_client::QuotasClient,
        tenant_settings_client::TenantSettingsClient, tenants_client::TenantsClient,
    },
};

/// The service under test.
pub(crate) struct House {
    pub(crate) database: Database,
    pub(crate) neighbours: Neighbours,
    pub(crate) clock: Clock,
    /// The only name server there is.
    pub(crate) dns: sandbox::dns::Handle,
    app: App,
    stream: Stream,
    host: Host,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::at(Clock::system()).await
    }

    /// The service at a time that moves only by [`House::wait`].
    pub(crate) async fn standing() -> Self {
        Self::at(Clock::standing_at(Clock::system().now())).await
    }

    async fn at(clock: Clock) -> Self {
        let (database, stream) = (Database::new().await, Stream::new().await);
        let dns = sandbox::dns::start().await.expect("a name server");
        let app = App {
            db: database.db(tenant::NAME),
            nats: stream.nats().await,
            clock: clock.clone(),
            dns: Dns::new(&[dns.address()]).expect("a resolver"),
        };
        let (neighbours, host) = (Neighbours::new(), Host::new());
        let started = tenant::start(&app, neighbours.trust(), &host);
        neighbours.settle(tenant::NAME, started.expect("every RPC has a rule"));
        Self { database, neighbours, clock, dns, app, stream, host }
    }

    /// Moves the time.
    pub(crate) fn wait(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Looks once for the proofs that are due.
    pub(crate) async fn check_domains(&self) -> usize {
        self.app.check_domains().await.expect("looks")
    }

    /// Ends the service's sessions, so that what they did is counted in full.
    pub(crate) async fn close_pool(&self) {
        self.host.kill();
        self.app.db.close().await;
    }

    /// Ends once the terms that are over.
    pub(crate) async fn end_terms(&self) -> usize {
        self.app.end_terms().await.expect("ends terms")
    }

    pub(crate) fn settings(&self) -> TenantSettingsClient<Caller> {
        TenantSettingsClient::new(self.gateway())
    }

    pub(crate) fn brandings(&self) -> BrandingsClient<Caller> {
        BrandingsClient::new(self.gateway())
    }

    pub(crate) fn lives(&self) -> LifeCyclesClient<Caller> {
        LifeCyclesClient::new(self.gateway())
    }

    pub(crate) fn plans(&self) -> PlansClient<Caller> {
        PlansClient::new(self.gateway())
    }

    pub(crate) fn domains(&self) -> DomainsClient<Caller> {
        DomainsClient::new(self.gateway())
    }

    pub(crate) fn quotas(&self) -> QuotasClient<Caller> {
        self.quotas_of("gateway")
    }

    /// The quotas as another service calls for them.
    pub(crate) fn quotas_of(&self, service: &str) -> QuotasClient<Caller> {
        QuotasClient::new(self.neighbours.mesh(service).to(tenant::NAME))
    }

    fn gateway(&self) -> Caller {
        self.neighbours.mesh("gateway").to(tenant::NAME)
    }

    /// The service as the gateway calls it.
    pub(crate) fn client(&self) -> TenantsClient<Caller> {
        self.client_of("gateway")
    }

    /// The service as another one calls it.
    pub(crate) fn client_of(&self, service: &str) -> TenantsClient<Caller> {
        TenantsClient::new(self.neighbours.mesh(service).to(tenant::NAME))
    }

    /// A person of the platform's staff.
    pub(crate) fn operator(&self) -> Cx {
        let rights = [
            "tenant.plans.read",
            "tenant.plans.write",
            "tenant.tenants.create",
            "tenant.tenants.operate",
            "tenant.tenants.read",
        ];
        self.neighbours.person(None, testkit::user(), &rights)
    }

    /// Asks for a tenant as an operator; an empty slug is left to the service.
    pub(crate) async fn create(&self, name: &str, slug: &str) -> Result<Tenant, Status> {
        let wish =
            CreateTenantRequest { name: name.into(), slug: slug.into(), ..Default::default() };
        let created = self.client().create_tenant(call(&self.operator(), wish)).await;
        created.map(tonic::Response::into_inner)
    }

    /// The answer to a question for one number, asked as the administrator.
    pub(crate) async fn count(&self, question: &'static str) -> i64 {
        let mut admin = self.database.admin_of(tenant::NAME).await;
        sqlx::query_scalar(question).fetch_one(&mut admin).await.expect("counts")
    }

    /// The answers to a question for texts, asked as the administrator.
    pub(crate) async fn texts(&self, question: &'static str) -> Vec<String> {
        let mut admin = self.database.admin_of(tenant::NAME).await;
        sqlx::query_scalar(question).fetch_all(&mut admin).await.expect("asks")
    }

    /// How many facts the stream holds.
    pub(crate) async fn told(&self) -> u64 {
        let made = self.stream.jetstream().await.get_stream(&self.stream.place().name).await;
        made.map_or(0, |stream| stream.cached_info().state.messages)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.host.kill();
        let dead = self.host.dead_tasks();
        assert!(dead.is_empty() || std::thread::panicking(), "died in the background: {dead:?}");
    }
}

/// The refusal of a call that must fail.
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> Refusal {
    wire::code_of(&answer.expect_err("must be refused"))
}
