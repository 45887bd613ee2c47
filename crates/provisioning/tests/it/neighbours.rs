//! A bad backend of one tenant, in every way there is, leaves the others' way to active alone.

use std::{collections::BTreeMap, time::Duration};

use futures::future::join_all;
use kernel::{Code, TenantId};
use outbound::Trip;
use sandbox::legacy::{Aim, Fault, Storm};
use uuid::Uuid;

use crate::world::{HOUR, MINUTE, World, answer, legacy_under, legacy_within, request};

/// Tenants that nothing is done to, and the clients of each.
const OTHERS: usize = 4;
const CLIENTS: usize = 8;

/// The ways to be bad; every call of two clients each meets one of them, to the end.
fn ways() -> Vec<(&'static str, Fault)> {
    let elsewhere = |location: &str| Fault::Redirect { location: location.into() };
    vec![
        ("slow", Fault::Slow { millis: 300 }),
        ("late", Fault::Slow { millis: 30_000 }),
        ("hang", Fault::Hang { millis: 60_000 }),
        ("drip", Fault::Drip { millis: 1_000 }),
        ("garbage", Fault::Garbage),
        ("type", Fault::WrongType),
        ("endless", Fault::Endless),
        ("away", elsewhere("http://legacy.example.com/")),
        ("metadata", elsewhere("http://169.254.169.254/latest/meta-data/")),
        ("reset", Fault::Reset),
        ("served_reset", Fault::ResetServed),
        ("lost", Fault::LostAnswer),
        ("cut", Fault::CutAnswer),
        ("nohttp", Fault::NoHttp),
        ("s500", Fault::ServerError),
        ("s502", Fault::Gateway { status: 502 }),
        ("s503", Fault::Gateway { status: 503 }),
        ("s429", Fault::RateLimited { retry_after: None }),
    ]
}

/// What one onboarding of everybody came to.
struct Run {
    /// By spreadsheet of the others: the calls that the backend saw, attempt by attempt.
    calls: BTreeMap<String, usize>,
    /// The others' times from creation to active, by the recorded clock, in order.
    times: Vec<Duration>,
    /// By spreadsheet of the one tenant: its last stage and reason.
    ends: BTreeMap<String, (String, String)>,
}

/// Onboards somebody, and again where a busy machine puts the call off.
async fn onboard(world: &World, tenant: TenantId, name: String) -> String {
    let client = testkit::found("an onboarding", async || {
        let call = wire::call(&world.operator(tenant), request(&name));
        match answer(world.onboarding().onboard_client(call).await) {
            Err(put_off) if put_off.code == Code::Unavailable => None,
            answered => Some(answered.expect("onboards")),
        }
    })
    .await;
    world.users.accept(tenant, &client.client_id).await;
    client.client_id
}

/// One tenant's clients and the others' are onboarded at once; `storms` break over the one tenant's calls.
async fn run(storms: Vec<Storm>) -> Run {
    // Patient enough that a busy machine is not taken for a bad backend.
    let world = World::tuned(|app, sandbox| {
        app.legacy = legacy_within(sandbox, Duration::from_secs(6));
        app.policy.attempts = 3;
    });
    let world = world.await;
    for storm in storms {
        world.sandbox.legacy.begin_storm(storm);
    }
    let tenants: Vec<TenantId> = (0..OTHERS).map(|_| Uuid::now_v7().into()).collect();
    let troubled = ways().into_iter().flat_map(|(way, _)| [0, 1].map(|n| format!("bad_{way}_{n}")));
    let troubled = troubled.map(|name| onboard(&world, world.tenant, name));
    let at_ease = tenants.iter().enumerate().flat_map(|(of, &tenant)| {
        let world = &world;
        (0..CLIENTS).map(move |n| onboard(world, tenant, format!("good_{of}_{n}")))
    });
    // The troubled ones come first, so that the others stand behind them in every queue.
    let (ids, _) = futures::join!(join_all(troubled), join_all(at_ease));
    let active = format!(
        "select count(*) = {} from clients where stage = 'active' and tenant_id <> '{}'",
        OTHERS * CLIENTS,
        world.tenant
    );
    let settled = "select count(*) = 0 from clients where stage not in ('active', 'failed')";
    for question in [active.as_str(), settled] {
        let question = format!("select ({question})::int::bigint");
        testkit::eventually("everybody has come to an end", async || {
            world.count(&question).await == 1
        })
        .await;
    }
    let mut ends = BTreeMap::new();
    for id in ids {
        let client = world.status(&id).await.expect("a client").client.expect("a client");
        ends.insert(client.spreadsheet_id, (client.stage, client.reason_code));
    }
    let run = Run { calls: calls(&world), times: times(&world).await, ends };
    world.end().await;
    run
}

