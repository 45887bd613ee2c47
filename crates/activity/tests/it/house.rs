//! The service behind its guard, with the gateway as its caller and a stream of its own.

use std::time::Duration;

use activity::App;
use async_nats::jetstream;
use boot::Host;
use bus::{Envelope, Nats};
use kernel::{Clock, Cx, TenantId};
use serde_json::Value;
use testkit::{Database, Neighbours, Stream};
use uuid::Uuid;
use wire::{
    Caller,
    activity::v1::{Item, ListActivityRequest, feed_client::FeedClient},
};

use crate::cord::Cord;

/// The longest a test waits for what must come.
const PATIENCE: Duration = testkit::PATIENCE;

/// A running service.
pub(crate) struct House {
    pub(crate) cord: Cord,
    pub(crate) host: Host,
    neighbours: Neighbours,
    /// A way to NATS that is never cut.
    teller: jetstream::Context,
    stream: Stream,
    _database: Database,
}

impl House {
    pub(crate) async fn open() -> Self {
        let (database, stream) = (Database::new().await, Stream::new().await);
        let cord = Cord::to(stream.url().trim_start_matches("nats://").to_owned()).await;
        let through = format!("nats://127.0.0.1:{}", cord.port);
        let nats =
            Nats::connect_to(&through.into(), stream.place().clone()).await.expect("an address");
        let host = Host::new();
        let app = App {
            db: database.db(activity::NAME),
            nats: nats.clone(),
            clock: Clock::system(),
            stopping: host.stopping(),
        };
        let neighbours = Neighbours::new();
        let started = activity::start(&app, neighbours.trust(), &host);
        neighbours.settle(activity::NAME, started.expect("every RPC has a rule"));
        within(async { while nats.ensure_stream().await.is_err() {} }).await;
        let teller = stream.jetstream().await;
        Self { cord, host, neighbours, teller, stream, _database: database }
    }

    pub(crate) fn client(&self) -> FeedClient<Caller> {
        FeedClient::new(self.neighbours.mesh("gateway").to(activity::NAME))
    }

    /// An operator in the tenant, or of the platform.
    pub(crate) fn operator(&self, tenant: Option<TenantId>) -> Cx {
        let rights = ["activity.feed.read", "activity.facts.read"];
        self.neighbours.person(tenant, testkit::user(), &rights)
    }

    /// Tells a fact as a relay would: until the stream has stored it.
    pub(crate) async fn tell(&self, fact: &Envelope) {
        let subject = self.stream.place().subject(fact.tenantid, &fact.kind);
        within(async {
            loop {
                let sent = self.teller.publish(subject.clone(), fact.to_bytes()).await;
                if sent.expect("is sent").await.is_ok() {
                    return;
                }
            }
        })
        .await;
    }

    /// The tenant's feed, newest first, page by page.
    pub(crate) async fn feed(&self, tenant: TenantId, page_size: i32) -> Vec<Item> {
        let (cx, mut items) = (self.operator(Some(tenant)), Vec::new());
        let mut page_token = String::new();
        loop {
            let ask = ListActivityRequest { page_size, page_token };
            let page = self.client().list_activity(wire::call(&cx, ask)).await;
            let page = page.expect("lists").into_inner();
            items.extend(page.items);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return items;
            }
        }
    }

    /// Waits until the tenant's feed has this many items.
    pub(crate) async fn feed_of(&self, tenant: TenantId, items: usize) -> Vec<Item> {
        within(async {
            loop {
                let feed = self.feed(tenant, 50).await;
                if feed.len() >= items {
                    return feed;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
    }

    /// Takes the stream away under everybody's feet.
    pub(crate) async fn wipe(&self) {
        let gone = self.teller.delete_stream(&self.stream.place().name).await;
        gone.expect("is deleted");
    }

    /// Ends the service in good order.
    pub(crate) async fn close(self) {
        self.host.drain(Duration::from_secs(5)).await;
    }
}

/// What comes of `work`, which must not take for ever.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("comes in time")
}

/// A tenant that nobody else has.
pub(crate) fn tenant() -> TenantId {
    testkit::tenant()
}

/// A fact that was told in this second of 1970.
pub(crate) fn fact(tenant: TenantId, kind: &str, second: i64, data: Value) -> Envelope {
    Envelope {
        specversion: "1.0".into(),
        id: Uuid::now_v7().into(),
        source: "/usher/user".into(),
        kind: kind.into(),
        aggregate: Uuid::now_v7(),
        time: jiff::Timestamp::from_second(second).expect("a second"),
        datacontenttype: "application/json".into(),
        tenantid: tenant,
        sequence: 1,
        traceparent: None,
        requestid: "r".into(),
        data,
    }
}
