//! Short words between the processes of a service, over PostgreSQL's NOTIFY.
//!
//! A word is sent by a statement of its own, never in a business transaction: NOTIFY there makes commits take turns.

use sqlx::postgres::{PgListener, PgPoolOptions};

use crate::{Db, Error, Result};

/// The words on one channel, over a connection of its own. Words sent while the connection is away are lost.
#[derive(Debug)]
pub struct Notices(PgListener);

impl Notices {
    /// The next word.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the connection broke: listen again, and look for what was missed. A connection that
    /// breaks silently is noticed by nobody; have a word of your own come back from time to time.
    pub async fn next(&mut self) -> Result<String> {
        match self.0.try_recv().await? {
            Some(notice) => Ok(notice.payload().to_owned()),
            None => Err(Error::Unavailable(sqlx::Error::PoolClosed)),
        }
    }
}

impl Db {
    /// Sends a word of at most 7,999 bytes to whoever listens to `channel` in this database; takes no part in a transaction.
    ///
    /// # Errors
    /// The database's.
    pub async fn notify(&self, channel: &str, word: &str) -> Result<()> {
        sqlx::query("select pg_notify($1, $2)")
            .bind(channel)
            .bind(word)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// Listens to `channel`, beside the service's pool.
    ///
    /// # Errors
    /// The database's.
    pub async fn listen(&self, channel: &str) -> Result<Notices> {
        let options = self.pool().connect_options();
        let own = PgPoolOptions::new().max_connections(1).connect_lazy_with((*options).clone());
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(channel).await?;
        Ok(Notices(listener))
    }
}
