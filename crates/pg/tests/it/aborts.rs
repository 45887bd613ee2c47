//! A storm of clients that go away while their transaction opens.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::future::join_all;
use kernel::TenantId;
use pg::Db;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::PgConnection;
use tracing_subscriber::{Layer, layer::SubscriberExt};

use crate::database::Database;

const ABORTS: usize = 1_000;
const ABORTERS: usize = 8;
const CLIENTS: usize = 4;
const POOL: u32 = 4;
const ROWS: usize = 3;

/// A client's patience with a future.
enum Patience {
    /// Drops it after so many polls; one poll leaves BEGIN on its way.
    Polls(u32),
    /// Drops it after a time, wherever it then stands.
    Time(Duration),
}

impl Patience {
    fn draw(random: &mut StdRng) -> Self {
        if random.random_bool(0.7) {
            Self::Polls(random.random_range(0..4))
        } else {
            Self::Time(Duration::from_micros(random.random_range(0..1_500)))
        }
    }
}

/// Runs `future` as long as the patience lasts; true if it came to its end.
async fn impatient(patience: Patience, future: impl Future<Output = ()>) -> bool {
    match patience {
        Patience::Polls(polls) => Polled { future: Box::pin(future), polls }.await,
        Patience::Time(time) => tokio::time::timeout(time, future).await.is_ok(),
    }
}

struct Polled<F> {
    future: Pin<Box<F>>,
    polls: u32,
}

impl<F: Future<Output = ()>> Future for Polled<F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        if self.polls == 0 {
            return Poll::Ready(false);
        }
        self.polls -= 1;
        match self.future.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if self.polls == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Counts the server's warning that BEGIN met an open transaction: the one sure sign of a leaked one.
#[derive(Clone, Default)]
struct Leaks(Arc<AtomicUsize>);

impl<S: tracing::Subscriber> Layer<S> for Leaks {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() == "sqlx::postgres::notice" {
            event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                if field.name() == "message"
                    && format!("{value:?}").contains("already a transaction")
                {
                    self.0.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    }
}

/// One impatient client: opens, and reads and commits if it gets so far.
async fn open_and_read(db: Db, tenant: TenantId, across: bool) {
    const READ: &str = "select count(*) from replies";
    if across {
        if let Ok(mut tx) = db.platform("abort_across", "a test of aborted clients").await {
            let _ = sqlx::query(READ).execute(&mut *tx).await;
            let _ = tx.commit().await;
        }
    } else if let Ok(mut tx) = db.tenant(tenant, "abort_inside").await {
        let _ = sqlx::query(READ).execute(&mut *tx).await;
        let _ = tx.commit().await;
    }
}

/// What every transaction must see: its own tenant, its own role, its own rows.
async fn verify(tx: &mut PgConnection, tenant: TenantId) {
    let (scope, role, own, all): (Option<TenantId>, String, i64, i64) = sqlx::query_as(
        "select usher.current_tenant(), current_user::text,
                count(*) filter (where tenant_id = $1), count(*) from replies",
    )
    .bind(tenant)
    .fetch_one(tx)
    .await
    .expect("reads");
    assert_eq!((scope, role.as_str()), (Some(tenant), "usher_user"));
    assert_eq!((own, all), (ROWS as i64, ROWS as i64), "rows of another tenant");
}

/// Normal traffic until the storm is over; answers how many transactions it verified.
async fn traffic(db: Db, tenant: TenantId, over: Arc<AtomicBool>) -> usize {
    let mut verified = 0;
    while !over.load(Ordering::Relaxed) {
        let mut tx = db.tenant(tenant, "verify_scope").await.expect("a connection in time");
        verify(&mut tx, tenant).await;
        tx.commit().await.expect("commits");
        verified += 1;
    }
    verified
}

/// Impatient clients, one after the other, until enough of them went away early.
async fn storm(db: Db, tenants: Arc<[TenantId]>, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut aborted = 0;
    while aborted < ABORTS / ABORTERS {
        let tenant = tenants[random.random_range(0..tenants.len())];
        let client = open_and_read(db.clone(), tenant, random.random_bool(0.3));
        if !impatient(Patience::draw(&mut random), client).await {
            aborted += 1;
        }
    }
}

/// Takes every connection of the pool at once: each must begin a transaction of its own, now.
async fn every_connection_is_outside_a_transaction(database: &Database, db: &Db, tenant: TenantId) {
    let asked: String = sqlx::query_scalar("select clock_timestamp()::text")
        .fetch_one(&mut database.admin().await)
        .await
        .expect("asks");
    for tx in join_all((0..POOL).map(|_| db.tenant(tenant, "take_all"))).await {
        let mut tx = tx.expect("opens");
        let fresh: bool = sqlx::query_scalar("select now() >= $1::text::timestamptz")
            .bind(&asked)
            .fetch_one(&mut *tx)
            .await
            .expect("asks");
        assert!(fresh, "a connection was handed out inside an older transaction");
        verify(&mut tx, tenant).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_that_abort_during_begin_leave_no_transaction_and_show_no_foreign_row() {
    let leaks = Leaks::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(leaks.clone()))
        .expect("no other test listens");
    let seed: u64 = std::env::var("USHER_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random);
    println!("USHER_TEST_SEED={seed}");

    let database = Database::migrated().await;
    let mut tenants = Vec::new();
    for _ in 0..CLIENTS {
        tenants.push(database.tenant_with_rows(ROWS).await);
    }
    let tenants: Arc<[TenantId]> = tenants.into();
    let db = database.db(POOL);
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = tenants
        .iter()
        .map(|&tenant| tokio::spawn(traffic(db.clone(), tenant, over.clone())))
        .collect();
    let aborters: Vec<_> = (0..ABORTERS as u64)
        .map(|each| tokio::spawn(storm(db.clone(), tenants.clone(), seed.wrapping_add(each))))
        .collect();

    for aborter in join_all(aborters).await {
        aborter.expect("the storm itself does not fail");
    }
    over.store(true, Ordering::Relaxed);
    for client in join_all(clients).await {
        assert!(client.expect("no client saw anything wrong") > 0, "normal traffic went on");
    }
    database
        .until(
            "select bool_and(state = 'idle' and xact_start is null) and count(*) <= 4 from pg_stat_activity
             where datname = current_database() and usename = 'usher_user'",
        )
        .await;
    every_connection_is_outside_a_transaction(&database, &db, tenants[0]).await;
    assert_eq!(leaks.0.load(Ordering::Relaxed), 0, "BEGIN met a transaction that was already open");
}
