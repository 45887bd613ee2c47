//! The pair a platform needs: the servers that were named, and private ones in place of those that
//! were not.

use std::future::pending;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tokio::sync::watch;

use super::cluster::Durability;
use super::nats::Nats;
use super::postgres::Postgres;

/// A PostgreSQL and a NATS to work with. Not printable: a URL that was given may carry a password.
pub struct Servers {
    database_url: String,
    nats_url: String,
    postgres: Option<Postgres>,
    nats: Option<Nats>,
}

impl Servers {
    /// Takes the servers that are named and starts private ones in `dir` for the rest, both at
    /// once, with [`Durability::Safe`].
    ///
    /// # Errors
    /// As [`Postgres::start`] and [`Nats::start`].
    pub async fn find_or_start(
        database_url: Option<String>,
        nats_url: Option<String>,
        dir: &Path,
    ) -> anyhow::Result<Self> {
        Self::find_or_start_with(database_url, nats_url, dir, Durability::Safe).await
    }

    /// Like [`Servers::find_or_start`], with the durability of a private PostgreSQL chosen.
    ///
    /// # Errors
    /// As [`Servers::find_or_start`].
    pub async fn find_or_start_with(
        database_url: Option<String>,
        nats_url: Option<String>,
        dir: &Path,
        durability: Durability,
    ) -> anyhow::Result<Self> {
        let postgres = async {
            match database_url {
                Some(url) => Ok((url, None)),
                None => Postgres::start_with(dir, durability)
                    .await
                    .map(|it| (it.url().to_owned(), Some(it))),
            }
        };
        let nats = async {
            match nats_url {
                Some(url) => Ok((url, None)),
                None => Nats::start(dir).await.map(|it| (it.url().to_owned(), Some(it))),
            }
        };
        let ((database_url, postgres), (nats_url, nats)) = tokio::try_join!(postgres, nats)?;
        Ok(Self { database_url, nats_url, postgres, nats })
    }

    /// The URL of the database `postgres` for a private server, or the one that was given.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The URL of the NATS server.
    pub fn nats_url(&self) -> &str {
        &self.nats_url
    }

    /// The private PostgreSQL, if one was started.
    pub fn postgres(&self) -> Option<&Postgres> {
        self.postgres.as_ref()
    }

    /// The private NATS, if one was started.
    pub fn nats(&self) -> Option<&Nats> {
        self.nats.as_ref()
    }

    /// Waits until a private server ends without having been asked to; says which. Never returns if
    /// none was started.
    pub async fn failure(&self) -> String {
        let postgres = async {
            match &self.postgres {
                Some(server) => server.failure().await,
                None => pending().await,
            }
        };
        let nats = async {
            match &self.nats {
                Some(server) => server.failure().await,
                None => pending().await,
            }
        };
        tokio::select! { said = postgres => said, said = nats => said }
    }

    /// Stops what was started here and waits for its end.
    ///
    /// # Errors
    /// A process does not end.
    pub async fn stop(self) -> anyhow::Result<()> {
        // NATS first: while it goes, nobody is told that the database has gone.
        if let Some(nats) = self.nats {
            nats.stop().await?;
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await?;
        }
        Ok(())
    }
}

/// The data folder, made if it is missing, by its real path.
pub(super) fn data_folder(dir: &Path) -> anyhow::Result<PathBuf> {
    let say = || format!("cannot use {} as the data folder", dir.display());
    std::fs::create_dir_all(dir).with_context(say)?;
    dir.canonicalize().with_context(say)
}

/// What `fallen` says once it says something.
pub(super) async fn heard(mut fallen: watch::Receiver<Option<String>>) -> String {
    match fallen.wait_for(Option::is_some).await {
        Ok(said) => said.clone().unwrap_or_default(),
        Err(_) => pending().await,
    }
}
