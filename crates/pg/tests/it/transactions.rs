//! How a transaction ends: kept, rolled back, told.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::FutureExt;
use kernel::TenantId;
use pg::{Error, OnConstraint};
use sqlx::Executor;
use uuid::Uuid;

use crate::database::{Database, INSERT};

async fn rows(database: &Database) -> i64 {
    sqlx::query_scalar("select count(*) from replies")
        .fetch_one(&mut database.admin().await)
        .await
        .expect("counts")
}

#[tokio::test]
async fn a_dropped_transaction_rolls_back_and_its_connection_serves_again() {
    let database = Database::migrated().await;
    let tenant = TenantId::from(Uuid::now_v7());
    let db = database.db(1);
    let mut tx = db.tenant(tenant, "drop_work").await.expect("opens");
    sqlx::query(INSERT).bind(tenant).execute(&mut *tx).await.expect("inserts");
    let pid: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *tx).await.expect("asks");
    drop(tx);

    // The pool has one connection, so this waits for the rollback.
    let mut tx = db.tenant(tenant, "look_again").await.expect("opens");
    let again: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *tx).await.expect("asks");
    assert_eq!(pid, again);
    assert_eq!(rows(&database).await, 0);
}

#[tokio::test]
async fn a_committed_transaction_is_kept() {
    let database = Database::migrated().await;
    let tenant = TenantId::from(Uuid::now_v7());
    let mut tx = database.db(1).tenant(tenant, "keep_work").await.expect("opens");
    sqlx::query(INSERT).bind(tenant).execute(&mut *tx).await.expect("inserts");
    tx.commit().await.expect("commits");
    assert_eq!(rows(&database).await, 1);
}

#[tokio::test]
async fn a_snapshot_sees_one_moment_and_writes_nothing() {
    let database = Database::migrated().await;
    let tenant = TenantId::from(Uuid::now_v7());
    let db = database.db(2);
    let mut seen = db.snapshot(tenant, "look_twice").await.expect("opens");
    let count = "select count(*) from replies";
    let before: i64 = sqlx::query_scalar(count).fetch_one(&mut *seen).await.expect("counts");
    let mut tx = db.tenant(tenant, "keep_work").await.expect("opens");
    sqlx::query(INSERT).bind(tenant).execute(&mut *tx).await.expect("inserts");
    tx.commit().await.expect("commits");
    let after: i64 = sqlx::query_scalar(count).fetch_one(&mut *seen).await.expect("counts");
    assert_eq!((before, after, rows(&database).await), (0, 0, 1));
    sqlx::query(INSERT).bind(tenant).execute(&mut *seen).await.expect_err("only reads");
}

#[tokio::test]
async fn a_transaction_dropped_outside_the_runtime_closes_its_session() {
    let database = Database::migrated().await;
    let db = database.db(1);
    let tx = db.tenant(Uuid::now_v7().into(), "drop_elsewhere").await.expect("opens");
    std::thread::spawn(move || drop(tx)).join().expect("no panic");
    db.tenant(Uuid::now_v7().into(), "open_again")
        .await
        .expect("the pool has room")
        .commit()
        .await
        .expect("commits");
}

#[tokio::test]
async fn a_commit_rings_what_it_touched_and_nothing_else() {
    let database = Database::migrated().await;
    let db = database.db(2);
    let (relay, worker) = (db.outbox_signal().clone(), db.jobs_signal().clone());
    let tenant = TenantId::from(Uuid::now_v7());

    let mut tx = db.tenant(tenant, "touch_outbox").await.expect("opens");
    tx.wake_relay();
    assert!(relay.heard().now_or_never().is_none(), "not before the commit");
    tx.commit().await.expect("commits");
    assert!(relay.heard().now_or_never().is_some());
    assert!(worker.heard().now_or_never().is_none());

    let mut tx = db.platform("touch_jobs", "a test of the signals").await.expect("opens");
    tx.wake_worker();
    tx.commit().await.expect("commits");
    assert!(worker.heard().now_or_never().is_some());
    assert!(relay.heard().now_or_never().is_none());

    let mut tx = db.tenant(tenant, "touch_and_drop").await.expect("opens");
    tx.wake_relay();
    drop(tx);
    db.tenant(tenant, "touch_nothing").await.expect("opens").commit().await.expect("commits");
    assert!(relay.heard().now_or_never().is_none(), "a rollback rings nothing");
}

