//! A database of its own for each test, cloned from a migrated template and dropped with its owner.

use std::{str::FromStr, time::Duration};

use pg::{Access, Db};
use secrecy::SecretString;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions,
};

use crate::{Servers, keeper, run, servers, template};

/// What the names of all tests' databases begin with.
pub(crate) const PREFIX: &str = "usher_test_";

/// The master key of every test, as hex; published, so it protects nothing. Services' passwords derive from it, and roles belong to the whole server: all
/// tests must agree.
pub const MASTER_KEY: &str = "91d574e44f0a11c57f4c6a13c33c16325203844074591fc23e15a9d8dd42d128";

/// Connections of one service's pool, unless a test asks for more.
const CONNECTIONS: u32 = 8;

/// How long dropping a database may keep a test from ending.
const CLEANING: Duration = Duration::from_secs(20);

/// "The template is not there", in PostgreSQL's own words.
const NO_SUCH_DATABASE: &str = "3D000";

/// A test's own database. Dropping it drops the database, whoever still uses it.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// A database with this build's schema and no rows.
    pub async fn new() -> Self {
        Self::new_on(servers().await).await
    }

    /// Like [`Database::new`], on servers that the test itself started.
    pub async fn new_on(servers: &Servers) -> Self {
        // Another build's tests may drop the template between two steps.
        for _ in 0..3 {
            let template = template::ensure(&servers.database_url).await;
            if let Some(database) = Self::create(servers, &format!(" template {template}")).await {
                return database;
            }
        }
        panic!("the template database vanishes again and again")
    }

    /// A database without any schema of ours: for tests of migrations.
    pub async fn empty() -> Self {
        let created = Self::create(servers().await, "").await;
        created.expect("needs no template")
    }

    async fn create(servers: &Servers, source: &str) -> Option<Self> {
        let database = Self { server: servers.database_url.clone(), name: run::name(PREFIX) };
        let mut admin = connect(&servers.database_url).await;
        let create = format!("create database {}{source}", database.name);
        match admin.execute(AssertSqlSafe(create)).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(refused))
                if refused.code().as_deref() == Some(NO_SUCH_DATABASE) =>
            {
                return None;
            }
            Err(other) => panic!("cannot create a database: {other}"),
        }
        if !servers.forgets_quickly() {
            // Nobody pulls the plug of a test database, so its commits need not wait for the disk.
            let relax = format!("alter database {} set synchronous_commit = off", database.name);
            admin.execute(AssertSqlSafe(relax)).await.expect("sets");
        }
        Some(database)
    }

    /// Its address, of a superuser.
    #[must_use]
    pub fn url(&self) -> String {
        url_on(&self.server, &self.name)
    }

    /// What services and migrations need to reach it.
    #[must_use]
    pub fn access(&self) -> Access {
        self.access_with(CONNECTIONS)
    }

    /// Like [`Database::access`], with pools of this size.
    #[must_use]
    pub fn access_with(&self, connections: u32) -> Access {
        access(self.url(), connections)
    }

    /// It as a service sees it: logged in with the service's own role. Each call makes a pool of its own, as another
    /// process would have.
    #[must_use]
    pub fn db(&self, service: &'static str) -> Db {
        Db::connect(&self.access(), service).expect("an address")
    }

    /// A connection of a superuser, who sees every row.
    pub async fn admin(&self) -> PgConnection {
        connect(&self.url()).await
    }

    /// Like [`Database::admin`], where a service's tables need no schema before their names.
    pub async fn admin_of(&self, service: &str) -> PgConnection {
        let mut admin = self.admin().await;
        let home = format!("set search_path = usher_{service}, usher");
        admin.execute(AssertSqlSafe(home)).await.expect("sets");
        admin
    }

    /// Waits until `question`, a query for one boolean about a service's tables, is answered with yes.
    ///
    /// Panics with the question when that takes too long.
    pub async fn until(&self, service: &str, question: &'static str) {
        let mut admin = self.admin_of(service).await;
        crate::eventually(question, async || {
            sqlx::query_scalar(question).fetch_one(&mut admin).await.expect("answers")
        })
        .await;
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped =
            keeper::clean_up(async move { drop_database(&server, &name).await }, CLEANING);
        // A server that the test has stopped took the database with it.
        if !matches!(dropped, Some(Ok(()))) {
            eprintln!("the database {} stays behind", self.name);
        }
    }
}

/// Drops the databases of test processes that died before they could.
pub(crate) async fn sweep(server: &str) -> sqlx::Result<()> {
    let mut admin = options(server).connect().await?;
    let asked =
        sqlx::query_scalar("select datname from pg_database where starts_with(datname, $1)");
    let names: Vec<String> = asked.bind(PREFIX).fetch_all(&mut admin).await?;
    for name in names.iter().filter(|name| run::is_of_the_dead(name, PREFIX)) {
        // Another process may sweep the same one.
        let _ = drop_database(server, name).await;
    }
    admin.close().await
}

async fn drop_database(server: &str, name: &str) -> sqlx::Result<()> {
    let connecting = tokio::time::timeout(Duration::from_secs(5), options(server).connect()).await;
    let mut admin = connecting.map_err(|_| sqlx::Error::PoolTimedOut)??;
    let drop = format!("drop database if exists {name} with (force)");
    admin.execute(AssertSqlSafe(drop)).await?;
    admin.close().await
}

pub(crate) async fn connect(url: &str) -> PgConnection {
    options(url).connect().await.expect("PostgreSQL answers")
}

pub(crate) fn access(url: String, connections: u32) -> Access {
    let login_secret = SecretString::from(MASTER_KEY);
    Access { url: url.into(), login_secret, connections }
}

fn options(url: &str) -> PgConnectOptions {
    PgConnectOptions::from_str(url)
        .expect("DATABASE_URL is an address")
        .application_name("usher-tests")
}

/// The same server, another database.
pub(crate) fn url_on(server: &str, database: &str) -> String {
    let (address, options) = server.split_once('?').map_or((server, ""), |(a, o)| (a, o));
    let (scheme, rest) = address.split_once("://").expect("DATABASE_URL is an address");
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    let options = if options.is_empty() { String::new() } else { format!("?{options}") };
    format!("{scheme}://{host}/{database}{options}")
}

#[cfg(test)]
mod tests {
    use super::url_on;

    #[test]
    fn another_database_of_the_same_server_keeps_everything_else() {
        let on = |server| url_on(server, "b");
        assert_eq!(
            on("postgres://u:p@h:1/a?sslmode=disable"),
            "postgres://u:p@h:1/b?sslmode=disable"
        );
        assert_eq!(on("postgres://h/a?host=/tmp/x"), "postgres://h/b?host=/tmp/x");
        assert_eq!(on("postgres://h"), "postgres://h/b");
    }
}
