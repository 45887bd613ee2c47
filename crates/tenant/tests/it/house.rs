//! The service behind its guard, with an operator as its caller.

use boot::Host;
use kernel::{Clock, Cx};
use tenant::App;
use testkit::{Database, Neighbours, Stream};
use tonic::Status;
use wire::{
    Caller, Refusal, call,
    tenant::v1::{CreateTenantRequest, Tenant, tenants_client::TenantsClient},
};

/// The service under test.
pub(crate) struct House {
    pub(crate) database: Database,
    pub(crate) neighbours: Neighbours,
    stream: Stream,
    host: Host,
}

impl House {
    pub(crate) async fn open() -> Self {
        let (database, stream) = (Database::new().await, Stream::new().await);
        let app = App {
            db: database.db(tenant::NAME),
            nats: stream.nats().await,
            clock: Clock::system(),
        };
        let (neighbours, host) = (Neighbours::new(), Host::new());
        let started = tenant::start(&app, neighbours.trust(), &host);
        neighbours.settle(tenant::NAME, started.expect("every RPC has a rule"));
        Self { database, neighbours, stream, host }
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
        let rights = ["tenant.tenants.create", "tenant.tenants.read"];
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
