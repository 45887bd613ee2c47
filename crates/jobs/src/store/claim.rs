//! Taking ready runs across tenants, fairly, and never more of one tenant than allowed.

use kernel::{JobId, TenantId, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Going, planner::Place};

/// The first key of the advisory locks under which one worker at a time claims of a tenant.
const CLAIMING: i32 = 0x6a6f_6273;

/// The first key of those under which one worker at a time claims of a limited workflow.
const LIMITING: i32 = 0x6a6f_6274;

/// What a worker may take.
#[derive(Debug, Clone)]
pub(crate) struct Appetite {
    pub(crate) worker: Uuid,
    pub(crate) workflows: Vec<String>,
    pub(crate) versions: Vec<i32>,
    /// Most leases at a time of each of these workflows, over all tenants and workers.
    pub(crate) most: Vec<Option<i32>>,
    /// Due rows are those due at this instant of the worker's clock.
    pub(crate) now: Timestamp,
    pub(crate) slots: i64,
    pub(crate) per_tenant: i64,
    /// The tenant served last: the next turn begins after it.
    pub(crate) after: TenantId,
    pub(crate) lease_millis: i64,
}

/// A run taken under a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Lease {
    #[sqlx(rename = "tenant_id")]
    pub(crate) tenant: TenantId,
    #[sqlx(rename = "job_id")]
    pub(crate) job: JobId,
    pub(crate) token: i64,
    pub(crate) going: Going,
    pub(crate) step: i16,
    pub(crate) queued_at: Timestamp,
}

impl Lease {
    pub(crate) fn place(&self) -> Place {
        Place { going: self.going, step: usize::try_from(self.step).unwrap_or_default() }
    }
}

/// Settings under which a claim walks indexes. The planner's figures on tables that fill and empty within seconds are
/// always wrong, and then it sorts a whole backlog to take one row. Since the path is given, one plan serves every claim
/// of a connection.
pub(crate) const WALK: &str = "set local enable_seqscan = off; set local enable_bitmapscan = off; \
    set local enable_sort = off; set local enable_hashjoin = off; set local enable_mergejoin = off; set local jit = off; \
    set local plan_cache_mode = force_generic_plan";

/// Whose turn it is.
#[derive(Debug, Default, sqlx::FromRow)]
pub(crate) struct Turns {
    /// Tenants to claim of, in the order of their turns.
    pub(crate) tenants: Vec<Uuid>,
    /// Another worker was claiming of a tenant or of a limited workflow.
    pub(crate) contended: bool,
    /// Limited workflows that another worker is claiming of.
    pub(crate) refused: Vec<String>,
    /// Runs whose time had come; the next look sees them.
    pub(crate) due: i64,
}

impl Turns {
    /// How many runs of one tenant a claim takes at most: as many as there are for it if all have enough. What a tenant
    /// has beyond that, the next claim takes, should others have had less; no claim locks rows that it does not need.
    pub(crate) fn share(&self, slots: i64) -> i64 {
        let tenants = i64::try_from(self.tenants.len()).unwrap_or(i64::MAX).max(1);
        (slots + tenants - 1) / tenants
    }
}

