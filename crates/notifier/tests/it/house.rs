//! One running service: a database and a stream of its own, stand-ins for the services it asks, a mail server that
//! delivers nothing.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use boot::Host;
use bus::{Nats, Relay};
use kernel::{Clock, Cx, InviteId, JobId, TenantId};
use notifier::{App, Config, Limits, Pace};
use pg::Db;
use sandbox::Sandbox;
use testkit::{Database, Neighbours, Stream};
use tonic::service::Routes;
use uuid::Uuid;
use wire::{
    Caller,
    auth::v1::{LetterAsked, letters_server::LettersServer},
    notifier::v1::messages_client::MessagesClient,
    tenant::v1::{TenantMoved, tenants_server::TenantsServer},
    user::v1::{
        EmailChangeRequested, InviteCreated, InviteResent,
        email_changes_server::EmailChangesServer, invites_server::InvitesServer,
    },
};

use crate::peers::{Letters, Link, Tenants, Users};

/// The service under test.
pub(crate) struct House {
    pub(crate) app: App,
    pub(crate) tenant: TenantId,
    pub(crate) sandbox: Sandbox,
    /// What the user service answers when asked for a link.
    pub(crate) link: Arc<Mutex<Link>>,
    database: Database,
    _stream: Stream,
    user_db: Db,
    auth_db: Db,
    host: Host,
    neighbours: Neighbours,
}

impl House {
    /// Starts the service, and the relay that carries the user service's facts to it.
    pub(crate) async fn start() -> Self {
        let sandbox = sandbox::start(sandbox::Config::calm()).await.expect("a mail server");
        let address = format!("smtp://{}", sandbox.mail.smtp_addr());
        Self::start_with(sandbox, &address).await
    }

    /// Like [`House::start`], with a mail server elsewhere.
    pub(crate) async fn start_with(sandbox: Sandbox, smtp_url: &str) -> Self {
        Self::start_at(sandbox, smtp_url, App::usual_limits(), Pace::default()).await
    }

    /// Like [`House::start`], but nobody works on jobs.
    pub(crate) async fn start_without_workers() -> Self {
        let sandbox = sandbox::start(sandbox::Config::calm()).await.expect("a mail server");
        let address = format!("smtp://{}", sandbox.mail.smtp_addr());
        let limits = Limits { concurrency: 0, ..App::usual_limits() };
        let pace = Pace { sweep: Duration::from_secs(3600), ..Pace::default() };
        Self::start_at(sandbox, &address, limits, pace).await
    }

    async fn start_at(sandbox: Sandbox, smtp_url: &str, limits: Limits, pace: Pace) -> Self {
        let (database, stream) = (Database::new().await, Stream::new().await);
        let (host, neighbours) = (Host::new(), Neighbours::new());
        let link = Arc::new(Mutex::new(Link::Open { sends: 1 }));
        let user = Routes::new(InvitesServer::new(Users(link.clone())));
        let user = user.add_service(EmailChangesServer::new(Users(link.clone())));
        neighbours.fake("user", user);
        neighbours.fake("auth", Routes::new(LettersServer::new(Letters)));
        neighbours.fake("tenant", Routes::new(TenantsServer::new(Tenants)));
        let mut app = app(&database, stream.nats().await, &neighbours, smtp_url);
        (app.limits, app.pace) = (limits, pace);
        let started = notifier::start(&app, neighbours.trust(), &host);
        neighbours.settle(notifier::NAME, started.expect("every RPC has a rule"));
        let (user_db, auth_db) = (database.db("user"), database.db("auth"));
        for db in [user_db.clone(), auth_db.clone()] {
            let relay = Relay::new(db, stream.nats().await);
            host.spawn("relay", async move |stop| Ok(relay.run(stop).await?));
        }
        let tenant = testkit::tenant();
        Self {
            app,
            tenant,
            sandbox,
            link,
            database,
            _stream: stream,
            user_db,
            auth_db,
            host,
            neighbours,
        }
    }

    /// The user service invites somebody.
    pub(crate) async fn invite(&self, email: &str, name: &str, locale: &str) -> InviteId {
        let invite_id = InviteId::from(Uuid::now_v7());
        self.tell_created(invite_id, email, name, locale).await;
        invite_id
    }

    /// The user service tells that it invited somebody.
    pub(crate) async fn tell_created(&self, id: InviteId, email: &str, name: &str, locale: &str) {
        let fact = InviteCreated {
            invite_id: id.to_string(),
            email: email.into(),
            name: name.into(),
            locale: locale.into(),
            ..Default::default()
        };
        self.tell(id.uuid(), &fact).await;
    }

