//! A database of its own for each test, and how a service and the administrator see it.

use kernel::TenantId;
use pg::{Access, Db};
use sqlx::{Executor, PgConnection};
use uuid::Uuid;

/// The service whose schema and roles the tests use.
pub(crate) const SERVICE: &str = "user";

/// Makes one row of `replies` for the tenant `$1`.
pub(crate) const INSERT: &str =
    "insert into replies (tenant_id, actor, operation, idempotency_key, fingerprint)
     values ($1, 'user:1', 'CreateInvite', gen_random_uuid()::text, '')";

/// The test's database, as the administrator sees it.
pub(crate) struct Database(testkit::Database);

impl Database {
    /// A database without any schema of ours.
    pub(crate) async fn empty() -> Self {
        Self(testkit::Database::empty().await)
    }

    /// A database with this build's schema.
    pub(crate) async fn migrated() -> Self {
        Self(testkit::Database::new().await)
    }

    pub(crate) fn access(&self, connections: u32) -> Access {
        self.0.access_with(connections)
    }

    /// The service's database with a pool of this size.
    pub(crate) fn db(&self, connections: u32) -> Db {
        Db::connect(&self.access(connections), SERVICE).expect("an address")
    }

    /// A connection that sees every row.
    pub(crate) async fn admin(&self) -> PgConnection {
        self.0.admin_of(SERVICE).await
    }

    /// A bare session with the rights of the service's login role, outside of any transaction.
    pub(crate) async fn session(&self) -> PgConnection {
        let mut conn = self.admin().await;
        conn.execute("set session authorization usher_user").await.expect("sets");
        conn
    }

    /// Gives a new tenant this many rows of `replies`.
    pub(crate) async fn tenant_with_rows(&self, rows: usize) -> TenantId {
        let tenant = TenantId::from(Uuid::now_v7());
        let mut admin = self.admin().await;
        for _ in 0..rows {
            sqlx::query(INSERT).bind(tenant).execute(&mut admin).await.expect("inserts");
        }
        tenant
    }

    /// Waits until `question` (a query for one boolean, asked as the administrator) is answered with yes.
    pub(crate) async fn until(&self, question: &'static str) {
        self.0.until(SERVICE, question).await;
    }
}
