//! A database per test.

use futures::future::join_all;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::{Database, servers};

async fn stands(name: &str) -> bool {
    let mut admin = PgConnection::connect(&servers().await.database_url).await.expect("connects");
    let asked = sqlx::query_scalar("select exists (select from pg_database where datname = $1)");
    asked.bind(name.to_owned()).fetch_one(&mut admin).await.expect("asks")
}

async fn name(database: &Database) -> String {
    let mut admin = database.admin().await;
    sqlx::query_scalar("select current_database()").fetch_one(&mut admin).await.expect("asks")
}

#[tokio::test]
async fn a_database_has_the_schema_and_services_log_in_with_their_own_roles() {
    let database = Database::new().await;
    for service in pg::services() {
        database.db(service).ping().await.expect("the service is let in");
    }
    let db = database.db("tenant");
    let tenant = testkit::tenant();
    let mut tx = db.tenant(tenant, "probe").await.expect("opens");
    let role: String =
        sqlx::query_scalar("select current_user").fetch_one(&mut *tx).await.expect("asks");
    assert_eq!(role, "usher_tenant");
    let fact = serde_json::json!({"tenantId": tenant.to_string()});
    bus::emit_json(&mut tx, &testkit::cx(tenant), "tenant.tenant.created", tenant.uuid(), &fact)
        .await
        .expect("the outbox is there");
    tx.commit().await.expect("commits");
}

#[tokio::test]
async fn databases_are_apart_and_many_may_be_made_at_once() {
    let databases = join_all((0..6).map(|_| Database::new())).await;
    for database in &databases {
        let mut admin = database.admin().await;
        admin.execute("create table public.mine ()").await.expect("is alone in its database");
    }
    let fresh = Database::new().await;
    let mut admin = fresh.admin().await;
    let seen: bool = sqlx::query_scalar("select to_regclass('public.mine') is not null")
        .fetch_one(&mut admin)
        .await
        .expect("asks");
    assert!(!seen, "a test's table must not reach the template");
}

#[tokio::test]
async fn a_dropped_database_is_gone_even_while_it_is_used() {
    let database = Database::new().await;
    let (name, db) = (name(&database).await, database.db("user"));
    let open = db.tenant(testkit::tenant(), "probe").await.expect("opens");
    assert!(stands(&name).await);
    drop(database);
    assert!(!stands(&name).await);
    drop(open);
}

#[tokio::test]
async fn a_vanished_template_is_made_again() {
    drop(Database::new().await);
    let mut admin = PgConnection::connect(&servers().await.database_url).await.expect("connects");
    let template: String = sqlx::query_scalar(
        "select datname from pg_database where starts_with(datname, 'usher_template_')
         and datname like '%' || $1 || '%'",
    )
    .bind(&pg::fingerprint()[..16])
    .fetch_one(&mut admin)
    .await
    .expect("finds it");
    // Refused while another test clones it, which is just as well.
    let _ = admin.execute(AssertSqlSafe(format!("drop database if exists {template}"))).await;
    Database::new().await.db("user").ping().await.expect("is there again");
}

#[tokio::test]
async fn an_empty_database_can_be_migrated() {
    let database = Database::empty().await;
    pg::migrate(&database.access()).await.expect("migrates");
    database.db("tenant").ping().await.expect("the service is let in");
}