    /// The user service tells that the letter is wanted again.
    pub(crate) async fn tell_resent(&self, id: InviteId, email: &str, sends: i32) {
        let fact = InviteResent {
            invite_id: id.to_string(),
            email: email.into(),
            name: "Ann".into(),
            sends,
            ..Default::default()
        };
        self.tell(id.uuid(), &fact).await;
    }

    /// The auth service tells that somebody asked for a letter.
    pub(crate) async fn tell_asked(&self, id: Uuid, kind: &str, email: &str, locale: &str) {
        let fact = LetterAsked {
            letter_id: id.to_string(),
            kind: kind.into(),
            email: email.into(),
            locale: locale.into(),
        };
        let cx = testkit::cx(TenantId::PLATFORM);
        let mut tx = self.auth_db.tenant(TenantId::PLATFORM, "tell").await.expect("opens");
        bus::emit(&mut tx, &cx, id, &fact).await.expect("emits");
        tx.commit().await.expect("commits");
    }

    /// The user service tells that somebody wishes for another address.
    pub(crate) async fn tell_wish(&self, old: &str, new: &str, locale: &str) {
        let change_id = Uuid::now_v7();
        let fact = EmailChangeRequested {
            change_id: change_id.to_string(),
            name: "Ann Smith".into(),
            old_email: old.into(),
            new_email: new.into(),
            locale: locale.into(),
            ..Default::default()
        };
        self.tell_in(TenantId::PLATFORM, change_id, &fact).await;
    }

    /// The tenant came to another status.
    pub(crate) async fn tell_moved(&self, status: &str, epoch: i64) {
        let fact = TenantMoved { status: status.into(), epoch, ..Default::default() };
        self.tell(self.tenant.uuid(), &fact).await;
    }

    async fn tell<F: wire::Fact>(&self, id: Uuid, fact: &F) {
        self.tell_in(self.tenant, id, fact).await;
    }

    async fn tell_in<F: wire::Fact>(&self, tenant: TenantId, id: Uuid, fact: &F) {
        let mut tx = self.user_db.tenant(tenant, "tell").await.expect("opens");
        bus::emit(&mut tx, &testkit::cx(tenant), id, fact).await.expect("emits");
        tx.commit().await.expect("commits");
    }

    /// The way to this service in the name of another.
    pub(crate) fn caller(&self, service: &str) -> Caller {
        self.neighbours.mesh(service).to(notifier::NAME)
    }

    /// Messages as the gateway calls them, and the context of a member of `tenant` who holds `permissions`.
    pub(crate) fn member(
        &self,
        tenant: TenantId,
        permissions: &[&str],
    ) -> (MessagesClient<Caller>, Cx) {
        let client = MessagesClient::new(self.neighbours.mesh("gateway").to(notifier::NAME));
        (client, self.neighbours.person(Some(tenant), testkit::user(), permissions))
    }

    /// The context of somebody of the platform's staff who holds `permissions`.
    pub(crate) fn staff(&self, permissions: &[&str]) -> Cx {
        self.neighbours.person(None, testkit::user(), permissions)
    }

    /// The answer to a query for one text, asked by one who sees every row; empty for none.
    pub(crate) async fn text(&self, query: &'static str) -> String {
        let mut admin = self.database.admin_of(notifier::NAME).await;
        let asked = sqlx::query_scalar::<_, Option<String>>(query).fetch_optional(&mut admin);
        asked.await.expect("asks").flatten().unwrap_or_default()
    }

    /// Every run of the service, in the order of their starts.
    pub(crate) async fn jobs(&self) -> Vec<JobId> {
        let mut admin = self.database.admin_of(notifier::NAME).await;
        let asked = sqlx::query_scalar("select id from jobs order by id").fetch_all(&mut admin);
        asked.await.expect("asks")
    }

    /// Waits until a query is answered with `wanted`.
    pub(crate) async fn until(&self, query: &'static str, wanted: &str) {
        let what = format!("{query}\nto become {wanted:?}");
        testkit::eventually(&what, async || self.text(query).await == wanted).await;
    }
}

fn app(database: &Database, nats: Nats, neighbours: &Neighbours, smtp_url: &str) -> App {
    let config = Config {
        smtp_url: Some(smtp_url.into()),
        mail_from: "Usher <usher@mail.example>".parse().expect("a mailbox"),
    };
    App {
        db: database.db(notifier::NAME),
        nats,
        clock: Clock::system(),
        pace: Pace::default(),
        limits: App::usual_limits(),
        mesh: neighbours.mesh(notifier::NAME),
        mailer: config.build().expect("an address"),
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("House").field("database", &self.database).finish_non_exhaustive()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.host.kill();
    }
}
