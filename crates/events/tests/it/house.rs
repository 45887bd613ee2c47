//! The service behind its guard, with the gateway as its caller.

use boot::Host;
use bus::Nats;
use events::App;
use kernel::{Clock, Cx, TenantId};
use sqlx::AssertSqlSafe;
use testkit::{Database, Neighbours};
use tonic::Status;
use wire::{
    Caller, Refusal,
    events::v1::{CreateEventRequest, events_client::EventsClient},
};

/// A running service.
pub(crate) struct House {
    database: Database,
    neighbours: Neighbours,
    host: Host,
}

impl House {
    pub(crate) async fn open() -> Self {
        let database = Database::new().await;
        // Nothing is told to anybody here: the facts stay in the outbox, where the tests count them.
        let nats = Nats::connect(&"nats://127.0.0.1:9".to_owned().into()).await;
        let app = App {
            db: database.db(events::NAME),
            nats: nats.expect("answers though nobody is there"),
            clock: Clock::system(),
        };
        let (neighbours, host) = (Neighbours::new(), Host::new());
        let started = events::start(&app, neighbours.trust(), &host);
        neighbours.settle(events::NAME, started.expect("every RPC has a rule"));
        Self { database, neighbours, host }
    }

    pub(crate) fn client(&self) -> EventsClient<Caller> {
        EventsClient::new(self.neighbours.mesh("gateway").to(events::NAME))
    }

    /// A person of the tenant who may do all with its events.
    pub(crate) fn person(&self, tenant: TenantId) -> Cx {
        let rights = ["events.event.create", "events.event.read"];
        self.neighbours.person(Some(tenant), testkit::user(), &rights)
    }

    /// Counts the rows of one of the service's tables, across tenants.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let mut admin = self.database.admin_of(events::NAME).await;
        let question = format!("select count(*) from {table}");
        sqlx::query_scalar(AssertSqlSafe(question)).fetch_one(&mut admin).await.expect("counts")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.host.kill();
    }
}

/// A tenant that nobody else has.
pub(crate) fn tenant() -> TenantId {
    testkit::tenant()
}

/// A well-formed wish for an event from one second of 1970 to another.
pub(crate) fn wish(title: &str, starts: i64, ends: i64) -> CreateEventRequest {
    let at = |seconds| {
        let instant = jiff::Timestamp::from_second(seconds).expect("a second");
        Some(wire::timestamp(instant.into()))
    };
    CreateEventRequest {
        title: title.into(),
        description: "All are welcome.\nBring a cup.".into(),
        starts_at: at(starts),
        ends_at: at(ends),
        location: "The garden".into(),
    }
}

/// The refusal of a call that must fail.
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> Refusal {
    wire::code_of(&answer.expect_err("must be refused"))
}