/// See [`look`].
const LOOK: &str = "with recursive due as (
         update job_ready r set due_at = '-infinity', since = d.due_at
         from (
             select tenant_id, job_id, step, due_at from job_ready
             where due_at > '-infinity' and due_at <= $1
             order by due_at limit 1000 for update skip locked
         ) d
         where r.tenant_id = d.tenant_id and r.job_id = d.job_id and r.step = d.step
         returning 1
     ), known as materialized (
         select k.workflow, k.version, k.most is null or pg_try_advisory_xact_lock($9, hashtext(current_schema() || k.workflow)) as ours,
             coalesce(k.most - (select count(*) from job_leases l where l.workflow = k.workflow), $4) as room
         from unnest($2::text[], $3::int[], $5::int[]) k (workflow, version, most)
     ), above (tenant_id) as (
         (select tenant_id from job_ready where due_at = '-infinity' and tenant_id > $7 order by tenant_id limit 1)
         union all
         select (select r.tenant_id from job_ready r where r.due_at = '-infinity' and r.tenant_id > t.tenant_id
                 order by r.tenant_id limit 1)
         from above t where t.tenant_id is not null
     ), below (tenant_id) as (
         (select tenant_id from job_ready where due_at = '-infinity' order by tenant_id limit 1)
         union all
         select (select r.tenant_id from job_ready r where r.due_at = '-infinity' and r.tenant_id > t.tenant_id
                 order by r.tenant_id limit 1)
         from below t where t.tenant_id <= $7
     ), turn as materialized (
         select t.tenant_id
         from (select tenant_id from above union all select tenant_id from below where tenant_id <= $7) t
         cross join lateral (
             select count(*) as running from job_leases l where l.tenant_id = t.tenant_id
         ) l
         cross join lateral (
             select from known k
             cross join lateral (
                 select from job_ready r
                 where r.tenant_id = t.tenant_id and r.workflow = k.workflow and r.version = k.version
                   and r.due_at = '-infinity'
                 limit 1
             ) r
             where k.ours and k.room > 0
             limit 1
         ) ready
         where l.running < $6
           and not exists (select from job_suspensions s where s.tenant_id = t.tenant_id and s.held)
         limit $4
     ), locked as materialized (
         select tenant_id, pg_try_advisory_xact_lock($8, hashtext(current_schema() || tenant_id::text)) as ours
         from turn
     )
     select array(select tenant_id from locked where ours) as tenants,
         exists (select from locked where not ours) or exists (select from known where not ours) as contended,
         array(select distinct workflow from known where not ours) as refused,
         (select count(*) from due) as due";

/// Looks whose turn it is, and makes runs ready whose time has come.
///
/// Walks the ring of tenants from the one served last, through the index, and stops at as many as there are slots: one
/// tenant's backlog costs the others nothing. A tenant is passed over at its cap, while it is suspended, or where it has
/// nothing for this worker. The locks make the caps exact: what [`take`] counts, nobody else is adding to.
pub(crate) async fn look(tx: &mut PgConnection, appetite: &Appetite) -> pg::Result<Turns> {
    Ok(sqlx::query_as(LOOK)
        .bind(appetite.now)
        .bind(&appetite.workflows)
        .bind(&appetite.versions)
        .bind(appetite.slots)
        .bind(&appetite.most)
        .bind(appetite.per_tenant)
        .bind(appetite.after)
        .bind(CLAIMING)
        .bind(LIMITING)
        .fetch_one(tx)
        .await?)
}

/// A run just taken.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct Taken {
    #[sqlx(flatten)]
    pub(crate) lease: Lease,
    /// Its place among the workflows of the appetite, from 1.
    pub(crate) workflow_at: i32,
    /// How long it could have been taken before.
    pub(crate) waited_seconds: f64,
}

/// See [`take`].
const TAKE: &str = "with known as materialized (
         select k.workflow, k.version, k.number::int as number,
             coalesce(k.most - (select count(*) from job_leases l where l.workflow = k.workflow), $4) as room
         from unnest($2::text[], $3::int[], $5::int[]) with ordinality k (workflow, version, most, number)
         where k.workflow <> all($7)
     ), heads as materialized (
         select c.tenant_id, c.job_id, c.step, c.workflow, c.room, c.number, t.turn,
             l.running + row_number() over (partition by c.tenant_id order by c.queued_at, c.job_id, c.step) as place
         from unnest($1::uuid[]) with ordinality t (tenant_id, turn)
         cross join lateral (
             select count(*) as running from job_leases l where l.tenant_id = t.tenant_id
         ) l
         cross join lateral (
             select d.*, k.room, k.number
             from known k
             cross join lateral (
                 select r.tenant_id, r.job_id, r.step, r.workflow, r.queued_at from job_ready r
                 where r.tenant_id = t.tenant_id and r.workflow = k.workflow and r.version = k.version
                   and r.due_at = '-infinity'
                 order by r.queued_at, r.job_id
                 limit greatest(least($6 - l.running, $10, k.room), 0)
                 for update skip locked
             ) d
             order by d.queued_at, d.job_id
             limit greatest(least($6 - l.running, $10), 0)
         ) c
     ), picked as (
         select tenant_id, job_id, step, number, place, turn
         from (select h.*, row_number() over (partition by workflow order by place, turn) as nth from heads h) h
         where nth <= room
         order by place, turn
         limit $4
     ), taken as (
         delete from job_ready r using picked p
         where r.tenant_id = p.tenant_id and r.job_id = p.job_id and r.step = p.step
         returning r.*, p.number, p.place, p.turn
     ), leased as (
         insert into job_leases (tenant_id, job_id, worker, workflow, version, going, step, queued_at, expires_at)
         select tenant_id, job_id, $8, workflow, version, going, step, queued_at, now() + $9 * interval '1 ms'
         from taken order by place, turn
         returning tenant_id, job_id, token, going, step, queued_at
     )
     select l.*, t.number as workflow_at,
         greatest(extract(epoch from now() - t.since), 0)::float8 as waited_seconds
     from leased l join taken t using (tenant_id, job_id, step)
     order by t.place, t.turn";

