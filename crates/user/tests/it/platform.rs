//! The service with its guard, its neighbours' stand-ins, and people who call it.

use std::time::Duration;

use boot::Host;
use bus::Nats;
use kernel::{Clock, Credential, Cx, Passport, TenantId, UserId};
use pg::Db;
use tonic::{Request, Status, service::Routes};
use user::{App, Limits, Pace, Snapshots};
use uuid::Uuid;
use vault::{Keyring, MasterKey, Vault};
use wire::{
    Caller, Guard, Mesh, Peers,
    auth::v1::{
        bans_server::BansServer, credentials_server::CredentialsServer,
        staged_passkeys_server::StagedPasskeysServer, standings_server::StandingsServer,
    },
    identity::{PassportClaims, ServiceKey, Trust},
    notifier::v1::recipients_server::RecipientsServer,
    provisioning::v1::client_people_server::ClientPeopleServer,
    tenant::v1::tenants_server::TenantsServer,
    user::v1::{
        AcceptInvitationRequest, AcceptInvitationResponse, CreateInviteRequest, CreateUserRequest,
        Invite, ListInviteEventsRequest, ResendInviteRequest, RevealInvitationLinkRequest,
        SetInvitePolicyRequest, decisions_client::DecisionsClient,
        invite_history_client::InviteHistoryClient, invites_client::InvitesClient,
        people_client::PeopleClient,
    },
};

pub(crate) use crate::holdings::{ADMIN, OWNER, RIGHTS};
use crate::{
    database::Database,
    fake_bans::FakeBans,
    fakes::{FakeAuth, FakeTenants},
    forgetting::Forgetting,
};

/// A password that may be chosen.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Nobody listens there: facts stay in the outbox, where the tests look for them.
async fn nowhere() -> Nats {
    Nats::connect(&"nats://127.0.0.1:1".into()).await.expect("an address")
}

