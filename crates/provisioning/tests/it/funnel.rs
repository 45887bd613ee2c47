//! The funnel against the rows themselves: counted once more, in another way.

use kernel::{Code, TenantId};
use sandbox::legacy::{Fault, Op};
use sqlx::Row;
use uuid::Uuid;
use wire::provisioning::v1::{
    Funnel, GetFunnelRequest, GetPlatformFunnelRequest, OnboardClientRequest,
};

use crate::world::{World, answer, request, wb_token};

/// One client's journey, in microseconds since 1970.
#[derive(Debug, Clone)]
struct Journey {
    tenant: Uuid,
    cohort: String,
    began: i64,
    invited: Option<i64>,
    accepted: Option<i64>,
    active: Option<i64>,
    failed: Option<i64>,
    updated: Option<i64>,
    helps: i32,
}

/// A small generator of chance, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % bound).expect("small")
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

const SECOND: i64 = 1_000_000;
const BEGIN: i64 = 1_790_000_000 * SECOND;
const DAY: i64 = 86_400 * SECOND;

fn population(dice: &mut Dice, tenants: &[Uuid], size: usize) -> Vec<Journey> {
    let cohorts = ["internal", "pilot", "limited", "all"];
    let one = |dice: &mut Dice| {
        let began = BEGIN + dice.below(90 * 86_400) * SECOND;
        // Somebody who belonged to the tenant before was never invited.
        let invited = (!dice.one_in(12)).then(|| began + dice.below(3 * 1_000_000));
        let base = invited.unwrap_or(began);
        let accepted =
            (!dice.one_in(4)).then(|| base + dice.below(400_000) * SECOND + dice.below(999_999));
        let failed = accepted.filter(|_| dice.one_in(6)).map(|at| at + dice.below(600) * SECOND);
        let arrives = accepted.is_some() && !dice.one_in(if failed.is_some() { 2 } else { 20 });
        let active = accepted.filter(|_| arrives).map(|at| {
            // Whole seconds make ties, which a rank must not mind.
            failed.unwrap_or(at) + dice.below(200) * SECOND
        });
        Journey {
            tenant: tenants[usize::try_from(dice.below(tenants.len() as u64)).expect("small")],
            cohort: cohorts[usize::try_from(dice.below(4)).expect("small")].into(),
            began,
            invited,
            accepted,
            active,
            failed,
            updated: active.filter(|_| !dice.one_in(9)),
            helps: i32::try_from(dice.below(9) - 6).expect("small").max(0),
        }
    };
    (0..size).map(|_| one(dice)).collect()
}

async fn put(world: &World, journeys: &[Journey]) {
    let mut admin = world.database.admin().await;
    for one in journeys {
        let at = |micros: Option<i64>| {
            micros.map(|at| {
                kernel::Timestamp::from(jiff::Timestamp::from_microsecond(at).expect("a time"))
            })
        };
        sqlx::query(
            "with made as (
                 insert into clients (tenant_id, client_id, email, name, role, spreadsheet_id, wb_token, wb_token_hint,
                                      stage, created_at, updated_at)
                 values ($1, $2, $2 || '@example.com', 'Somebody', 'client', $2, '', '***', 'invited', $4, $4))
             insert into journeys (tenant_id, client_id, cohort, began_at, invited_at, accepted_at, active_at,
                                   failed_at, first_update_at, helps)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(one.tenant)
        .bind(Uuid::now_v7())
        .bind(&one.cohort)
        .bind(at(Some(one.began)))
        .bind(at(one.invited))
        .bind(at(one.accepted))
        .bind(at(one.active))
        .bind(at(one.failed))
        .bind(at(one.updated))
        .bind(one.helps)
        .execute(&mut admin)
        .await
        .expect("puts a journey in");
    }
}

/// The rows as they stand.
async fn rows(world: &World) -> Vec<Journey> {
    let micros =
        |column: &str| format!("(extract(epoch from {column}) * 1000000)::bigint as {column}");
    let columns =
        ["began_at", "invited_at", "accepted_at", "active_at", "failed_at", "first_update_at"];
    let query = format!(
        "select tenant_id, cohort, helps, {} from journeys",
        columns.map(micros).join(", ")
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(query));
    let rows = query.fetch_all(&mut world.database.admin().await).await.expect("reads");
    let journey = |row: &sqlx::postgres::PgRow| Journey {
        tenant: row.get("tenant_id"),
        cohort: row.get("cohort"),
        began: row.get("began_at"),
        invited: row.get("invited_at"),
        accepted: row.get("accepted_at"),
        active: row.get("active_at"),
        failed: row.get("failed_at"),
        updated: row.get("first_update_at"),
        helps: row.get("helps"),
    };
    rows.iter().map(journey).collect()
}