/// Moves ready rows of the tenants whose turn it is to leases: every tenant's first, then every tenant's second, and
/// so on, up to its share. Of a workflow in `turns.refused` nothing is taken.
pub(crate) async fn take(
    tx: &mut PgConnection,
    appetite: &Appetite,
    turns: &Turns,
) -> pg::Result<Vec<Taken>> {
    Ok(sqlx::query_as(TAKE)
        .bind(&turns.tenants)
        .bind(&appetite.workflows)
        .bind(&appetite.versions)
        .bind(appetite.slots)
        .bind(&appetite.most)
        .bind(appetite.per_tenant)
        .bind(&turns.refused)
        .bind(appetite.worker)
        .bind(appetite.lease_millis)
        .bind(turns.share(appetite.slots))
        .fetch_all(tx)
        .await?)
}

/// What begins with a claim: the step under way, counted before it begins so that a crash counts too.
#[derive(Debug, Default)]
pub(crate) struct Begun {
    pub(crate) tenants: Vec<Uuid>,
    pub(crate) jobs: Vec<Uuid>,
    pub(crate) tokens: Vec<i64>,
    pub(crate) steps: Vec<i16>,
    pub(crate) going: Vec<&'static str>,
    /// The plan was written before, and does not say yet that the step begins.
    pub(crate) planned: Vec<bool>,
}

impl Begun {
    /// Adds the step under a lease.
    pub(crate) fn add(&mut self, lease: &Lease, planned: bool) {
        self.tenants.push(lease.tenant.uuid());
        self.jobs.push(lease.job.uuid());
        self.tokens.push(lease.token);
        self.steps.push(lease.step);
        self.going.push(lease.going.as_str());
        self.planned.push(planned);
    }
}

/// Marks the steps that begin now, and their leases and runs with them.
pub(crate) async fn mark_begun(
    tx: &mut PgConnection,
    begun: &Begun,
    now: Timestamp,
) -> pg::Result<()> {
    sqlx::query(
        "with begun as (
             select * from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $6::bigint[], $7::boolean[])
                 b (tenant_id, job_id, step, going, token, planned)
         ), turned as (
             update job_leases l set going = b.going, step = b.step from begun b
             where l.tenant_id = b.tenant_id and l.job_id = b.job_id and l.token = b.token
               and (l.going, l.step) is distinct from (b.going, b.step)
         ), running as (
             update jobs j set state = 'running', held = null from begun b
             where j.tenant_id = b.tenant_id and j.id = b.job_id and (j.state <> 'running' or j.held is not null)
         )
         update job_steps s set
             state = case b.going when 'forward' then 'running' else 'undoing' end,
             attempts = s.attempts + (b.going = 'forward')::int,
             undo_attempts = s.undo_attempts + (b.going = 'back')::int,
             started_at = coalesce(s.started_at, $5), ended_at = null, next_attempt_at = null
         from begun b
         where b.planned and s.tenant_id = b.tenant_id and s.job_id = b.job_id and s.number = b.step",
    )
    .bind(&begun.tenants)
    .bind(&begun.jobs)
    .bind(&begun.steps)
    .bind(&begun.going)
    .bind(now)
    .bind(&begun.tokens)
    .bind(&begun.planned)
    .execute(tx)
    .await?;
    Ok(())
}
