//! What a question of access costs where it is answered: from memory, and by the rows.

use anyhow::{Context, Result, ensure};
use boot::Host;
use kernel::{Clock, Cx, TenantId};
use pg::Db;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::Neighbours;
use tokio::time::Instant;
use user::{App, Snapshots};
use uuid::Uuid;
use vault::{Keyring, MasterKey, Vault};
use wire::{
    Caller,
    user::v1::{CheckRequest, decisions_client::DecisionsClient},
};

use crate::{
    cpu,
    ground::Ground,
    load::load,
    place::Place,
    report::{Bar, Figure},
    stats::percentile,
};

const PASSES: usize = 5;

/// Questions of one pass. Each about somebody else where nothing is remembered, so that each reads the rows.
const COLD: usize = 2_000;
const WARM: usize = 50_000;

/// People that the remembered questions are about.
const KNOWN: usize = 200;

pub(crate) const NOTES: [&str; 2] = [
    "Check, 4 at a time, of a service in the same process: client, both ends of gRPC, guard and answer are in it. Each \
     member is in three of 100 teams that give a role; 20,000 members.",
    "`cold`: nothing is remembered of the person, so one query reads it; `warm`: it is. CPU is utime + stime of this process \
     and of PostgreSQL.",
];

/// Measures until `deadline`, each figure at least once.
///
/// # Errors
/// A server refuses, or an answer is wrong.
pub(crate) async fn measure(ground: &Ground, deadline: Instant) -> Result<Vec<Figure>> {
    let place = ground.place("access").await?;
    let tenant: TenantId = Uuid::now_v7().into();
    let people = crowd(&place, tenant).await?;
    let (host, neighbours) = (Host::new(), Neighbours::new());
    start(&place, &neighbours, &host).await?;
    let mesh = neighbours.mesh("events");
    let cx = Cx::of_service("events", Some(tenant), &Clock::system());
    let ask = async |person: &Uuid| check(mesh.to(user::NAME), &cx, person).await;
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for fresh in people.chunks_exact(COLD).take(PASSES) {
        if !cold.is_empty() && Instant::now() > deadline {
            break;
        }
        cold.push(Cost::of(ground, COLD, async |n| ask(&fresh[n]).await).await?);
        load(KNOWN, async |n| ask(&fresh[n]).await).await?;
        warm.push(Cost::of(ground, WARM, async |n| ask(&fresh[n % KNOWN]).await).await?);
    }
    host.kill();
    let mut figures = Cost::figures("check, warm", &warm, Some(Bar::AtMost(0.05)));
    figures.extend(Cost::figures("check, cold", &cold, None));
    Ok(figures)
}

/// Starts the user service over this place, among neighbours.
///
/// # Errors
/// A key or an address cannot be had.
pub(crate) async fn start(place: &Place, neighbours: &Neighbours, host: &Host) -> Result<()> {
    let master = MasterKey::parse(&MasterKey::draw()?)?;
    let app = App {
        db: Db::connect(&place.access(), user::NAME)?,
        nats: place.stream.nats().await,
        clock: Clock::system(),
        mesh: neighbours.mesh(user::NAME),
        vault: Vault::new(Keyring { current: master, older: Vec::new() }),
        public_url: "https://usher.test".parse()?,
        snapshots: Snapshots::default(),
        pace: user::Pace::default(),
        limits: App::usual_limits(),
        invite_daily: 50_000,
    };
    neighbours.settle(user::NAME, user::start(&app, neighbours.trust(), host)?);
    Ok(())
}

async fn check(user: Caller, cx: &Cx, person: &Uuid) -> Result<()> {
    let asked = CheckRequest {
        user_id: person.to_string(),
        permission: "events.event.read".into(),
        ..Default::default()
    };
    let answer = DecisionsClient::new(user).check(wire::call(cx, asked)).await;
    let decision = answer.context("the service refuses")?.into_inner();
    ensure!(decision.allowed, "a member may read events: {}", decision.reason_code);
    Ok(())
}

/// What one question cost in one pass.
struct Cost {
    ours: f64,
    postgres: f64,
    rate: f64,
    p99: f64,
}

impl Cost {
    async fn of(
        ground: &Ground,
        count: usize,
        ask: impl AsyncFn(usize) -> Result<()>,
    ) -> Result<Self> {
        let used =
            || anyhow::Ok((cpu::of_self()?.total(), cpu::of_tree(ground.postmaster())?.total()));
        let (before, begun) = (used()?, Instant::now());
        let served = load(count, ask).await?;
        let (after, elapsed) = (used()?, begun.elapsed());
        Ok(Self {
            ours: (after.0 - before.0) / count as f64,
            postgres: (after.1 - before.1) / count as f64,
            rate: count as f64 / elapsed.as_secs_f64(),
            p99: percentile(&served.latencies, 99.0),
        })
    }

    fn figures(name: &str, passes: &[Self], bar: Option<Bar>) -> Vec<Figure> {
        let part = |what: &str, unit, of: fn(&Self) -> f64| {
            Figure::new(format!("{name}: {what}"), unit, passes.iter().map(of).collect())
        };
        let total = part("CPU", "CPU·ms", |pass| pass.ours + pass.postgres);
        vec![
            match bar {
                Some(bar) => total.with_bar(bar),
                None => total,
            },
            part("PostgreSQL", "CPU·ms", |pass| pass.postgres),
            part("questions", "1/s", |pass| pass.rate),
            part("latency p99", "ms", |pass| pass.p99),
        ]
    }
}

/// Members of the tenant, in teams that give a role.
async fn crowd(place: &Place, tenant: TenantId) -> Result<Vec<Uuid>> {
    let mut admin = PgConnection::connect(&place.url).await?;
    let make = format!(
        "set search_path = usher_user;
         set usher.tenant_id = '{tenant}';
         insert into users (user_id, email, name, status, created_at)
         select gen_random_uuid(), 'person' || n || '@example.com', 'Person ' || n, 'active', now()
         from generate_series(1, 20000) n;
         insert into accounts (user_id, created_at) select user_id, now() from users;
         insert into memberships (tenant_id, user_id, status, joined_at) select '{tenant}', user_id, 'active', now() from users;
         insert into role_bindings (tenant_id, user_id, role, bound_at, bound_by)
         select '{tenant}', user_id, 'user', now(), 'bench' from users;
         insert into groups (group_id, kind, name, description, join_policy, status, created_at, created_by, changed_at)
         select gen_random_uuid(), 'team', 'Team ' || n, '', 'open', 'active', now(), 'bench', now()
         from generate_series(1, 100) n;
         with teams as (select group_id, row_number() over (order by group_id) - 1 as n from groups),
              people as (select user_id, row_number() over (order by user_id) - 1 as n from users)
         insert into group_members (group_id, user_id, status, role_hint, since, changed_by)
         select t.group_id, p.user_id, 'active', '', now(), 'bench'
         from people p cross join generate_series(0, 2) as k join teams t on t.n = (p.n + k * 33) % 100;
         insert into role_grants (tenant_id, binding_id, group_id, role, scope_type, scope_id, bound_at, bound_by)
         select '{tenant}', gen_random_uuid(), group_id, 'events.organizer', 'team', group_id::text, now(), 'bench'
         from groups;
         analyze"
    );
    admin.execute(AssertSqlSafe(make)).await?;
    Ok(sqlx::query_scalar("select user_id from users order by user_id")
        .fetch_all(&mut admin)
        .await?)
}