/// The funnel of these journeys, by the words of the contract.
fn recount(journeys: &[&Journey]) -> Funnel {
    let count = |fits: &dyn Fn(&Journey) -> bool| {
        i64::try_from(journeys.iter().filter(|one| fits(one)).count()).expect("small")
    };
    let times = |time: &dyn Fn(&Journey) -> Option<i64>| {
        let mut times: Vec<i64> = journeys.iter().filter_map(|one| time(one)).collect();
        times.sort_unstable();
        // The nearest rank, in whole numbers: the smallest that so many of a hundred do not exceed.
        let rank = |of_hundred: usize| {
            let rank = (times.len() * of_hundred).div_ceil(100).max(1);
            times.get(rank - 1).map_or(0.0, |micros| {
                std::time::Duration::from_micros(u64::try_from(*micros).expect("positive"))
                    .as_secs_f64()
            })
        };
        (rank(50), rank(95))
    };
    let to_active = times(&|one| Some(one.active? - one.invited?));
    let from_accepted = times(&|one| Some(one.active? - one.accepted?));
    let to_update = times(&|one| Some(one.updated? - one.invited?));
    let sent = count(&|one| one.invited.is_some());
    let accepted = count(&|one| one.invited.is_some() && one.accepted.is_some());
    let success = count(&|one| one.active.is_some());
    let unaided = count(&|one| one.active.is_some() && one.helps == 0);
    let share = |part: i64, whole: i64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    Funnel {
        stages: std::collections::HashMap::default(),
        time_to_active_p50_seconds: to_active.0,
        time_to_active_p95_seconds: to_active.1,
        began: count(&|_| true),
        invite_sent: sent,
        invite_accepted: accepted,
        provision_success: success,
        provision_failed: count(&|one| one.failed.is_some()),
        provision_recovered: count(&|one| one.active.is_some() && one.failed.is_some()),
        unaided,
        accepted_share: share(accepted, sent),
        unaided_share: share(unaided, success),
        accepted_to_active_p50_seconds: from_accepted.0,
        accepted_to_active_p95_seconds: from_accepted.1,
        first_update_p50_seconds: to_update.0,
        first_update_p95_seconds: to_update.1,
    }
}

fn wire_time(micros: i64) -> Option<prost_types::Timestamp> {
    Some(wire::timestamp(jiff::Timestamp::from_microsecond(micros).expect("a time").into()))
}

async fn tenant_funnel(world: &World, tenant: Uuid, request: GetFunnelRequest) -> Funnel {
    let cx = world.operator(TenantId::from(tenant));
    answer(world.funnels().get_funnel(wire::call(&cx, request)).await).expect("counts")
}

#[tokio::test]
async fn the_funnel_is_exactly_what_the_rows_say() {
    let world = World::new().await;
    let tenants: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    put(&world, &population(&mut Dice(20_261_121), &tenants, 700)).await;
    let truth = rows(&world).await;
    assert_eq!(truth.len(), 700);
    let middle = truth[350].began;
    let ranges = [
        (BEGIN, BEGIN + 90 * DAY),
        (BEGIN + 10 * DAY, BEGIN + 40 * DAY),
        // The first instant belongs to the range, and the last does not.
        (middle, BEGIN + 90 * DAY),
        (BEGIN, middle),
        (BEGIN + 200 * DAY, BEGIN + 201 * DAY),
    ];
    for (from, to) in ranges {
        let here: Vec<&Journey> =
            truth.iter().filter(|one| (from..to).contains(&one.began)).collect();
        for tenant in &tenants {
            let own: Vec<&Journey> =
                here.iter().copied().filter(|one| one.tenant == *tenant).collect();
            let request = GetFunnelRequest { from: wire_time(from), to: wire_time(to) };
            let mut told = tenant_funnel(&world, *tenant, request).await;
            assert_eq!(told.stages.values().sum::<i64>(), told.stages["invited"]);
            told.stages.clear();
            assert_eq!(told, recount(&own), "{from}..{to} of {tenant}");
        }
        for cohort in ["", "internal", "pilot", "limited", "all"] {
            let fits = |one: &&Journey| cohort.is_empty() || one.cohort == cohort;
            let chosen: Vec<&Journey> = here.iter().copied().filter(fits).collect();
            let request = GetPlatformFunnelRequest {
                from: wire_time(from),
                to: wire_time(to),
                cohort: cohort.into(),
            };
            let request = wire::call(&world.staff(), request);
            let told = answer(world.funnels().get_platform_funnel(request).await).expect("counts");
            assert_eq!(told.total, Some(recount(&chosen)), "{from}..{to} of {cohort}");
            for part in &told.cohorts {
                let part_of: Vec<&Journey> =
                    chosen.iter().copied().filter(|one| one.cohort == part.cohort).collect();
                assert_eq!(part.funnel, Some(recount(&part_of)), "{from}..{to} of {}", part.cohort);
            }
            let whole: i64 = told
                .cohorts
                .iter()
                .filter_map(|part| part.funnel.as_ref())
                .map(|part| part.began)
                .sum();
            assert_eq!(whole, told.total.expect("a total").began);
        }
    }
    world.end().await;
}

