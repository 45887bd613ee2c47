//! What a transaction leaves behind: facts, audit rows, inbox rows, or nothing.

use std::time::Duration;

use futures::future::{Either, select};
use kernel::{Clock, FactId};
use serde_json::json;
use uuid::Uuid;

use crate::house::{House, eventually};

#[tokio::test]
async fn a_fact_leaves_with_its_commit_and_not_without() {
    let house = House::build().await;
    let relay = house.relay();
    let aggregate = Uuid::now_v7();

    let mut tx = house.db.tenant(house.tenant, "tell").await.expect("opens");
    bus::emit_json(&mut tx, &house.cx(), "user.invite.created", aggregate, &json!({"n": 0}))
        .await
        .expect("emits");
    drop(tx);
    let id = house.tell(aggregate, json!({"n": 1})).await;
    house.until_count(1).await;

    let told = house.told().await;
    assert_eq!(told.len(), 1);
    let fact = &told[0];
    assert_eq!((fact.id, fact.sequence, fact.aggregate), (id, 1, aggregate));
    assert_eq!(fact.tenantid, house.tenant);
    assert_eq!((fact.kind.as_str(), fact.source.as_str()), ("user.invite.created", "/usher/user"));
    assert_eq!(fact.data, json!({"n": 1}));
    relay.stop().await;
}

#[tokio::test]
async fn a_cancelled_emit_leaves_nothing() {
    let house = House::build().await;
    // Cut the op at many moments of its life; only whole commits may count.
    let mut committed = 0;
    for cut in 0..120_u64 {
        let op = async {
            let mut tx = house.db.tenant(house.tenant, "tell").await?;
            bus::emit_json(&mut tx, &house.cx(), "user.invite.created", Uuid::now_v7(), &json!({}))
                .await?;
            bus::audit(&mut tx, &house.cx(), "invite.create", "invite:1").await?;
            tx.commit().await
        };
        let cut = tokio::time::sleep(Duration::from_micros(cut * 25));
        if let Either::Left((done, _)) = select(Box::pin(op), Box::pin(cut)).await {
            done.expect("commits");
            committed += 1;
        }
    }
    let mut admin = house.admin().await;
    eventually("cancelled sessions are rolled back", async || {
        let (open,): (i64,) = sqlx::query_as(
            "select count(*) from pg_stat_activity
             where datname = current_database() and usename = 'usher_user' and xact_start is not null",
        )
        .fetch_one(&mut admin)
        .await
        .expect("reads");
        open == 0
    })
    .await;
    let (facts, audits): (i64, i64) =
        sqlx::query_as("select (select count(*) from outbox), (select count(*) from audit_events)")
            .fetch_one(&mut admin)
            .await
            .expect("counts");
    assert_eq!(facts, audits, "both or neither");
    // A cut after the commit was sent keeps the work without telling us.
    assert!(facts >= committed, "{facts} of {committed}");
}

#[tokio::test]
async fn the_inbox_knows_a_fact_once_per_consumer_and_only_after_a_commit() {
    let house = House::build().await;
    let fact: FactId = Clock::system().new_id();
    let mut cx = house.cx();
    let first = async |cx: &kernel::Cx, keep: bool| {
        let mut tx = house.db.tenant(house.tenant, "hear").await.expect("opens");
        let first = bus::first_delivery(&mut tx, cx).await.expect("asks");
        if keep {
            tx.commit().await.expect("commits");
        }
        first
    };
    assert!(first(&cx, true).await && first(&cx, true).await, "without a cause, all is new");
    cx.cause = Some(("one".into(), fact));
    assert!(first(&cx, false).await);
    assert!(first(&cx, true).await, "the first attempt was rolled back");
    assert!(!first(&cx, true).await);
    cx.cause = Some(("two".into(), fact));
    assert!(first(&cx, true).await, "another consumer");
}

#[tokio::test]
async fn an_audit_row_says_who_and_from_where() {
    let house = House::build().await;
    let mut cx = house.cx();
    cx.ip = Some("192.0.2.7".into());
    let mut tx = house.db.tenant(house.tenant, "audit").await.expect("opens");
    bus::audit(&mut tx, &cx, "invite.create", "invite:1").await.expect("writes");
    let row: (String, String, String, Option<String>, String) =
        sqlx::query_as("select actor, action, target, ip, request_id from audit_events")
            .fetch_one(&mut *tx)
            .await
            .expect("reads");
    let expected =
        ("service:user", "invite.create", "invite:1", Some("192.0.2.7"), cx.request_id.as_str());
    assert_eq!(
        (row.0.as_str(), row.1.as_str(), row.2.as_str(), row.3.as_deref(), row.4.as_str()),
        expected
    );
}
