//! The service among its neighbours, and what a test may do with it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use boot::Host;
use bus::Relay;
use connector::legacy::{KeyHeader, Keys, Legacy, Setup};
use futures::future::join_all;
use jobs::Policy;
use kernel::{Clock, Cx, Passport, TenantId, Timestamp};
use outbound::{Addrs, Limits, Name, Outbound, Resolve, Resolving, Trip};
use pg::Db;
use provisioning::{App, Swept, Watch};
use sandbox::{Config, Sandbox};
use secrecy::ExposeSecret;
use testkit::Stream;
use tonic::{Status, service::Routes};
use uuid::Uuid;
use vault::{Keyring, MasterKey, Vault};
use wire::{
    Guard, Mesh, Peers, Refusal,
    identity::{PassportClaims, ServiceKey, Trust},
    provisioning::v1::{
        Client, ClientStatus, GetClientStatusRequest, OnboardClientRequest, RetryClientRequest,
        jobs_client::JobsClient, onboarding_client::OnboardingClient,
        ozon_keys_client::OzonKeysClient, sheets_client::SheetsClient,
        troubles_client::TroublesClient, workspaces_client::WorkspacesClient,
    },
    user::v1::{
        accounts_server::AccountsServer, invites_server::InvitesServer, people_server::PeopleServer,
    },
};

use crate::{database::Database, invites::FakeInvites};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// How long a condition is waited for.
const PATIENCE: Duration = testkit::PATIENCE;

/// What an operator of the tests may do.
const PERMISSIONS: [&str; 11] = [
    "provisioning.clients.create",
    "provisioning.clients.read",
    "provisioning.datasets.use",
    "provisioning.jobs.operate",
    "provisioning.jobs.read",
    "provisioning.sheets.read",
    "provisioning.sheets.update",
    "provisioning.troubles.read",
    "provisioning.troubles.work",
    "user.invites.create",
    "user.members.read",
];

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) users: FakeInvites,
    pub(crate) sandbox: Sandbox,
    pub(crate) tenant: TenantId,
    pub(crate) host: Host,
    pub(crate) user_db: Db,
    gateway: Mesh,
    /// These two are dropped last, when nobody works on them any more.
    pub(crate) database: Database,
    _stream: Stream,
}

impl World {
    /// Everything runs.
    pub(crate) async fn new() -> Self {
        Self::tuned(|_, _| {}).await
    }

    /// Everything runs, but nobody works on jobs.
    pub(crate) async fn without_workers() -> Self {
        Self::tuned(|app, sandbox| {
            app.limits.concurrency = 0;
            app.pace.sweep = HOUR;
            // Whoever drives the jobs instead waits for every attempt that is to hang.
            app.legacy = legacy_within(sandbox, Duration::from_secs(2));
        })
        .await
    }

    /// Everything runs, and no client ever fails for being put off too often: a test may take its time.
    pub(crate) async fn enduring() -> Self {
        Self::tuned(|app, _| app.policy.attempts = 10_000).await
    }

    /// Everything runs, with something special about the service.
    pub(crate) async fn tuned(tune: impl FnOnce(&mut App, &Sandbox)) -> Self {
        let database = Database::new().await;
        let sandbox = sandbox::start(Config::calm()).await.expect("the stand-ins start");
        let host = Host::new();
        let (db, user_db) = (database.of("provisioning"), database.of("user"));
        let stream = Stream::new().await;
        let nats = stream.nats().await;
        let users = FakeInvites::new(user_db.clone(), db.clone());
        let (trust, peers) = (Trust::default(), Peers::default());
        let key = |name: &str| {
            let key = ServiceKey::generate(name).expect("randomness");
            trust.believe(name, key.public()).expect("a key");
            key
        };
        let gateway = Mesh::new(key("gateway"), peers.clone());
        let guard = Guard::new("user", trust.clone()).expect("ruled");
        let of_users = Routes::new(InvitesServer::new(users.clone()))
            .add_service(AccountsServer::new(users.clone()))
            .add_service(PeopleServer::new(users.clone()));
        peers.here("user", guard.protect(of_users));
        let master = MasterKey::parse(&MasterKey::draw().expect("randomness")).expect("a key");
        let mut app = App {
            db,
            nats: nats.clone(),
            clock: Clock::system(),
            mesh: Mesh::new(key("provisioning"), peers.clone()),
            vault: Vault::new(Keyring { current: master, older: Vec::new() }),
            legacy: legacy(&sandbox),
            policy: Policy {
                attempts: 6,
                base: Duration::from_millis(5),
                cap: Duration::from_millis(50),
                timeout: Duration::from_secs(5),
            },
            limits: provisioning::Limits::default(),
            pace: provisioning::Pace::default(),
            // Nothing is looked for by itself: a test looks when it is time.
            watch: Watch { every: HOUR, time_to_active: 20 * MINUTE, untouched: HOUR },
            stopping: host.stopping(),
        };
        tune(&mut app, &sandbox);
        peers.here("provisioning", provisioning::start(&app, trust, &host).expect("ruled"));
        let relay = Relay::new(user_db.clone(), nats);
        host.spawn("user relay", async move |stop| Ok(relay.run(stop).await?));
        let tenant = Uuid::now_v7().into();
        Self { app, users, sandbox, tenant, host, user_db, gateway, database, _stream: stream }
    }

