//! The stored answer to a repeated idempotency key.

use kernel::{Clock, Cx, TenantId};
use pg::{
    Db, Result,
    replies::{Known, keep, recall},
};
use uuid::Uuid;

use crate::database::Database;

const OPERATION: &str = "CreateInvite";

fn cx(tenant: TenantId, key: Option<&str>) -> Cx {
    Cx {
        idempotency_key: key.map(Into::into),
        ..Cx::of_service("gateway", Some(tenant), &Clock::system())
    }
}

/// One call of an op: recalls, and where nothing is known answers with `reply`.
async fn call(db: &Db, cx: &Cx, operation: &str, print: &[u8], reply: &[u8]) -> Result<Known> {
    let mut tx = db.tenant(cx.tenant.expect("a tenant"), "answer_once").await?;
    let known = recall(&mut tx, cx, operation, print).await?;
    if known == Known::Nothing {
        keep(&mut tx, cx, operation, reply).await?;
    }
    tx.commit().await?;
    Ok(known)
}

#[tokio::test]
async fn a_repeated_key_recalls_the_first_reply_and_another_request_under_it_is_told() {
    let database = Database::migrated().await;
    let (db, tenant) = (database.db(2), TenantId::from(Uuid::now_v7()));
    let cx = cx(tenant, Some("k1"));
    assert_eq!(call(&db, &cx, OPERATION, b"print", b"first").await.expect("calls"), Known::Nothing);
    assert_eq!(
        call(&db, &cx, OPERATION, b"print", b"second").await.expect("calls"),
        Known::Reply(b"first".into())
    );
    assert_eq!(call(&db, &cx, OPERATION, b"other", b"second").await.expect("calls"), Known::Other);
    assert_eq!(
        call(&db, &cx, OPERATION, b"print", b"third").await.expect("calls"),
        Known::Reply(b"first".into())
    );
}

#[tokio::test]
async fn a_key_belongs_to_its_tenant_actor_and_operation() {
    let database = Database::migrated().await;
    let (db, tenant) = (database.db(2), TenantId::from(Uuid::now_v7()));
    let first = cx(tenant, Some("k1"));
    let elsewhere = cx(Uuid::now_v7().into(), Some("k1"));
    let somebody = Cx { actor: kernel::Actor::Anonymous, ..first.clone() };
    for (cx, operation) in [
        (&first, OPERATION),
        (&first, "RevokeInvite"),
        (&somebody, OPERATION),
        (&elsewhere, OPERATION),
    ] {
        assert_eq!(
            call(&db, cx, operation, b"print", b"reply").await.expect("calls"),
            Known::Nothing
        );
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_known_and_nothing_is_kept() {
    let database = Database::migrated().await;
    let cx = cx(Uuid::now_v7().into(), None);
    for _ in 0..2 {
        assert_eq!(
            call(&database.db(1), &cx, OPERATION, b"p", b"r").await.expect("calls"),
            Known::Nothing
        );
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from replies")
        .fetch_one(&mut database.admin().await)
        .await
        .expect("counts");
    assert_eq!(kept, 0);
}

/// Starts a second call while the first holds the key; answers what the second learns once the first has ended.
async fn second_holder(commits: bool) -> Known {
    let database = Database::migrated().await;
    let (db, tenant) = (database.db(2), TenantId::from(Uuid::now_v7()));
    let cx = cx(tenant, Some("k1"));
    let mut first = db.tenant(tenant, "hold_key").await.expect("opens");
    assert_eq!(
        recall(&mut first, &cx, OPERATION, b"print").await.expect("recalls"),
        Known::Nothing
    );
    let second = tokio::spawn({
        let (db, cx) = (db.clone(), cx.clone());
        async move { call(&db, &cx, OPERATION, b"print", b"second").await }
    });
    database
        .until(
            "select count(*) = 1 from pg_stat_activity
             where datname = current_database() and usename = 'usher_user' and wait_event_type = 'Lock'",
        )
        .await;
    keep(&mut first, &cx, OPERATION, b"first").await.expect("keeps");
    if commits {
        first.commit().await.expect("commits");
    } else {
        drop(first);
    }
    second.await.expect("no panic").expect("calls")
}

#[tokio::test]
async fn a_parallel_holder_waits_and_gets_the_reply_of_the_first() {
    assert_eq!(second_holder(true).await, Known::Reply(b"first".into()));
}

#[tokio::test]
async fn a_parallel_holder_takes_over_when_the_first_rolls_back() {
    assert_eq!(second_holder(false).await, Known::Nothing);
}
