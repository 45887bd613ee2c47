//! The migrated database that every test's is cloned from: made once per schema and day.

use jiff::{Zoned, tz::TimeZone};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::{database, run};

/// What the names of all templates begin with.
const PREFIX: &str = "usher_template_";

/// Held on the administrator's database while a template is made.
const LOCK: i64 = 0x7465_6d70_6c61;

/// Makes sure that the template stands on the server, and says what it is called.
pub(crate) async fn ensure(server: &str) -> String {
    let name = name();
    let mut admin = database::connect(server).await;
    if stands(&mut admin, &name).await {
        return name;
    }
    // Falls with the session.
    let lock = sqlx::query("select pg_advisory_lock($1)").bind(LOCK);
    lock.execute(&mut admin).await.expect("takes the lock");
    if !stands(&mut admin, &name).await {
        drop_stale(&mut admin).await;
        make(&mut admin, server, &name).await;
    }
    // Whether the farewell arrives does not matter.
    let _ = admin.close().await;
    name
}

/// The schema, and the day: migrations lay out partitions from the day on which they run.
fn name() -> String {
    let schema = pg::fingerprint();
    let today = Zoned::now().with_time_zone(TimeZone::UTC).strftime("%Y%m%d").to_string();
    format!("{PREFIX}{}_{today}", &schema[..16])
}

async fn stands(admin: &mut PgConnection, name: &str) -> bool {
    let asked = sqlx::query_scalar("select exists (select from pg_database where datname = $1)");
    asked.bind(name).fetch_one(admin).await.expect("lists databases")
}

/// Templates of other schemas and days. A test of another build that still needs one makes it anew.
async fn drop_stale(admin: &mut PgConnection) {
    let asked =
        sqlx::query_scalar("select datname from pg_database where starts_with(datname, $1)");
    let stale: Vec<String> = asked.bind(PREFIX).fetch_all(&mut *admin).await.expect("lists them");
    for name in stale {
        // One that is being cloned right now stays until the next time.
        let _ = admin.execute(AssertSqlSafe(format!("drop database if exists {name}"))).await;
    }
}

/// Made under another name first: a process that is killed half-way leaves no half template.
async fn make(admin: &mut PgConnection, server: &str, name: &str) {
    let draft = run::name(database::PREFIX);
    let mut obey = async |statement: String| admin.execute(AssertSqlSafe(statement)).await;
    obey(format!("create database {draft}")).await.expect("may create databases");
    let access = database::access(database::url_on(server, &draft), 1);
    pg::migrate(&access).await.expect("migrates");
    // A stray session would keep it from being cloned.
    obey(format!("alter database {draft} with allow_connections false")).await.expect("closes it");
    obey(format!("alter database {draft} rename to {name}")).await.expect("names it");
}