    /// The context of an operator's call to `tenant`.
    pub(crate) fn operator(&self, tenant: TenantId) -> Cx {
        self.person(Some(tenant), &PERMISSIONS)
    }

    /// The context of somebody's call who may do this much.
    pub(crate) fn person(&self, tenant: Option<TenantId>, permissions: &[&str]) -> Cx {
        let claims = PassportClaims {
            iss: String::new(),
            aud: String::new(),
            exp: 0,
            sub: Uuid::now_v7().to_string(),
            sid: Uuid::now_v7().to_string(),
            tid: tenant.map(|tenant| tenant.to_string()),
            perms: permissions.iter().map(|&held| held.into()).collect(),
            epoch: 1,
            suspended: false,
            system_admin: false,
            credential: kernel::Credential::Session,
            of_tenant: false,
        };
        let passport = self.gateway.key().passport(claims).expect("signs");
        let mut cx = Cx::of_service("gateway", tenant, &Clock::system());
        cx.passport = Some(Passport::new(&passport));
        cx
    }

    pub(crate) fn onboarding(&self) -> OnboardingClient<wire::Caller> {
        OnboardingClient::new(self.gateway.to("provisioning"))
    }

    /// A client of another of the service's interfaces.
    pub(crate) fn caller(&self) -> wire::Caller {
        self.gateway.to("provisioning")
    }

    pub(crate) fn sheets(&self) -> SheetsClient<wire::Caller> {
        SheetsClient::new(self.gateway.to("provisioning"))
    }

    pub(crate) fn ozon_keys(&self) -> OzonKeysClient<wire::Caller> {
        OzonKeysClient::new(self.gateway.to("provisioning"))
    }

    pub(crate) fn jobs(&self) -> JobsClient<wire::Caller> {
        JobsClient::new(self.gateway.to("provisioning"))
    }

    pub(crate) fn workspaces(&self) -> WorkspacesClient<wire::Caller> {
        WorkspacesClient::new(self.gateway.to("provisioning"))
    }

    pub(crate) fn troubles(&self) -> TroublesClient<wire::Caller> {
        TroublesClient::new(self.gateway.to("provisioning"))
    }

    /// Looks after the clients as if it were `later`, with as many looks at once.
    pub(crate) async fn look_after(&self, later: Duration, at_once: usize) -> Swept {
        let now = Timestamp::from(jiff::Timestamp::now()).after(later);
        let app = App { clock: Clock::standing_at(now), ..self.app.clone() };
        let looks = (0..at_once).map(|_| app.look_after_clients());
        let mut all = Swept::default();
        for swept in join_all(looks).await {
            let swept = swept.expect("looks");
            all.tokens += swept.tokens;
            all.late += swept.late;
            all.escalated += swept.escalated;
        }
        all
    }

    /// Onboards, in the test's tenant.
    pub(crate) async fn onboard(&self, request: OnboardClientRequest) -> Result<Client, Refusal> {
        let request = wire::call(&self.operator(self.tenant), request);
        answer(self.onboarding().onboard_client(request).await)
    }

    /// Onboards somebody and has the invitation accepted.
    pub(crate) async fn begin(&self, request: OnboardClientRequest) -> Client {
        let client = self.onboard(request).await.expect("onboards");
        self.users.accept(self.tenant, &client.client_id).await;
        client
    }

    pub(crate) async fn retry(&self, client_id: &str) -> Result<Client, Refusal> {
        let request =
            RetryClientRequest { client_id: client_id.into(), ..RetryClientRequest::default() };
        let request = wire::call(&self.operator(self.tenant), request);
        answer(self.onboarding().retry_client(request).await)
    }

    pub(crate) async fn status(&self, client_id: &str) -> Result<ClientStatus, Refusal> {
        let request = GetClientStatusRequest { client_id: client_id.into() };
        let request = wire::call(&self.operator(self.tenant), request);
        answer(self.onboarding().get_client_status(request).await)
    }

