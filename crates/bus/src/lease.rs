//! Leases: work that one process at a time may do, shared out evenly among those who take part.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use pg::Db;
use uuid::Uuid;

/// How long a lease holds without renewal, by the database's clock.
const TTL: Duration = Duration::from_secs(10);

/// Owners stop trusting a lease this long before the database gives it away.
const MARGIN: Duration = Duration::from_secs(2);

/// How often to call [`Leases::beat`].
pub(crate) const BEAT: Duration = Duration::from_secs(3);

/// The leases of one kind held by this process.
#[derive(Debug)]
pub(crate) struct Leases {
    db: Db,
    kind: &'static str,
    names: Vec<String>,
    member: Uuid,
    held: BTreeSet<String>,
    trusted_until: Instant,
    members: usize,
}

/// What a beat changed.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Leases taken on.
    pub(crate) gained: Vec<String>,
    /// Leases that another member holds now.
    pub(crate) lost: Vec<String>,
    /// Leases above the fair share: stop the work, then [`Leases::release`] them.
    pub(crate) surplus: Vec<String>,
}

impl Leases {
    /// Takes part in sharing `names`; holds nothing before the first beat.
    pub(crate) fn new(db: Db, kind: &'static str, names: Vec<String>) -> Self {
        Self {
            db,
            kind,
            names,
            // Random for each start, so that a restarted process never passes for its former self.
            member: Uuid::now_v7(),
            held: BTreeSet::new(),
            trusted_until: Instant::now(),
            members: 1,
        }
    }

    /// Who this process is among the members.
    pub(crate) const fn member(&self) -> Uuid {
        self.member
    }

    /// Whether the leases still hold for certain.
    pub(crate) fn trusted(&self) -> bool {
        Instant::now() < self.trusted_until
    }

    /// How many take part, this process included.
    pub(crate) const fn members(&self) -> usize {
        self.members
    }

    /// Renews what is held, takes what is free up to the fair share, and names what is above it.
    pub(crate) async fn beat(&mut self) -> pg::Result<Change> {
        let started = Instant::now();
        let mut tx = self.db.platform("renew_leases", "leases belong to no tenant").await?;
        let seconds = TTL.as_secs_f64();
        self.enlist(&mut tx, seconds).await?;
        let kept: Vec<(String,)> = sqlx::query_as(
            "update bus_leases set expires_at = clock_timestamp() + make_interval(secs => $3)
             where kind = $1 and owner = $2 returning name",
        )
        .bind(self.kind)
        .bind(self.member)
        .bind(seconds)
        .fetch_all(&mut *tx)
        .await?;
        let kept: BTreeSet<String> = kept.into_iter().map(|(name,)| name).collect();
        let share = self.names.len().div_ceil(self.members.max(1));
        let wanted = i64::try_from(share.saturating_sub(kept.len())).unwrap_or_default();
        let taken = self.take(&mut tx, wanted, seconds).await?;
        tx.commit().await?;

        let lost = self.held.difference(&kept).cloned().collect();
        let surplus = kept.iter().skip(share).cloned().collect();
        // A lease may have come back to us without our knowing: it counts as gained.
        let mut gained: Vec<String> = kept.difference(&self.held).cloned().collect();
        gained.extend(taken.iter().cloned());
        self.held = kept.into_iter().chain(taken).collect();
        self.trusted_until = started + TTL - MARGIN;
        Ok(Change { gained, lost, surplus })
    }

    /// Says that this process takes part, and counts the others.
    async fn enlist(&mut self, tx: &mut pg::PlatformTx, seconds: f64) -> pg::Result<()> {
        sqlx::query(
            "insert into bus_members (kind, member, expires_at)
             values ($1, $2, clock_timestamp() + make_interval(secs => $3))
             on conflict on constraint bus_members_pkey do update set expires_at = excluded.expires_at",
        )
        .bind(self.kind)
        .bind(self.member)
        .bind(seconds)
        .execute(&mut **tx)
        .await?;
        sqlx::query("delete from bus_members where kind = $1 and expires_at < clock_timestamp()")
            .bind(self.kind)
            .execute(&mut **tx)
            .await?;
        let (members,): (i64,) = sqlx::query_as("select count(*) from bus_members where kind = $1")
            .bind(self.kind)
            .fetch_one(&mut **tx)
            .await?;
        self.members = usize::try_from(members).unwrap_or(1);
        Ok(())
    }

    async fn take(
        &self,
        tx: &mut pg::PlatformTx,
        wanted: i64,
        seconds: f64,
    ) -> pg::Result<Vec<String>> {
        if wanted == 0 {
            return Ok(Vec::new());
        }
        let taken: Vec<(String,)> = sqlx::query_as(
            "insert into bus_leases as held (kind, name, owner, expires_at)
             select $1, free.name, $2, clock_timestamp() + make_interval(secs => $3)
             from (select name from unnest($4::text[]) as all_names (name)
                   where not exists (select from bus_leases l
                                     where l.kind = $1 and l.name = all_names.name
                                       and l.expires_at >= clock_timestamp())
                   order by name limit $5) free
             on conflict on constraint bus_leases_pkey
                 do update set owner = excluded.owner, expires_at = excluded.expires_at
                 where held.expires_at < clock_timestamp()
             returning name",
        )
        .bind(self.kind)
        .bind(self.member)
        .bind(seconds)
        .bind(&self.names)
        .bind(wanted)
        .fetch_all(&mut **tx)
        .await?;
        Ok(taken.into_iter().map(|(name,)| name).collect())
    }

    /// Acts as if nothing were held; the next beat names what still is as gained.
    pub(crate) fn forget(&mut self) {
        self.held.clear();
    }

    /// Gives leases back at once, for others to take.
    pub(crate) async fn release(&mut self, names: &[String]) -> pg::Result<()> {
        for name in names {
            self.held.remove(name);
        }
        let mut tx = self.db.platform("release_leases", "leases belong to no tenant").await?;
        sqlx::query("delete from bus_leases where kind = $1 and owner = $2 and name = any($3)")
            .bind(self.kind)
            .bind(self.member)
            .bind(names)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Gives everything back and leaves.
    pub(crate) async fn leave(mut self) -> pg::Result<()> {
        let all: Vec<String> = std::mem::take(&mut self.held).into_iter().collect();
        self.release(&all).await?;
        let mut tx = self.db.platform("leave_leases", "leases belong to no tenant").await?;
        sqlx::query("delete from bus_members where kind = $1 and member = $2")
            .bind(self.kind)
            .bind(self.member)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}
