//! The place of one round: a database, a stream and a data folder that nobody else uses.

use std::{fs, path::PathBuf};

use tempfile::TempDir;
use testkit::{Database, MASTER_KEY, Stream, servers};

use crate::child::Child;

/// The main job on the sample, to its end.
const JOB: &[&str] = &["--sample", "--exit"];

/// What the database holds at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Nothing.
    Empty,
    /// The schema.
    Migrated,
}

/// Where one platform lives, through all its processes.
pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) stream: Stream,
    folder: TempDir,
    nats_url: String,
}

impl World {
    pub(crate) async fn new(ground: Ground) -> Self {
        let database = match ground {
            Ground::Empty => Database::empty().await,
            Ground::Migrated => Database::new().await,
        };
        Self {
            database,
            stream: Stream::new().await,
            folder: tempfile::tempdir().expect("a folder"),
            nats_url: servers().await.nats_url.clone(),
        }
    }

    /// A process that brings the sample's clients to `active` and ends.
    pub(crate) fn job(&self) -> Child {
        self.child(JOB)
    }

    /// A process that only runs the platform.
    pub(crate) fn platform(&self) -> Child {
        self.child(&[])
    }

    fn child(&self, more: &[&str]) -> Child {
        let data = self.data();
        let data = data.to_str().expect("a path in UTF-8");
        let args = [&["dev", "--data", data, "--port", "0"], more].concat();
        let env = [
            ("DATABASE_URL", self.database.url()),
            ("NATS_URL", self.nats_url.clone()),
            // A server takes a hundred connections as a rule, and other rounds and tests want some too.
            ("USHER_DATABASE_CONNECTIONS", "4".to_owned()),
            ("USHER_STREAM", self.stream.place().name.clone()),
            // Roles and their passwords belong to the whole server, which all tests share.
            ("USHER_MASTER_KEY", MASTER_KEY.to_owned()),
        ];
        let env: Vec<_> = env.iter().map(|(key, value)| (*key, value.as_str())).collect();
        Child::start(&args, &env, &self.log())
    }

    /// The outside world as its journals tell of it. Only while no process runs.
    pub(crate) async fn outside(&self) -> sandbox::Sandbox {
        let config = sandbox::Config {
            data_dir: Some(self.data().join("sandbox")),
            ..sandbox::Config::calm()
        };
        sandbox::start(config).await.expect("the journals can be replayed")
    }

    /// What all processes have logged.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}
