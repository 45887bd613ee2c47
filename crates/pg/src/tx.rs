//! Named transactions that stay safe when their future is dropped at any await point.
//!
//! `sqlx`'s own `begin` is not cancel-safe on PostgreSQL (transact-rs/sqlx#4385): a request future dropped while BEGIN
//! is on its way hands the session back to the pool inside a transaction. Here the guard exists before BEGIN is
//! sent, and a guard that was not finished rolls back on a task of its own before the pool sees the connection.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    time::{Duration, Instant},
};

use kernel::TenantId;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Postgres, pool::PoolConnection};

use crate::{Db, Error, Result, Signal};

/// Marks a transaction bound to one tenant.
#[derive(Debug)]
pub struct Tenant;

/// Marks a transaction that works across tenants, with a reason.
#[derive(Debug)]
pub struct Platform;

/// A transaction that sees one tenant.
pub type TenantTx = Tx<Tenant>;

/// A transaction that sees all tenants.
pub type PlatformTx = Tx<Platform>;

/// An open transaction. Dropping it rolls back; only [`Tx::commit`] keeps the work.
#[derive(Debug)]
pub struct Tx<Scope> {
    conn: Option<PoolConnection<Postgres>>,
    name: &'static str,
    opened: Instant,
    /// Spans the transaction from BEGIN to its end, as a child of whatever opened it.
    _span: tracing::Span,
    outbox: Ring,
    jobs: Ring,
    after: After,
    scope: PhantomData<Scope>,
}

/// What is to be done once the work is kept.
#[derive(Default)]
struct After(Vec<Box<dyn FnOnce() + Send + Sync>>);

impl fmt::Debug for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "After({})", self.0.len())
    }
}

/// A signal that rings if the transaction commits and touched what the signal stands for.
#[derive(Debug)]
struct Ring {
    signal: Signal,
    touched: bool,
}

impl<Scope> Tx<Scope> {
    /// Opens with one round trip: BEGIN and the scope travel together.
    pub(crate) async fn open(db: &Db, name: &'static str, begin: &str) -> Result<Self> {
        // A server that restarted leaves dead connections in the pool; each is met once, here, and replaced.
        let mut dead = 0;
        loop {
            let mut tx = Self {
                conn: Some(db.pool().acquire().await?),
                name,
                opened: Instant::now(),
                _span: tracing::info_span!(
                    "pg.tx",
                    otel.kind = "client",
                    db.system = "postgresql",
                    tx = name
                ),
                outbox: Ring { signal: db.outbox_signal().clone(), touched: false },
                jobs: Ring { signal: db.jobs_signal().clone(), touched: false },
                after: After::default(),
                scope: PhantomData,
            };
            // `begin` is made of our own words and a parsed id, never of outside text.
            match tx
                .execute(sqlx::raw_sql(AssertSqlSafe(begin.to_owned())))
                .await
                .map_err(Error::from)
            {
                Ok(_) => return Ok(tx),
                Err(Error::Unavailable(_)) if dead < db.pool().options().get_max_connections() => {
                    dead += 1;
                    tx.discard();
                }
                Err(other) => return Err(other),
            }
        }
    }

    /// Keeps the work, then wakes whoever waits for it.
    ///
    /// # Errors
    /// [`Error`] where the server refused; nothing was kept then. [`Error::Unavailable`] may hide a commit that
    /// took hold: repeat the op, which finds its own work.
    pub async fn commit(mut self) -> Result<()> {
        // After a failed statement COMMIT rolls back and calls it a success; the empty SELECT fails there instead.
        self.execute("select; commit").await?;
        drop(self.conn.take());
        metrics::histogram!("usher_tx_duration_seconds", "tx" => self.name)
            .record(self.opened.elapsed().as_secs_f64());
        for ring in [&self.outbox, &self.jobs] {
            if ring.touched {
                ring.signal.ring();
            }
        }
        for act in std::mem::take(&mut self.after.0) {
            act();
        }
        Ok(())
    }

    /// The `verb_noun` it was opened with.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Does `act` when the commit took hold, and never otherwise: for what counts work that is kept, such as metrics.
    /// It must neither block nor fail. What must not be lost belongs into the transaction instead, since a process
    /// may end between the commit and this.
    pub fn after_commit(&mut self, act: impl FnOnce() + Send + Sync + 'static) {
        self.after.0.push(Box::new(act));
    }

    /// Says that this transaction added outbox rows: the relay wakes at commit.
    pub fn wake_relay(&mut self) {
        self.outbox.touched = true;
    }

    /// Says that this transaction added or freed jobs: the worker wakes at commit.
    pub fn wake_worker(&mut self) {
        self.jobs.touched = true;
    }

    /// Throws the connection away instead of giving it back.
    fn discard(&mut self) {
        if let Some(conn) = self.conn.take() {
            drop(conn.detach());
        }
    }
}

impl Tx<Platform> {
    /// Puts what is written from here on without a tenant of its own (audit rows, facts) on `tenant`. What the
    /// transaction sees stays the same: all tenants.
    ///
    /// # Errors
    /// [`Error`] where the server refused.
    pub async fn speak_for(&mut self, tenant: TenantId) -> Result<()> {
        // Only until the end of the transaction: a pooled connection never keeps a tenant.
        sqlx::query("select set_config('usher.tenant_id', $1, true)")
            .bind(tenant.to_string())
            .execute(&mut **self)
            .await?;
        Ok(())
    }
}

impl<Scope> Deref for Tx<Scope> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.conn.as_ref().expect("the connection stays until the transaction ends")
    }
}

impl<Scope> DerefMut for Tx<Scope> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.conn.as_mut().expect("the connection stays until the transaction ends")
    }
}

impl<Scope> Drop for Tx<Scope> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(roll_back(conn))),
            // Without a runtime nothing can be rolled back; a closed session rolls back by itself.
            Err(_) => drop(conn.detach()),
        }
    }
}

/// Brings the session out of the transaction, or closes it. `rollback` waits for whatever was still on its way.
async fn roll_back(mut conn: PoolConnection<Postgres>) {
    let ended = tokio::time::timeout(Duration::from_secs(5), conn.execute("rollback")).await;
    if !matches!(ended, Ok(Ok(_))) {
        drop(conn.detach());
    }
}
