//! One running service with a database of its own, and callers that prove themselves.

use std::time::Duration;

use auth::{App, Captcha, Hasher, KeyPolicy, Lifetimes, Relying, Signer};
use boot::Host;
use kernel::{Clock, Code, Credential, Cx, Passport, TenantId, UserId};
use outbound::{Outbound, Trusted};
use sqlx::PgConnection;
use testkit::{Database, Neighbours, Stream, cx_of_platform};
use tonic::{Status, service::Routes};
use vault::{Keyring, MasterKey, Vault};
use wire::{
    Caller,
    auth::v1::{
        ActivateCredentialRequest, CreateSessionRequest, IdentifySessionRequest, Identity, Session,
        StageCredentialRequest, VerifyPasswordRequest, credentials_client::CredentialsClient,
        factors_client::FactorsClient, letters_client::LettersClient,
        passkeys_client::PasskeysClient, passwords_client::PasswordsClient,
        sessions_client::SessionsClient,
    },
    call,
    identity::PassportClaims,
    tenant::v1::{domains_server::DomainsServer, tenants_server::TenantsServer},
    user::v1::{access_server::AccessServer, sso_people_server::SsoPeopleServer},
};

use crate::{fakes::Others, people::People};

/// A password that may be chosen.
pub(crate) const PASSWORD: &str = "seven slow green canaries";

/// Where people reach the platform.
pub(crate) const ORIGIN: &str = "https://usher.example";

/// The service under test.
pub(crate) struct House {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) host: Host,
    pub(crate) database: Database,
    /// The services that this one asks.
    pub(crate) others: Others,
    _stream: Stream,
    neighbours: Neighbours,
    /// What the user service would say.
    pub(crate) people: People,
}

impl House {
    /// Starts the service over a fresh database, its clock standing.
    pub(crate) async fn start() -> Self {
        Self::start_with(Hasher::new()).await
    }

    /// Like [`House::start`], with another hasher.
    pub(crate) async fn start_with(hasher: Hasher) -> Self {
        Self::build(hasher, Captcha::Off).await
    }

    /// Like [`House::start`], where strangers give a proof.
    pub(crate) async fn start_asking_for(captcha: Captcha) -> Self {
        Self::build(Hasher::new(), captcha).await
    }

    async fn build(hasher: Hasher, captcha: Captcha) -> Self {
        let (database, stream) = (Database::new().await, Stream::new().await);
        let neighbours = Neighbours::new();
        let clock = Clock::standing_at(jiff::Timestamp::now().into());
        let master = MasterKey::parse(&MasterKey::draw().expect("drawn")).expect("a key");
        let app = App {
            db: database.db(auth::NAME),
            nats: stream.nats().await,
            clock: clock.clone(),
            hasher,
            vault: Vault::new(Keyring { current: master, older: Vec::new() }),
            mesh: neighbours.mesh(auth::NAME),
            outbound: outbound(clock.clone()),
            relying: Relying::build(ORIGIN, None, &[]).expect("a domain"),
            public_url: ORIGIN.into(),
            lifetimes: Lifetimes::default(),
            keys: KeyPolicy::default(),
            signer: Signer::default(),
            access_life: Duration::from_secs(300),
            captcha,
            ban_after: 100,
        };
        let host = Host::new();
        let (others, people) = (Others::default(), People::default());
        settle(&neighbours, &others, &people);
        let started = auth::start(&app, neighbours.trust(), &host);
        neighbours.settle(auth::NAME, started.expect("every RPC has a rule"));
        Self { app, clock, host, database, others, _stream: stream, neighbours, people }
    }

    /// Sessions as a service calls them.
    pub(crate) fn sessions_for(&self, service: &str) -> SessionsClient<Caller> {
        SessionsClient::new(self.neighbours.mesh(service).to(auth::NAME))
    }

    /// Sessions as the gateway calls them.
    pub(crate) fn sessions(&self) -> SessionsClient<Caller> {
        self.sessions_for("gateway")
    }

    /// The way to this service in the name of another.
    pub(crate) fn mesh_of(&self, service: &str) -> Caller {
        self.neighbours.mesh(service).to(auth::NAME)
    }