fn calls(world: &World) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in world.sandbox.legacy.calls() {
        let sheet = call.spreadsheet_id.clone().expect("every call names one");
        if sheet.starts_with("sheet_good") {
            *counts.entry(sheet).or_default() += 1;
        }
    }
    counts
}

async fn times(world: &World) -> Vec<Duration> {
    let mut times: Vec<i64> = sqlx::query_scalar(
        "select (extract(epoch from active_at - created_at) * 1000)::bigint from clients
         where tenant_id <> $1",
    )
    .bind(world.tenant)
    .fetch_all(&mut world.database.admin().await)
    .await
    .expect("reads the clock's record");
    times.sort_unstable();
    times.iter().map(|millis| Duration::from_millis(millis.unsigned_abs())).collect()
}

fn p99(times: &[Duration]) -> Duration {
    times[(times.len() * 99).div_ceil(100) - 1]
}

#[tokio::test]
async fn a_bad_backend_of_one_tenant_leaves_the_others_time_to_active_alone() {
    let storms = ways().into_iter().map(|(way, fault)| Storm {
        aim: Aim { op: None, spreadsheets: Some(format!("sheet_bad_{way}_")) },
        fault,
        calls: None,
    });
    let (alone, beside) = (run(Vec::new()).await, run(storms.collect()).await);

    // Each of the four steps is begun once and no more, beside bad neighbours as without them.
    assert_eq!(alone.calls.len(), OTHERS * CLIENTS);
    assert!(alone.calls.values().all(|count| *count == 4), "{:?}", alone.calls);
    assert_eq!(beside.calls, alone.calls);

    // The neighbour's trouble was real: whom a retry cannot help has failed, and knows why.
    assert!(alone.ends.values().all(|(stage, _)| stage == "active"), "{:?}", alone.ends);
    for (way, fault) in ways() {
        let helped = matches!(fault, Fault::Slow { millis: 300 } | Fault::WrongType);
        for n in [0, 1] {
            let (stage, reason) = &beside.ends[&format!("sheet_bad_{way}_{n}")];
            assert_eq!(stage, if helped { "active" } else { "failed" }, "{way}");
            assert_eq!(reason.is_empty(), helped, "{way}: {reason}");
        }
    }
    let (before, after) = (p99(&alone.times), p99(&beside.times));
    let ratio = after.as_secs_f64() / before.as_secs_f64().max(0.001);
    println!(
        "p99 time to active: {before:?} alone, {after:?} beside bad neighbours, ratio {ratio:.2}"
    );
}

#[tokio::test]
async fn a_tenant_whose_calls_all_fail_is_put_off_alone() {
    let world = World::tuned(|app, sandbox| {
        let trip = Trip { pause: HOUR, ..Trip::default() };
        app.legacy = legacy_under(sandbox, MINUTE, Some(trip));
        app.policy.attempts = 10_000;
    });
    let world = world.await;
    world.sandbox.legacy.begin_storm(Storm {
        aim: Aim { op: None, spreadsheets: Some("sheet_bad_".into()) },
        fault: Fault::ServerError,
        calls: None,
    });
    let bad = onboard(&world, world.tenant, "bad_1".into()).await;
    testkit::eventually("the tenant is put off", async || {
        let steps = world.status(&bad).await.expect("a client").steps;
        steps.iter().any(|step| step.reason == "legacy_breaker_open")
    })
    .await;
    let other: TenantId = Uuid::now_v7().into();
    onboard(&world, other, "good".into()).await;
    let active =
        format!("select count(*) from clients where stage = 'active' and tenant_id = '{other}'");
    world.until_count(&active, 1).await;
    assert_eq!(calls(&world).into_values().collect::<Vec<_>>(), [4], "each step at once");
    world.end().await;
}
