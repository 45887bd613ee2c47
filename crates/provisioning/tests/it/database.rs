//! A database of its own for each test, as services and the administrator see it.

use pg::Db;
use sqlx::PgConnection;

/// A database, dropped with its owner.
pub(crate) struct Database(testkit::Database);

impl Database {
    pub(crate) async fn new() -> Self {
        Self(testkit::Database::new().await)
    }

    pub(crate) fn of(&self, service: &'static str) -> Db {
        self.0.db(service)
    }

    /// A connection that sees every row.
    pub(crate) async fn admin(&self) -> PgConnection {
        self.0.admin_of(provisioning::NAME).await
    }
}