    /// Credentials as a service calls them.
    pub(crate) fn credentials_for(&self, service: &str) -> CredentialsClient<Caller> {
        CredentialsClient::new(self.neighbours.mesh(service).to(auth::NAME))
    }

    /// Credentials as the user service calls them.
    pub(crate) fn credentials(&self) -> CredentialsClient<Caller> {
        self.credentials_for("user")
    }

    /// Passwords as the gateway calls them.
    pub(crate) fn passwords(&self) -> PasswordsClient<Caller> {
        PasswordsClient::new(self.neighbours.mesh("gateway").to(auth::NAME))
    }

    /// Factors as the gateway calls them.
    pub(crate) fn factors(&self) -> FactorsClient<Caller> {
        FactorsClient::new(self.neighbours.mesh("gateway").to(auth::NAME))
    }

    /// Passkeys as the gateway calls them.
    pub(crate) fn passkeys(&self) -> PasskeysClient<Caller> {
        PasskeysClient::new(self.mesh_of("gateway"))
    }

    /// Letters as a service calls them.
    pub(crate) fn letters_for(&self, service: &str) -> LettersClient<Caller> {
        LettersClient::new(self.neighbours.mesh(service).to(auth::NAME))
    }

    /// Letters as the gateway calls them.
    pub(crate) fn letters(&self) -> LettersClient<Caller> {
        self.letters_for("gateway")
    }

    /// Signs in from `ip`.
    pub(crate) async fn sign_in_from(
        &self,
        ip: &str,
        email: &str,
        password: &str,
    ) -> Result<Session, Status> {
        let request = CreateSessionRequest { email: email.into(), password: password.into() };
        Ok(self.sessions().create_session(call(&from(ip), request)).await?.into_inner())
    }

    /// Signs in from nowhere in particular.
    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Result<Session, Status> {
        let request = CreateSessionRequest { email: email.into(), password: password.into() };
        Ok(self.sessions().create_session(ask(request)).await?.into_inner())
    }

    /// Who stands behind a token.
    pub(crate) async fn identify(&self, token: &str) -> Result<Identity, Status> {
        let request = IdentifySessionRequest { token: token.into() };
        Ok(self.sessions().identify_session(ask(request)).await?.into_inner())
    }

    /// The context of the person of a session.
    pub(crate) fn of(&self, session: &Session) -> Cx {
        self.person(&session.user_id, &session.session_id)
    }

    /// The context of the person of a session, in a tenant.
    pub(crate) fn of_in(&self, session: &Session, tenant: TenantId) -> Cx {
        self.vouched(
            (&session.user_id, &session.session_id),
            Some(tenant),
            &[],
            Credential::Session,
        )
    }

    /// The context of somebody who holds these permissions in a tenant.
    pub(crate) fn holder(&self, tenant: TenantId, permissions: &[&str]) -> Cx {
        let (user_id, session_id) = (testkit::user().to_string(), testkit::user().to_string());
        self.vouched((&user_id, &session_id), Some(tenant), permissions, Credential::Session)
    }

    /// The context of a person whom the gateway vouches for, in this very session.
    pub(crate) fn person(&self, user_id: &str, session_id: &str) -> Cx {
        self.vouched((user_id, session_id), None, &[], Credential::Session)
    }

    /// The context of whoever the gateway vouches for, in a tenant, with these permissions and this credential.
    pub(crate) fn vouched(
        &self,
        (user_id, session_id): (&str, &str),
        tenant: Option<TenantId>,
        permissions: &[&str],
        credential: Credential,
    ) -> Cx {
        let claims = PassportClaims {
            iss: String::new(),
            aud: String::new(),
            exp: 0,
            sub: user_id.into(),
            sid: session_id.into(),
            tid: tenant.map(|id| id.to_string()),
            perms: permissions.iter().map(|&word| word.to_owned()).collect(),
            epoch: 1,
            suspended: false,
            system_admin: false,
            credential,
            of_tenant: false,
        };
        let passport = self.neighbours.mesh("gateway").key().passport(claims).expect("signs");
        Cx { passport: Some(Passport::new(&passport)), tenant, ..cx_of_platform() }
    }