/// Everything one test needs.
pub(crate) struct Platform {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) auth: FakeAuth,
    pub(crate) tenants: FakeTenants,
    pub(crate) forgetting: Forgetting,
    pub(crate) keyring: Keyring,
    app: App,
    host: Host,
    peers: Peers,
    trust: Trust,
    gateway: ServiceKey,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        Self::begin(nowhere().await, App::usual_limits()).await
    }

    /// Where no worker takes a job, so that the test does.
    pub(crate) async fn start_without_workers() -> Self {
        let limits = Limits { concurrency: 0, ..App::usual_limits() };
        Self::begin(nowhere().await, limits).await
    }

    /// Like [`Platform::start`], with facts that arrive.
    pub(crate) async fn start_with(nats: Nats) -> Self {
        Self::begin(nats, App::usual_limits()).await
    }

    async fn begin(nats: Nats, limits: Limits) -> Self {
        let database = Database::migrated().await;
        let clock = Clock::standing_at(jiff::Timestamp::now().into());
        let (peers, trust) = (Peers::default(), Trust::default());
        let host = Host::new();
        let master = MasterKey::parse(&MasterKey::draw().expect("drawn"));
        let keyring = Keyring { current: master.expect("a key"), older: Vec::new() };
        let gateway = ServiceKey::generate("gateway").expect("a key");
        trust.believe("gateway", gateway.public()).expect("a public key");
        let app = App {
            db: Db::connect(&database.access(), user::NAME).expect("an address"),
            nats,
            clock: clock.clone(),
            mesh: mesh("user", &trust, &peers),
            vault: Vault::new(keyring.clone()),
            public_url: "https://usher.test".parse().expect("a URL"),
            snapshots: Snapshots::default(),
            pace: Pace::default(),
            limits,
            invite_daily: 50_000,
        };
        let auth = FakeAuth::default();
        let routes = Routes::new(CredentialsServer::new(auth.clone()))
            .add_service(StagedPasskeysServer::new(auth.clone()))
            .add_service(StandingsServer::new(auth.clone()))
            .add_service(BansServer::new(FakeBans));
        let guard = Guard::new("auth", trust.clone()).expect("ruled");
        peers.here("auth", guard.protect(routes));
        let tenants = FakeTenants::default();
        let routes = Routes::new(TenantsServer::new(tenants.clone()));
        let guard = Guard::new("tenant", trust.clone()).expect("ruled");
        peers.here("tenant", guard.protect(routes));
        let forgetting = auth.forgetting();
        let routes = Routes::new(RecipientsServer::new(forgetting.clone()));
        let guard = Guard::new("notifier", trust.clone()).expect("ruled");
        peers.here("notifier", guard.protect(routes));
        let routes = Routes::new(ClientPeopleServer::new(forgetting.clone()));
        let guard = Guard::new("provisioning", trust.clone()).expect("ruled");
        peers.here("provisioning", guard.protect(routes));
        let platform = Self {
            forgetting,
            database,
            clock,
            auth,
            tenants,
            keyring,
            app,
            host,
            peers,
            trust,
            gateway,
        };
        platform.restart_with(|_| {});
        platform
    }

    /// Serves with changed settings from now on.
    pub(crate) fn restart_with(&self, change: impl FnOnce(&mut App)) {
        let mut app = self.app.clone();
        change(&mut app);
        let guarded = user::start(&app, self.trust.clone(), &self.host).expect("ruled");
        self.peers.here("user", guarded);
    }

    /// Decisions as another process on the same database makes them.
    pub(crate) fn elsewhere(&self, nats: Nats, snapshots: Snapshots) -> DecisionsClient<Caller> {
        let db = Db::connect(&self.database.access(), user::NAME).expect("an address");
        let app = App { db, nats, snapshots, ..self.app.clone() };
        let peers = Peers::default();
        peers.here("user", user::start(&app, self.trust.clone(), &self.host).expect("ruled"));
        let key = ServiceKey::from_pkcs8("gateway", self.gateway.pkcs8()).expect("a key");
        DecisionsClient::new(Mesh::new(key, peers).to("user"))
    }

    /// The transport of a service that calls for itself.
    pub(crate) fn service(&self, name: &str) -> Caller {
        mesh(name, &self.trust, &self.peers).to("user")
    }

    /// A context in which the gateway speaks for nobody.
    pub(crate) fn nobody(&self) -> Cx {
        Cx::of_service("gateway", None, &Clock::system())
    }

    /// A context of a service on a tenant.
    pub(crate) fn of(&self, service: &str, tenant: TenantId) -> Cx {
        Cx::of_service(service, Some(tenant), &Clock::system())
    }

    /// A context in which the gateway speaks for a person.
    pub(crate) fn person(&self, id: UserId, tenant: Option<TenantId>, rights: &[&str]) -> Cx {
        self.showing(Credential::Session, id, tenant, rights)
    }

    /// A context in which the gateway speaks for whoever showed this for a person.
    pub(crate) fn showing(
        &self,
        credential: Credential,
        id: UserId,
        tenant: Option<TenantId>,
        rights: &[&str],
    ) -> Cx {
        self.vouched((credential, false), id, tenant, rights)
    }

    /// The same, saying whether a tenant alone vouches for the person.
    pub(crate) fn vouched(
        &self,
        (credential, of_tenant): (Credential, bool),
        id: UserId,
        tenant: Option<TenantId>,
        rights: &[&str],
    ) -> Cx {
        let passport = self.gateway.passport(PassportClaims {
            iss: String::new(),
            aud: String::new(),
            exp: 0,
            sub: id.to_string(),
            sid: Uuid::now_v7().to_string(),
            tid: tenant.map(|tenant| tenant.to_string()),
            perms: rights.iter().map(|&right| right.to_owned()).collect(),
            epoch: 0,
            suspended: false,
            system_admin: false,
            credential,
            of_tenant,
        });
        let mut cx = Cx::of_service("gateway", tenant, &Clock::system());
        cx.passport = Some(Passport::new(&passport.expect("signs")));
        cx
    }

    /// Somebody of the platform's staff whom it trusts, and who holds these rights in the tenant.
    pub(crate) fn trusted(&self, id: UserId, tenant: TenantId, rights: &[&str]) -> Cx {
        let passport = self.gateway.passport(PassportClaims {
            iss: String::new(),
            aud: String::new(),
            exp: 0,
            sub: id.to_string(),
            sid: Uuid::now_v7().to_string(),
            tid: Some(tenant.to_string()),
            perms: rights.iter().map(|&right| right.to_owned()).collect(),
            epoch: 0,
            suspended: false,
            system_admin: true,
            credential: Credential::Session,
            of_tenant: false,
        });
        let mut cx = Cx::of_service("gateway", Some(tenant), &Clock::system());
        cx.passport = Some(Passport::new(&passport.expect("signs")));
        cx
    }

    /// An admin of the tenant.
    pub(crate) fn admin(&self, tenant: TenantId) -> Cx {
        self.person(Uuid::now_v7().into(), Some(tenant), ADMIN)
    }

    /// A member of the tenant with this role, and the context in which the gateway speaks for them with all rights.
    pub(crate) async fn staff(&self, tenant: TenantId, email: &str, role: &str) -> (String, Cx) {
        let asked = CreateUserRequest {
            email: email.into(),
            name: "Staff".into(),
            password: PASSWORD.into(),
            role: role.into(),
        };
        let mut usher = PeopleClient::new(self.service("usher"));
        let made = usher.create_user(wire::call(&self.of("usher", tenant), asked)).await;
        let user_id = made.expect("creates").into_inner().user_id;
        let id = user_id.parse().expect("an id");
        (user_id, self.person(id, Some(tenant), ADMIN))
    }

    /// An admin of the tenant who is really one, so that what they send lets somebody in.
    pub(crate) async fn boss(&self, tenant: TenantId) -> Cx {
        self.staff(tenant, "boss@example.com", "admin").await.1
    }

    /// The service itself, for its background work.
    pub(crate) const fn app(&self) -> &App {
        &self.app
    }

    pub(crate) fn gateway(&self) -> Caller {
        let key = ServiceKey::from_pkcs8("gateway", self.gateway.pkcs8()).expect("a key");
        Mesh::new(key, self.peers.clone()).to("user")
    }

    /// What happened to an invitation: each kind with the sending it is about.
    pub(crate) async fn steps(&self, tenant: TenantId, invite_id: &str) -> Vec<(String, i32)> {
        let asked = ListInviteEventsRequest { invite_id: invite_id.into() };
        let mut history = InviteHistoryClient::new(self.gateway());
        let listed = history.list_invite_events(wire::call(&self.admin(tenant), asked)).await;
        let events = listed.expect("lists").into_inner().events;
        events.into_iter().map(|event| (event.kind, event.sends)).collect()
    }

    /// Sets the tenant's rules.
    pub(crate) async fn rule(&self, tenant: TenantId, rules: SetInvitePolicyRequest) {
        let asked = wire::call(&self.admin(tenant), rules);
        self.policies().set_invite_policy(asked).await.expect("sets");
    }

    /// Sends an invitation again.
    pub(crate) async fn resend(&self, cx: &Cx, invite_id: &str) -> Result<Invite, Status> {
        let asked = ResendInviteRequest { invite_id: invite_id.into(), ..Default::default() };
        let sent = self.invites().resend_invite(wire::call(cx, asked)).await;
        sent.map(tonic::Response::into_inner)
    }

    /// Accepts as somebody who is signed in.
    pub(crate) async fn accept_as(
        &self,
        user_id: &str,
        token: &str,
    ) -> Result<AcceptInvitationResponse, Status> {
        let cx = self.person(user_id.parse().expect("an id"), None, &[]);
        let asked = AcceptInvitationRequest { token: token.into(), ..Default::default() };
        let accepted = self.invites().accept_invitation(wire::call(&cx, asked)).await;
        accepted.map(tonic::Response::into_inner)
    }

    /// Somebody who runs groups.
    pub(crate) fn runner(&self, tenant: TenantId) -> Cx {
        let rights = ["user.groups.read", "user.groups.write", "user.members.read"];
        self.person(Uuid::now_v7().into(), Some(tenant), &rights)
    }

    /// Somebody who may give, take and ask about rights, and holds `more` beside that and an admin's rights.
    pub(crate) fn keeper(&self, tenant: TenantId, more: &[&str]) -> Cx {
        let rights = [ADMIN, RIGHTS, more].concat();
        self.person(Uuid::now_v7().into(), Some(tenant), &rights)
    }

    /// Has provisioning invite this address as a client.
    pub(crate) async fn invite(&self, tenant: TenantId, email: &str) -> Invite {
        let mut provisioning = InvitesClient::new(self.service("provisioning"));
        let asked = wire::call(&self.of("provisioning", tenant), ask(email));
        provisioning.create_invite(asked).await.expect("invites").into_inner()
    }

    /// The token of an invitation's newest link.
    pub(crate) async fn token(&self, tenant: TenantId, invite_id: &str) -> String {
        let mut client = InvitesClient::new(self.service("notifier"));
        let asked = RevealInvitationLinkRequest { invite_id: invite_id.into() };
        let asked = wire::call(&self.of("notifier", tenant), asked);
        let link = client.reveal_invitation_link(asked).await.expect("reveals").into_inner();
        link.url.rsplit('/').next().expect("a last part").into()
    }

    /// Accepts with a password.
    pub(crate) async fn accept(
        &self,
        token: &str,
        password: &str,
    ) -> Result<AcceptInvitationResponse, Status> {
        let asked = AcceptInvitationRequest {
            token: token.into(),
            password: password.into(),
            ..Default::default()
        };
        let accepted = self.invites().accept_invitation(wire::call(&self.nobody(), asked)).await;
        accepted.map(tonic::Response::into_inner)
    }

    /// Invites and accepts.
    pub(crate) async fn admit(&self, tenant: TenantId, email: &str) -> AcceptInvitationResponse {
        let invite = self.invite(tenant, email).await;
        let token = self.token(tenant, &invite.invite_id).await;
        self.accept(&token, PASSWORD).await.expect("accepts")
    }

    /// Moves the time.
    pub(crate) fn wait_hours(&self, hours: u64) {
        self.clock.advance(Duration::from_secs(hours * 3600));
    }
}

/// A tenant nobody else uses.
pub(crate) fn tenant() -> TenantId {
    Uuid::now_v7().into()
}

/// The wish to invite this address.
pub(crate) fn ask(email: &str) -> CreateInviteRequest {
    CreateInviteRequest { email: email.into(), name: "Ann".into(), ..Default::default() }
}

/// The stable word of a refusal.
pub(crate) fn reason(status: &Status) -> String {
    wire::code_of(status).reason
}

/// The fields at fault of a refusal.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    wire::code_of(status).fields.into_iter().map(|violation| violation.field).collect()
}

/// A request with an idempotency key.
pub(crate) fn keyed<T>(cx: &Cx, key: &str, message: T) -> Request<T> {
    wire::call(&Cx { idempotency_key: Some(key.into()), ..cx.clone() }, message)
}

fn mesh(name: &str, trust: &Trust, peers: &Peers) -> Mesh {
    let key = ServiceKey::generate(name).expect("a key");
    trust.believe(name, key.public()).expect("a public key");
    Mesh::new(key, peers.clone())
}
