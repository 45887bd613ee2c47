//! A database of its own for each test, as the service and the administrator see it.

use pg::Access;
use sqlx::PgConnection;

/// A database, dropped with its owner.
pub(crate) struct Database(testkit::Database);

impl Database {
    /// A database with this build's schema.
    pub(crate) async fn migrated() -> Self {
        Self(testkit::Database::new().await)
    }

    pub(crate) fn access(&self) -> Access {
        self.0.access_with(10)
    }

    /// A connection that sees every row.
    pub(crate) async fn admin(&self) -> PgConnection {
        self.0.admin_of(user::NAME).await
    }

    /// The answer to a question for one number, asked as the administrator.
    pub(crate) async fn count(&self, question: &'static str) -> i64 {
        sqlx::query_scalar(question).fetch_one(&mut self.admin().await).await.expect("counts")
    }

    /// The answer to a question for one text, asked as the administrator.
    pub(crate) async fn text(&self, question: &'static str) -> String {
        sqlx::query_scalar(question).fetch_one(&mut self.admin().await).await.expect("asks")
    }

    /// Waits until a question for one boolean, asked as the administrator, is answered with yes.
    pub(crate) async fn until(&self, question: &'static str) {
        self.0.until(user::NAME, question).await;
    }
}
