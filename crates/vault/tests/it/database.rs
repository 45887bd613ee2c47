//! A migrated database of its own for each test, and vaults over it.

use std::sync::Arc;

use kernel::{Clock, Cx, TenantId};
use pg::{Db, TenantTx};
use secrecy::SecretString;
use sqlx::PgConnection;
use uuid::Uuid;
use vault::{Error, Keyring, MasterKey, Sealed, Vault};

/// The service whose schema the tests use.
const SERVICE: &str = "user";

/// What the tests seal, in the table `shelves`.
pub(crate) const PURPOSE: &str = "integration.token";

/// A table with a sealed column, registered as a service's migration does it.
const SHELVES: &str = "
    create table shelves (
        tenant_id uuid not null default usher.current_tenant(),
        shelf_id  uuid not null,
        secret    bytea not null,
        constraint shelves_pkey primary key (tenant_id, shelf_id)
    );
    call usher.protect_tenant_table('shelves');
    insert into sealed_columns (purpose, table_name, column_name, row_column)
    values ('integration.token', 'shelves', 'secret', 'shelf_id');";

/// The test's database, as a service and as the administrator see it.
pub(crate) struct Database {
    own: testkit::Database,
    pub(crate) db: Db,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let own = testkit::Database::new().await;
        sqlx::raw_sql(SHELVES).execute(&mut own.admin_of(SERVICE).await).await.expect("makes it");
        let db = own.db(SERVICE);
        Self { own, db }
    }

    /// The same database with a pool of its own, as another process has.
    pub(crate) fn elsewhere(&self) -> Db {
        self.own.db(SERVICE)
    }

    /// Seals a secret and keeps it on a shelf; answers which.
    pub(crate) async fn keep(&self, vault: &Vault, tenant: TenantId, secret: &str) -> Uuid {
        let shelf = Uuid::now_v7();
        let mut tx = self.db.tenant(tenant, "keep_secret").await.expect("opens");
        let sealed = vault.seal(&mut tx, PURPOSE, shelf, &secret.into()).await.expect("seals");
        put(&mut tx, shelf, &sealed).await;
        tx.commit().await.expect("commits");
        shelf
    }

    /// Opens the secret on a shelf.
    pub(crate) async fn look(
        &self,
        vault: &Vault,
        tenant: TenantId,
        shelf: Uuid,
    ) -> Result<SecretString, Error> {
        let mut tx = self.db.tenant(tenant, "look_at_secret").await.expect("opens");
        let sealed = sealed(&mut tx, shelf).await;
        let opened = vault.open(&mut tx, &cx(tenant), PURPOSE, shelf, &sealed).await;
        tx.commit().await.expect("commits");
        opened
    }

    /// The tenant's data keys: each generation, and whether it is alive.
    pub(crate) async fn generations(&self, tenant: TenantId) -> Vec<(i32, bool)> {
        sqlx::query_as(
            "select generation, shredded_at is null from data_keys where tenant_id = $1
             order by generation",
        )
        .bind(tenant)
        .fetch_all(&mut self.admin().await)
        .await
        .expect("lists")
    }

    /// A connection that sees every row.
    pub(crate) async fn admin(&self) -> PgConnection {
        self.own.admin_of(SERVICE).await
    }
}

/// Puts sealed bytes on a shelf.
pub(crate) async fn put(tx: &mut TenantTx, shelf: Uuid, sealed: &Sealed) {
    sqlx::query("insert into shelves (shelf_id, secret) values ($1, $2)")
        .bind(shelf)
        .bind(sealed)
        .execute(&mut **tx)
        .await
        .expect("puts");
}

/// The sealed bytes on a shelf.
pub(crate) async fn sealed(tx: &mut TenantTx, shelf: Uuid) -> Sealed {
    sqlx::query_scalar("select secret from shelves where shelf_id = $1")
        .bind(shelf)
        .fetch_one(&mut **tx)
        .await
        .expect("stands there")
}

pub(crate) fn tenant() -> TenantId {
    testkit::tenant()
}

pub(crate) fn master() -> MasterKey {
    MasterKey::parse(&MasterKey::draw().expect("randomness")).expect("a drawn key is good")
}

/// A vault with `current` and `older` master keys.
pub(crate) fn vault(current: &MasterKey, older: &[&MasterKey]) -> Vault {
    let older = older.iter().map(|&key| key.clone()).collect();
    Vault::new(Keyring { current: current.clone(), older })
}

/// The context of a service that reads for itself.
pub(crate) fn cx(tenant: TenantId) -> Arc<Cx> {
    Arc::new(Cx::of_service(SERVICE, Some(tenant), &Clock::system()))
}
