//! One service's pool, logged in as the service's own role.

use std::{str::FromStr, time::Duration};

use kernel::TenantId;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    Error, PlatformTx, Result, Signal, TenantTx,
    logins::{self, password},
};

/// How to reach the database: the administrator's address, and the secret that service passwords derive from.
#[derive(Clone, Debug)]
pub struct Access {
    /// `postgres://…` of a role that may create roles and schemas; only migrations log in with it.
    pub url: SecretString,
    /// See [`Access::url`]; services log in with a password derived from this.
    pub login_secret: SecretString,
    /// Most connections of one service's pool.
    pub connections: u32,
}

impl Access {
    pub(crate) fn admin(&self) -> Result<PgConnectOptions> {
        PgConnectOptions::from_str(self.url.expose_secret())
            .map_err(|problem| Error::Address(problem.to_string()))
    }

    fn service(&self, service: &str) -> Result<PgConnectOptions> {
        let role = logins::role(service);
        Ok(self
            .admin()?
            .username(&role)
            .password(&password(&self.login_secret, &role))
            .application_name(&format!("usher-{service}"))
            .statement_cache_capacity(256)
            .options([
                ("search_path", role.as_str()),
                ("statement_timeout", "15s"),
                ("lock_timeout", "5s"),
                ("idle_in_transaction_session_timeout", "15s"),
                ("TimeZone", "UTC"),
            ]))
    }
}

/// A service's database: the only way to a table is a transaction with a name.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
    service: &'static str,
    platform_role: String,
    outbox: Signal,
    jobs: Signal,
}

impl Db {
    /// Makes the pool; connects lazily, so a database that is away does not stop the process from starting.
    ///
    /// # Errors
    /// [`Error::Address`] for an address that cannot be read.
    pub fn connect(access: &Access, service: &'static str) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(access.connections)
            .acquire_timeout(Duration::from_secs(3))
            .idle_timeout(Duration::from_secs(300))
            // `Tx` replaces a dead connection at BEGIN, which costs no round trip when all is well.
            .test_before_acquire(false)
            .connect_lazy_with(access.service(service)?);
        Ok(Self {
            pool,
            service,
            platform_role: logins::platform_role(service),
            outbox: Signal::default(),
            jobs: Signal::default(),
        })
    }

    /// Opens a transaction that sees and changes one tenant's rows only.
    ///
    /// `name` is `verb_noun` of the op and labels metrics and spans.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection can be had in time.
    pub async fn tenant(&self, tenant: TenantId, name: &'static str) -> Result<TenantTx> {
        TenantTx::open(self, name, &format!("begin; set local usher.tenant_id = '{tenant}'")).await
    }

    /// Opens a transaction that reads one tenant's rows as they all stood at one moment, whatever others commit
    /// between its statements.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection can be had in time.
    pub async fn snapshot(&self, tenant: TenantId, name: &'static str) -> Result<TenantTx> {
        let begin = format!(
            "begin isolation level repeatable read, read only; set local usher.tenant_id = '{tenant}'"
        );
        TenantTx::open(self, name, &begin).await
    }

    /// Opens a transaction across tenants; `reason` says why and stands in the trace.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection can be had in time.
    pub async fn platform(&self, name: &'static str, reason: &'static str) -> Result<PlatformTx> {
        tracing::debug!(tx = name, reason, "work across tenants");
        PlatformTx::open(self, name, &format!("begin; set local role {}", self.platform_role)).await
    }

    /// Like [`Db::platform`], with settings for this transaction (`set local …`), which travel in the same round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection can be had in time.
    pub async fn platform_with(
        &self,
        name: &'static str,
        reason: &'static str,
        settings: &'static str,
    ) -> Result<PlatformTx> {
        tracing::debug!(tx = name, reason, "work across tenants");
        let begin = format!("begin; set local role {}; {settings}", self.platform_role);
        PlatformTx::open(self, name, &begin).await
    }

    /// Asks the server for a sign of life.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it gives none.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// The service this pool belongs to, for instance `user`.
    #[must_use]
    pub const fn service(&self) -> &'static str {
        self.service
    }

    /// Rings when a commit of this process added outbox rows.
    #[must_use]
    pub const fn outbox_signal(&self) -> &Signal {
        &self.outbox
    }

    /// Rings when a commit of this process added or freed jobs.
    #[must_use]
    pub const fn jobs_signal(&self) -> &Signal {
        &self.jobs
    }

    /// Closes the pool after the last transaction has ended.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) const fn pool(&self) -> &PgPool {
        &self.pool
    }
}
