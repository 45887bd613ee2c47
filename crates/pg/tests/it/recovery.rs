//! A server that closed every session: the next use gets a fresh one and no error.

use futures::future::join_all;
use kernel::{Code, Failure, TenantId};
use pg::{Db, TenantTx};
use uuid::Uuid;

use crate::database::Database;

const GONE: &str = "select count(*) = 0 from pg_stat_activity
                    where datname = current_database() and usename = 'usher_user'";

async fn terminate_all(database: &Database) {
    let ended: i64 = sqlx::query_scalar(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = current_database() and usename = 'usher_user'",
    )
    .fetch_one(&mut database.admin().await)
    .await
    .expect("terminates");
    assert!(ended > 0);
    database.until(GONE).await;
}

/// Opens as many transactions at once as the pool has connections.
async fn fill(db: &Db) -> Vec<TenantTx> {
    let tenant = TenantId::from(Uuid::now_v7());
    let opened = join_all((0..4).map(|_| db.tenant(tenant, "fill_pool"))).await;
    opened.into_iter().map(|tx| tx.expect("a dead connection is no error for the caller")).collect()
}

#[tokio::test]
async fn a_pool_whose_sessions_were_all_terminated_recovers_at_the_next_use() {
    let database = Database::migrated().await;
    let db = database.db(4);
    for _ in 0..3 {
        for tx in fill(&db).await {
            tx.commit().await.expect("commits");
        }
        terminate_all(&database).await;
        for mut tx in fill(&db).await {
            sqlx::query("select 1").execute(&mut *tx).await.expect("alive");
        }
    }
}

#[tokio::test]
async fn one_caller_that_meets_every_dead_connection_still_gets_a_live_one() {
    let database = Database::migrated().await;
    let db = database.db(4);
    drop(fill(&db).await);
    database
        .until(
            "select count(*) = 4 from pg_stat_activity
             where datname = current_database() and usename = 'usher_user' and state = 'idle'",
        )
        .await;
    terminate_all(&database).await;
    let tx = db.tenant(Uuid::now_v7().into(), "meet_the_dead").await.expect("opens");
    tx.commit().await.expect("commits");
}

#[tokio::test]
async fn a_session_that_dies_inside_a_transaction_is_unavailable_then_replaced() {
    let database = Database::migrated().await;
    let db = database.db(1);
    let mut tx = db.tenant(Uuid::now_v7().into(), "die_inside").await.expect("opens");
    terminate_all(&database).await;
    let failure =
        sqlx::query("select 1").execute(&mut *tx).await.map_err(pg::Error::from).expect_err("dead");
    assert_eq!((failure.code(), failure.reason()), (Code::Unavailable, "database_unavailable"));
    let failure = tx.commit().await.expect_err("nothing was kept");
    assert_eq!(failure.code(), Code::Unavailable);
    db.tenant(Uuid::now_v7().into(), "open_again")
        .await
        .expect("opens")
        .commit()
        .await
        .expect("commits");
}