#[tokio::test]
async fn a_commit_after_a_swallowed_failure_says_that_nothing_was_kept() {
    let database = Database::migrated().await;
    let tenant = TenantId::from(Uuid::now_v7());
    let db = database.db(1);
    let mut tx = db.tenant(tenant, "swallow_failure").await.expect("opens");
    tx.wake_relay();
    sqlx::query(INSERT).bind(tenant).execute(&mut *tx).await.expect("inserts");
    tx.execute("select 1 / 0").await.expect_err("fails, and its caller goes on");
    tx.commit().await.expect_err("PostgreSQL answers a rollback here");
    assert_eq!(rows(&database).await, 0);
    assert!(db.outbox_signal().heard().now_or_never().is_none());
    db.tenant(tenant, "open_again").await.expect("opens").commit().await.expect("commits");
}

#[tokio::test]
async fn what_follows_a_commit_follows_it_once_and_nothing_follows_a_rollback() {
    let database = Database::migrated().await;
    let tenant = TenantId::from(Uuid::now_v7());
    let db = database.db(1);
    let done = Arc::new(AtomicUsize::new(0));
    let count = |by| {
        let done = done.clone();
        move || {
            done.fetch_add(by, Ordering::SeqCst);
        }
    };
    let mut tx = db.tenant(tenant, "commit").await.expect("opens");
    tx.after_commit(count(1));
    tx.after_commit(count(10));
    assert_eq!(done.load(Ordering::SeqCst), 0, "nothing before the commit");
    tx.commit().await.expect("commits");
    assert_eq!(done.load(Ordering::SeqCst), 11);

    let mut tx = db.tenant(tenant, "drop").await.expect("opens");
    tx.after_commit(count(100));
    drop(tx);
    let mut tx = db.tenant(tenant, "swallow_failure").await.expect("opens");
    tx.after_commit(count(1000));
    tx.execute("select 1 / 0").await.expect_err("fails, and its caller goes on");
    tx.commit().await.expect_err("nothing was kept");
    assert_eq!(done.load(Ordering::SeqCst), 11);
}

#[tokio::test]
async fn work_across_tenants_speaks_for_one_until_it_ends() {
    let database = Database::migrated().await;
    let (one, other) = (database.tenant_with_rows(1).await, database.tenant_with_rows(1).await);
    let db = database.db(1);
    let insert = "insert into replies (actor, operation, idempotency_key, fingerprint)
                  values ('user:1', 'CreateInvite', 'spoken', '') returning tenant_id";
    let mut tx = db.platform("speak", "a test").await.expect("opens");
    tx.speak_for(one).await.expect("sets");
    let written: TenantId = sqlx::query_scalar(insert).fetch_one(&mut *tx).await.expect("inserts");
    assert_eq!(written, one);
    let seen: i64 = sqlx::query_scalar("select count(*) from replies where tenant_id = $1")
        .bind(other)
        .fetch_one(&mut *tx)
        .await
        .expect("counts");
    assert_eq!(seen, 1, "it still sees all tenants");
    tx.commit().await.expect("commits");
    let mut tx = db.platform("speak_again", "a test").await.expect("opens");
    sqlx::query(insert).fetch_one(&mut *tx).await.expect_err("it speaks for nobody any more");
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the key is malformed")]
    BadKey,
    #[error(transparent)]
    Database(#[from] Error),
}

#[tokio::test]
async fn a_named_constraint_becomes_the_domain_error_and_any_other_passes_through() {
    let database = Database::migrated().await;
    let db = database.db(1);
    for (name, mapped) in [("replies_idempotency_key_check", true), ("replies_pkey", false)] {
        let mut tx = db.tenant(Uuid::now_v7().into(), "break_constraint").await.expect("opens");
        let refused = sqlx::query(
            "insert into replies (actor, operation, idempotency_key, fingerprint) values ('a', 'o', '', '')",
        )
        .execute(&mut *tx)
        .await
        .on_constraint(name, || Refusal::BadKey)
        .expect_err("the key is empty");
        match refused {
            Refusal::BadKey => assert!(mapped, "{name}"),
            Refusal::Database(Error::Constraint { name: met, .. }) => {
                assert!(!mapped && met == "replies_idempotency_key_check", "{met}");
            }
            Refusal::Database(other) => panic!("{other:?}"),
        }
    }
}