    /// The context of the person of a session that a provider of the tenant opened.
    pub(crate) fn of_provider(&self, session: &Session, tenant: TenantId, rights: &[&str]) -> Cx {
        let passport = self.passport(PassportClaims {
            iss: String::new(),
            aud: String::new(),
            exp: 0,
            sub: session.user_id.clone(),
            sid: session.session_id.clone(),
            tid: Some(tenant.to_string()),
            perms: rights.iter().map(|&word| word.to_owned()).collect(),
            epoch: 1,
            suspended: false,
            system_admin: false,
            credential: Credential::Session,
            of_tenant: true,
        });
        Cx { passport: Some(passport), tenant: Some(tenant), ..cx_of_platform() }
    }

    /// A passport that says this, as the gateway signs it.
    pub(crate) fn passport(&self, claims: PassportClaims) -> Passport {
        let signed = self.neighbours.mesh("gateway").key().passport(claims);
        Passport::new(&signed.expect("signs"))
    }

    /// Stages `password` for a person and returns the credential's id.
    pub(crate) async fn stage(&self, user_id: UserId, email: &str, password: &str) -> String {
        let request = StageCredentialRequest {
            user_id: user_id.to_string(),
            email: email.into(),
            password: password.into(),
            words: vec!["Northwind Music".into()],
        };
        let staged = self.credentials().stage_credential(ask(request)).await;
        staged.expect("stages").into_inner().credential_id
    }

    /// A person who signs in with `email` and [`PASSWORD`].
    pub(crate) async fn signed_up(&self, email: &str) -> UserId {
        let user_id = testkit::user();
        let credential_id = self.stage(user_id, email, PASSWORD).await;
        let request = ActivateCredentialRequest { user_id: user_id.to_string(), credential_id };
        self.credentials().activate_credential(ask(request)).await.expect("activates");
        user_id
    }

    /// Whether `password` is the person's, or why it is not.
    pub(crate) async fn verify(&self, user_id: UserId, password: &str) -> Result<(), String> {
        let request =
            VerifyPasswordRequest { user_id: user_id.to_string(), password: password.into() };
        let verified = self.credentials().verify_password(ask(request)).await;
        verified.map(|_| ()).map_err(|status| wire::code_of(&status).reason)
    }

    /// A connection of one who sees every row.
    pub(crate) async fn admin(&self) -> PgConnection {
        self.database.admin_of(auth::NAME).await
    }

    /// The answer to a query for one text, asked by one who sees every row.
    pub(crate) async fn text(&self, query: &'static str) -> String {
        let mut admin = self.admin().await;
        sqlx::query_scalar(query).fetch_one(&mut admin).await.expect("asks")
    }
}

/// The way outside; providers stand on this machine.
fn outbound(clock: Clock) -> Outbound {
    let config = outbound::Config {
        outbound_trusted_hosts: vec![Trusted::parse("127.0.0.1").expect("a host")],
        outbound_ports: vec![443],
        outbound_connect_timeout_ms: 2_000,
        outbound_host_concurrency: 64,
    };
    config.build(clock).expect("a client")
}

fn settle(neighbours: &Neighbours, others: &Others, people: &People) {
    let tenant = Routes::new(DomainsServer::new(others.clone()));
    neighbours.fake("tenant", tenant.add_service(TenantsServer::new(others.clone())));
    let user = Routes::new(SsoPeopleServer::new(others.clone()));
    neighbours.fake("user", user.add_service(AccessServer::new(people.clone())));
}

impl Drop for House {
    fn drop(&mut self) {
        self.host.kill();
    }
}

/// The context of whoever calls from an address.
pub(crate) fn from(ip: &str) -> Cx {
    Cx { ip: Some(ip.into()), ..cx_of_platform() }
}

/// A request in a fresh context.
pub(crate) fn ask<T>(message: T) -> tonic::Request<T> {
    call(&cx_of_platform(), message)
}

/// The kind and the reason of a refusal.
pub(crate) fn refusal<T>(answer: Result<T, Status>) -> (Code, String) {
    let refusal = wire::code_of(&answer.err().expect("is refused"));
    (refusal.code, refusal.reason)
}
