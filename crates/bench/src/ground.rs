//! What measurements stand on: the servers, and for each measurement a database and a stream of its own.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use pg::Access;
use sandbox::private::Servers;
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use testkit::{MASTER_KEY, Stream};

use crate::{cpu, place::Place};

/// Where data folders are made: on the disk that the build uses, not in memory.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target");

/// The servers, as durable as in production.
pub(crate) struct Ground {
    binary: PathBuf,
    servers: Servers,
    postmaster: u32,
    mark: String,
    folder: TempDir,
}

impl Ground {
    /// Takes the servers that are named, starts private ones for the rest, and makes a migrated database to copy.
    ///
    /// # Errors
    /// A server does not start, or PostgreSQL runs on another machine, where its work cannot be measured.
    pub(crate) async fn start(
        binary: PathBuf,
        database_url: Option<String>,
        nats_url: Option<String>,
    ) -> Result<Self> {
        ensure!(binary.is_file(), "{} is not built: run `make build`", binary.display());
        fs::create_dir_all(FOLDER)?;
        let folder = tempfile::Builder::new()
            .prefix("bench-")
            .permissions(Permissions::from_mode(0o755))
            .tempdir_in(FOLDER)?;
        let given = |url: Option<String>| url.filter(|url| !url.is_empty());
        let servers =
            Servers::find_or_start(given(database_url), given(nats_url), folder.path()).await?;
        let mut admin = PgConnection::connect(servers.database_url()).await?;
        let postmaster = postmaster(&mut admin).await?;
        let ground = Self {
            binary: binary.canonicalize()?,
            servers,
            postmaster,
            mark: format!("usher_bench_{}", std::process::id()),
            folder,
        };
        let template = ground.database("template");
        admin.execute(AssertSqlSafe(format!("create database {template}"))).await?;
        pg::migrate(&access(ground.url(&template))).await?;
        Ok(ground)
    }

    /// The folder that the databases are in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program that is measured.
    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// The first process of PostgreSQL: the root of all that serve it.
    pub(crate) const fn postmaster(&self) -> u32 {
        self.postmaster
    }

    /// A place for one measurement: a copy of the migrated database, a stream, a data folder.
    ///
    /// # Errors
    /// The server refuses.
    pub(crate) async fn place(&self, word: &'static str) -> Result<Place> {
        let (name, template) = (self.database(word), self.database("template"));
        let mut admin = PgConnection::connect(self.servers.database_url()).await?;
        let copy = format!("create database {name} template {template}");
        admin.execute(AssertSqlSafe(copy)).await?;
        let data = self.folder.path().join(word);
        fs::create_dir_all(&data)?;
        let urls = (self.servers.database_url(), self.servers.nats_url());
        Ok(Place {
            binary: self.binary.clone(),
            url: self.url(&name),
            stream: Stream::new_on(&testkit::Servers::at(urls.0, urls.1)),
            data,
        })
    }

    /// Drops what was made and stops what was started.
    ///
    /// # Errors
    /// A server does not end.
    pub(crate) async fn end(self) -> Result<()> {
        if self.servers.postgres().is_none() {
            clear(self.servers.database_url(), &self.mark).await?;
        }
        self.servers.stop().await
    }

    fn database(&self, word: &str) -> String {
        format!("{}_{word}", self.mark)
    }

    fn url(&self, database: &str) -> String {
        of_database(self.servers.database_url(), database)
    }
}

/// How services reach a database.
pub(crate) fn access(url: String) -> Access {
    Access { url: url.into(), login_secret: SecretString::from(MASTER_KEY), connections: 16 }
}

/// Drops the databases whose names begin with `mark`.
///
/// # Errors
/// The server refuses.
pub(crate) async fn clear(url: &str, mark: &str) -> Result<()> {
    let mut admin = PgConnection::connect(url).await?;
    let ours = "select datname::text from pg_database where datname like $1";
    let names: Vec<String> = sqlx::query_scalar(ours)
        .bind(format!("{}\\_%", mark.replace('_', "\\_")))
        .fetch_all(&mut admin)
        .await?;
    for name in names {
        let drop = format!("drop database if exists {name} with (force)");
        admin.execute(AssertSqlSafe(drop)).await?;
    }
    Ok(())
}

/// The first process of the PostgreSQL that this session is of.
///
/// # Errors
/// It runs on another machine.
pub(crate) async fn postmaster(admin: &mut PgConnection) -> Result<u32> {
    let backend: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(admin).await?;
    let backend = backend.unsigned_abs();
    let name = fs::read_to_string(format!("/proc/{backend}/comm")).unwrap_or_default();
    ensure!(
        name.starts_with("postgres"),
        "PostgreSQL does not run on this machine, so its work cannot be measured: unset DATABASE_URL"
    );
    cpu::parent(backend).context("the first process of PostgreSQL")
}

/// The address of another database of the same server.
pub(crate) fn of_database(url: &str, database: &str) -> String {
    let (address, options) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    match options {
        "" => format!("{scheme}://{host}/{database}"),
        options => format!("{scheme}://{host}/{database}?{options}"),
    }
}

#[cfg(test)]
mod tests {
    use super::of_database;

    #[test]
    fn a_database_is_named_in_any_address() {
        let named = |url| of_database(url, "b");
        assert_eq!(named("postgres://u:p@h:1/a"), "postgres://u:p@h:1/b");
        assert_eq!(named("postgres://u@h"), "postgres://u@h/b");
        assert_eq!(named("postgres://u@h:5/a?host=/tmp/x"), "postgres://u@h:5/b?host=/tmp/x");
    }
}
