//! The PostgreSQL that all share: durable, private, with a fresh database for every task.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Result, ensure};
use sandbox::private::Postgres;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::ground;

/// The server.
pub(crate) struct Server {
    url: String,
    private: Option<Postgres>,
    postmaster: u32,
    folder: TempDir,
    mark: String,
    databases: AtomicU32,
}

impl Server {
    /// Takes the one that is named, or starts one on the disk that the build uses.
    ///
    /// # Errors
    /// It does not start, runs on another machine, or is not durable.
    pub(crate) async fn start(named: Option<String>) -> Result<Self> {
        fs::create_dir_all(ground::FOLDER)?;
        let folder = tempfile::Builder::new()
            .prefix("bench-peers-")
            .permissions(Permissions::from_mode(0o755))
            .tempdir_in(ground::FOLDER)?;
        let (url, private) = match named {
            Some(url) => (url, None),
            None => {
                let private = Postgres::start(folder.path()).await?;
                (private.url().to_owned(), Some(private))
            }
        };
        let mut admin = PgConnection::connect(&url).await?;
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value: String = sqlx::query_scalar("select current_setting($1)")
                .bind(setting)
                .fetch_one(&mut admin)
                .await?;
            ensure!(value == "on", "{setting} is {value}: figures would be of another promise");
        }
        let postmaster = ground::postmaster(&mut admin).await?;
        let mark = format!("peers_{}", std::process::id());
        Ok(Self { url, private, postmaster, folder, mark, databases: AtomicU32::new(0) })
    }

    /// The folder that the databases are in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The first process of PostgreSQL: the root of all that serve it.
    pub(crate) const fn postmaster(&self) -> u32 {
        self.postmaster
    }

    /// An empty database that copies are made of.
    ///
    /// # Errors
    /// The server refuses.
    pub(crate) async fn template(&self, word: &str) -> Result<Place> {
        let name = format!("{}_{word}", self.mark);
        self.say(format!("create database {name}")).await?;
        Ok(self.place(name))
    }

    /// A fresh copy of a contender's database.
    ///
    /// # Errors
    /// The server refuses.
    pub(crate) async fn copy(&self, template: &Place) -> Result<Place> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}_{number}", template.name);
        self.say(format!("create database {name} template {}", template.name)).await?;
        Ok(self.place(name))
    }

    /// Writes what others left in memory, so that nobody pays for it.
    ///
    /// # Errors
    /// The server refuses.
    pub(crate) async fn checkpoint(&self) -> Result<()> {
        self.say("checkpoint".into()).await
    }

    /// Stops it, or removes from a named one the databases that were made.
    ///
    /// # Errors
    /// It does not end, or refuses.
    pub(crate) async fn end(self) -> Result<()> {
        match self.private {
            Some(private) => private.stop().await,
            None => ground::clear(&self.url, &self.mark).await,
        }
    }

    async fn say(&self, sql: String) -> Result<()> {
        let mut admin = PgConnection::connect(&self.url).await?;
        admin.execute(AssertSqlSafe(sql)).await?;
        Ok(admin.close().await?)
    }

    fn place(&self, name: String) -> Place {
        Place { url: ground::of_database(&self.url, &name), admin: self.url.clone(), name }
    }
}

/// A database.
pub(crate) struct Place {
    pub(crate) url: String,
    name: String,
    admin: String,
}

impl Place {
    /// A session that sees the database as it is now for as long as it lives, as a dump or a forgotten client does.
    ///
    /// # Errors
    /// The server refuses.
    pub(crate) async fn hold_snapshot(&self) -> Result<PgConnection> {
        let mut session = PgConnection::connect(&self.url).await?;
        session.execute("begin isolation level repeatable read").await?;
        session.execute("select count(*) from pg_class").await?;
        Ok(session)
    }

    /// Removes it with all that still look at it.
    ///
    /// # Errors
    /// The server refuses.
    pub(crate) async fn remove(self) -> Result<()> {
        let mut admin = PgConnection::connect(&self.admin).await?;
        let sql = format!("drop database {} with (force)", self.name);
        admin.execute(AssertSqlSafe(sql)).await?;
        Ok(admin.close().await?)
    }
}