#[tokio::test]
async fn the_journeys_are_what_audit_and_jobs_say() {
    let world = World::new().await;
    let refuse = |sheet: &str, op| {
        let fault = Fault::Refused { status: 400, message: "no".into() };
        world.sandbox.legacy.push_fault_for(sheet, op, fault);
    };
    let smooth = world.begin(request("smooth")).await;
    world.until(&smooth.client_id, "active").await;
    refuse("sheet_mended", Op::Register);
    let mended = world.begin(request("mended")).await;
    world.until(&mended.client_id, "failed").await;
    world.retry(&mended.client_id).await.expect("resumes");
    world.until(&mended.client_id, "active").await;
    refuse("sheet_rotated", Op::TokensAdd);
    let rotated = world.begin(request("rotated")).await;
    world.until(&rotated.client_id, "failed").await;
    let other = OnboardClientRequest { wb_token: wb_token("another"), ..request("rotated") };
    world.onboard(other).await.expect("gives another token");
    refuse("sheet_lost", Op::DatasetsUpdate);
    let lost = world.begin(request("lost")).await;
    world.until(&lost.client_id, "failed").await;
    world.onboard(request("waiting")).await.expect("onboards");
    world.users.set_mood(crate::invites::Mood::Member);
    let member = world.onboard(request("member")).await.expect("onboards");
    world.until(&member.client_id, "active").await;

    let told = tenant_funnel(&world, world.tenant.uuid(), GetFunnelRequest::default()).await;
    let became = async |stage: &str| {
        let query = format!(
            "select count(distinct target) from audit_events where action = 'client.become.{stage}'"
        );
        world.count(&query).await
    };
    assert_eq!(told.provision_success, became("active").await);
    assert_eq!(told.provision_failed, became("failed").await);
    assert_eq!((told.began, told.provision_success, told.provision_failed), (6, 3, 3));
    let member_invited = i64::from(!member.invite_id.is_empty());
    assert_eq!(told.invite_sent, 5 + member_invited);
    assert_eq!(told.invite_accepted, became("email_confirmed").await - 1 + member_invited);
    assert_eq!((told.provision_recovered, told.unaided), (1, 2));
    let updated =
        world.count("select count(*) from journeys where first_update_at is not null").await;
    let done = "select count(*) from job_steps where name = 'smoke_update' and state = 'done'";
    assert_eq!(updated, world.count(done).await);
    // What a person did stands in the audit, and in the column by which it is counted.
    let differs = "select count(*) from journeys as j where helps <> (
        select count(*) from audit_events as a where a.target = 'client:' || j.client_id
            and a.action in ('client.retry', 'client.token.replace') and a.actor like 'user:%')";
    assert_eq!(world.count(differs).await, 0);
    assert_eq!(world.count("select sum(helps) from journeys").await, 2);
    let wrong = "select count(*) from journeys
                 where not (began_at <= coalesce(invited_at, began_at)
                            and coalesce(invited_at, began_at) <= coalesce(accepted_at, 'infinity')
                            and coalesce(accepted_at, '-infinity') <= coalesce(active_at, 'infinity'))";
    assert_eq!(world.count(wrong).await, 0, "instants out of order");
    world.end().await;
}

#[tokio::test]
async fn a_range_that_ends_before_it_begins_and_an_unknown_cohort_are_named() {
    let world = World::new().await;
    let (from, to) = (wire_time(BEGIN), wire_time(BEGIN - 1));
    let cx = world.operator(world.tenant);
    let tenant = wire::call(&cx, GetFunnelRequest { from, to });
    let tenant = answer(world.funnels().get_funnel(tenant).await).expect_err("backwards");
    let request = GetPlatformFunnelRequest { from, to, cohort: String::new() };
    let platform = wire::call(&world.staff(), request);
    let platform =
        answer(world.funnels().get_platform_funnel(platform).await).expect_err("backwards");
    let unknown = GetPlatformFunnelRequest { cohort: "vip".into(), ..Default::default() };
    let unknown = wire::call(&world.staff(), unknown);
    let unknown =
        answer(world.funnels().get_platform_funnel(unknown).await).expect_err("no cohort");
    for (refusal, field) in [(tenant, "to"), (platform, "to"), (unknown, "cohort")] {
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, field));
    }
    world.end().await;
}
