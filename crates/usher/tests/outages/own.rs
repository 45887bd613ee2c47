//! Servers of a test's own, which it may take away.

use std::{fs::Permissions, os::unix::fs::PermissionsExt};

use sandbox::private::{Durability, Nats, Postgres};
use sqlx::Executor;
use tempfile::TempDir;
use testkit::{Database, Servers, servers};

/// One server of the test's own; the other one is that of all tests.
pub(crate) struct Own<S> {
    pub(crate) server: S,
    pub(crate) servers: Servers,
    /// Goes after the server.
    _folder: TempDir,
}

/// A NATS that may be taken away.
pub(crate) async fn nats() -> Own<Nats> {
    let folder = folder();
    let server = Nats::start(folder.path()).await.expect("nats-server runs");
    let servers = Servers::at(servers().await.database_url.clone(), server.url());
    Own { server, servers, _folder: folder }
}

/// A PostgreSQL that may be taken away.
pub(crate) async fn postgres() -> Own<Postgres> {
    let folder = folder();
    let started = Postgres::start_with(folder.path(), Durability::Fast).await;
    let server = started.expect("PostgreSQL runs");
    let servers = Servers::at(server.url(), servers().await.nats_url.clone());
    // Databases of tests acknowledge before they write, which is no bargain for one that is stopped. What is set for
    // a role goes before what is set for a database. The roles come with the first database.
    let first = Database::new_on(&servers).await;
    let careful = "do $$ declare login name; begin
        for login in select rolname from pg_roles where rolname like 'usher\\_%' loop
            execute format('alter role %I set synchronous_commit = on', login);
        end loop; end $$";
    first.admin().await.execute(careful).await.expect("sets");
    Own { server, servers, _folder: folder }
}

/// PostgreSQL runs as another user where the test is root, so others must get in.
fn folder() -> TempDir {
    let mut builder = tempfile::Builder::new();
    let builder = builder.permissions(Permissions::from_mode(0o755));
    builder.tempdir().expect("a folder")
}
