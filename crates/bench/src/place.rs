//! Where one measurement happens: its database, its stream, its data folder, and the processes it starts there.

use std::path::PathBuf;

use anyhow::Result;
use pg::Access;
use testkit::{MASTER_KEY, Stream};

use crate::{child::Child, ground};

/// Where one measurement happens.
pub(crate) struct Place {
    pub(crate) binary: PathBuf,
    pub(crate) url: String,
    pub(crate) stream: Stream,
    pub(crate) data: PathBuf,
}

impl Place {
    /// How services reach the database.
    pub(crate) fn access(&self) -> Access {
        ground::access(self.url.clone())
    }

    /// Starts `usher` here, with limits lifted and logs at warnings, and waits until it is ready.
    ///
    /// # Errors
    /// It does not become ready; the error carries the end of its log.
    pub(crate) async fn usher(&self, args: &[&str], more: &[(&str, String)]) -> Result<Child> {
        let stream = self.stream.place().name.clone();
        let mut env = vec![
            ("USHER_DATABASE_URL", self.url.clone()),
            ("USHER_NATS_URL", self.stream.url().to_owned()),
            ("USHER_STREAM", stream),
            ("USHER_MASTER_KEY", MASTER_KEY.to_owned()),
            ("USHER_LISTEN", "127.0.0.1:0".to_owned()),
            ("USHER_LOG_FILTER", "warn".to_owned()),
        ];
        let limits = [
            "USHER_LIMIT_LOGIN",
            "USHER_LIMIT_INVITE",
            "USHER_LIMIT_ACCEPT",
            "USHER_LIMIT_WRITE",
            "USHER_LIMIT_READ",
        ];
        env.extend(limits.map(|limit| (limit, "0".to_owned())));
        env.extend(more.iter().cloned());
        Child::start(&self.binary, args, &env, &self.data.join("usher.log")).await
    }
}