    /// Waits until the client has come to `stage`.
    pub(crate) async fn until(&self, client_id: &str, stage: &str) -> ClientStatus {
        let begun = Instant::now();
        loop {
            let status = self.status(client_id).await.expect("a client");
            let now = status.client.clone().expect("a client").stage;
            if now == stage {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "still {now}, not {stage}: {status:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the job of the client's latest run is in `state`.
    pub(crate) async fn until_job(&self, client_id: &str, state: &str) -> ClientStatus {
        let begun = Instant::now();
        loop {
            let status = self.status(client_id).await.expect("a client");
            if status.job_state == state {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "not {state}: {status:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until no job has anything left to do.
    pub(crate) async fn quiet(&self) {
        let open = "select count(*) from jobs where state in ('queued', 'running', 'waiting')";
        self.until_count(open, 0).await;
    }

    /// Waits until the query counts `wanted`.
    pub(crate) async fn until_count(&self, query: &str, wanted: i64) {
        let begun = Instant::now();
        loop {
            let now = self.count(query).await;
            if now == wanted {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{now}, not {wanted}: {query}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The kinds of change that the backend made for a spreadsheet, in order.
    pub(crate) fn effects(&self, spreadsheet_id: &str) -> Vec<String> {
        let effects = self.sandbox.legacy.effects();
        let own = effects.iter().filter(|effect| effect.spreadsheet_id == spreadsheet_id);
        own.map(|effect| {
            let kind = format!("{:?}", effect.kind);
            kind.split([' ', '{']).next().unwrap_or_default().to_owned()
        })
        .collect()
    }

    /// The facts of a kind that this service told of a client, in order.
    pub(crate) async fn told(&self, kind: &str, client_id: &str) -> Vec<serde_json::Value> {
        let rows = sqlx::query_scalar(
            "select data from outbox where kind = $1 and aggregate_id::text = $2 order by id",
        );
        let mut admin = self.database.admin().await;
        rows.bind(kind).bind(client_id).fetch_all(&mut admin).await.expect("reads the outbox")
    }

    /// One number out of the service's schema.
    pub(crate) async fn count(&self, query: &str) -> i64 {
        let mut admin = self.database.admin().await;
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(query.to_owned()));
        query.fetch_one(&mut admin).await.expect("counts")
    }

    /// Waits until every fact told so far has been heard.
    pub(crate) async fn heard_all(&self) {
        let begun = Instant::now();
        loop {
            let mut unrest = Vec::new();
            for db in [&self.user_db, &self.app.db] {
                unrest.extend(bus::unrest(db, &self.app.nats).await.expect("answers"));
            }
            if unrest.is_empty() {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{unrest:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The key of the backend.
    pub(crate) fn sandbox_key(&self) -> &str {
        self.sandbox.legacy.api_key().expose_secret()
    }

    /// Ends all background work.
    pub(crate) async fn end(self) {
        let drained = self.host.drain(PATIENCE).await;
        assert!(drained.stuck.is_empty(), "stuck: {:?}", drained.stuck);
        assert!(self.host.dead_tasks().is_empty(), "dead: {:?}", self.host.dead_tasks());
    }
}

/// A message or the refusal of a call.
pub(crate) fn answer<T>(answer: Result<tonic::Response<T>, Status>) -> Result<T, Refusal> {
    answer.map(tonic::Response::into_inner).map_err(|status| wire::code_of(&status))
}

/// A client of the backend that waits so long for an answer that a busy machine is not taken for a bad backend.
pub(crate) fn legacy(sandbox: &Sandbox) -> Legacy {
    legacy_within(sandbox, Duration::from_secs(30))
}

/// A client of the backend that gives up after `timeout`. The tests let many calls fail on purpose, which is no reason
/// to leave the backend alone.
pub(crate) fn legacy_within(sandbox: &Sandbox, timeout: Duration) -> Legacy {
    legacy_under(sandbox, timeout, None)
}

/// Such a client with a breaker.
pub(crate) fn legacy_under(sandbox: &Sandbox, timeout: Duration, trip: Option<Trip>) -> Legacy {
    let limits = Limits { connect: PATIENCE, trip, ..Limits::default() };
    let nobody = Arc::new(Nobody);
    let outbound = Outbound::assemble(Vec::new(), [80].into(), limits, nobody, Clock::system());
    let any = sandbox.legacy.api_key().clone();
    let keys = Keys { any, admin: None, data: None, header: KeyHeader::XApiKey };
    let setup = Setup { url: sandbox.legacy.url(), keys, timeout };
    Legacy::of_operator(&outbound.expect("TLS"), setup).expect("an address")
}

/// Knows no name: the backend is called by its address.
struct Nobody;

impl Resolve for Nobody {
    fn resolve(&self, _: Name) -> Resolving {
        let none: Addrs = Box::new(std::iter::empty());
        Box::pin(async move { Ok(none) })
    }
}

/// A good request, different for each `name`.
pub(crate) fn request(name: &str) -> OnboardClientRequest {
    OnboardClientRequest {
        email: format!("{name}@example.com"),
        name: format!("Client {name}"),
        role: String::new(),
        spreadsheet_id: format!("sheet_{name}"),
        wb_token: wb_token(name),
        locale: "ru".into(),
        idempotency_key: String::new(),
    }
}

/// A token of this seller; the same for the same seller, and alive for very long.
pub(crate) fn wb_token(sid: &str) -> String {
    token_until(sid, 4_000_000_000)
}

pub(crate) fn token_until(sid: &str, exp: i64) -> String {
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let payload = serde_json::json!({"sid": sid, "exp": exp}).to_string();
    let header = r#"{"alg":"ES256","typ":"JWT"}"#.to_owned();
    format!("{}.{}.{}", part(header), part(payload), part(format!("signature of {sid}")))
}
