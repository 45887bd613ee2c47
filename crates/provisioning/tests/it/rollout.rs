//! The rollout: promotions and their gate, overrides, demotions, and who may do which.

use futures::future::join_all;
use kernel::Code;
use wire::{
    Refusal,
    provisioning::v1::{
        DemoteRolloutRequest, GetPlacementRequest, GetPlatformFunnelRequest, GetRolloutRequest,
        HaltRolloutRequest, HaltTenantRequest, ListIncidentsRequest, OpenIncidentRequest,
        OverrideGateRequest, PlaceTenantRequest, PromoteRolloutRequest, ResumeRolloutRequest,
    },
};

use crate::{
    staff::STAFF,
    world::{World, answer},
};

const OVERRIDE: [&str; 1] = ["provisioning.rollout.override"];

fn codes(refusal: &Refusal) -> Vec<&str> {
    refusal.fields.iter().map(|field| field.field.as_str()).collect()
}

#[tokio::test]
async fn a_platform_begins_open_to_all_and_a_rollout_climbs_stage_by_stage() {
    let world = World::new().await;
    let begun = world.rollout().await;
    assert_eq!((begun.stage.as_str(), begun.gate), ("all", None));
    assert_eq!(world.demote("internal").await.expect("goes back").stage, "internal");
    for (stage, next, clients) in
        [("internal", "pilot", 3), ("pilot", "limited", 3), ("limited", "all", 50)]
    {
        let shut = world.promote(stage).await.expect_err("nothing is proven");
        assert_eq!((shut.code, shut.reason.as_str()), (Code::Conflict, "rollout_gate_shut"));
        assert_eq!(codes(&shut), ["sample_size"], "{shut:?}");
        world.put_journeys(stage, clients, 0, 60.0).await;
        let shown = world.rollout().await;
        let gate = shown.gate.expect("a gate");
        assert!(gate.open && gate.obstacles.is_empty(), "{gate:?}");
        assert_eq!((gate.succeeded, gate.needed), (i64::from(clients), i64::from(clients)));
        assert!((gate.p95_seconds - 60.0).abs() < f64::EPSILON && gate.target_seconds == 1200.0);
        let promoted = world.promote(stage).await.expect("is open");
        assert_eq!(promoted.stage, next);
        assert!(promoted.entered_by.starts_with("user:"), "{promoted:?}");
    }
    assert_eq!(
        (world.audited("rollout.promote").await, world.facts("rollout.promoted").await),
        (3, 3)
    );
    let further = world.promote("all").await.expect_err("there is nothing further");
    assert_eq!(further.reason, "rollout_complete");
    world.end().await;
}

#[tokio::test]
async fn the_gate_is_shut_at_979_of_1000_and_open_at_980() {
    for (succeeded, failed, open) in [(979, 21, false), (980, 20, true)] {
        let world = World::new().await;
        world.demote("limited").await.expect("goes back");
        world.put_journeys("limited", succeeded, failed, 1.0).await;
        // Of another cohort, and so of no weight.
        world.put_journeys("all", 0, 500, 1.0).await;
        match world.promote("limited").await {
            Ok(promoted) => assert!(open && promoted.stage == "all", "{promoted:?}"),
            Err(shut) => {
                assert!(!open, "{shut:?}");
                assert_eq!(codes(&shut), ["success_rate"]);
                assert!(shut.message.contains("979 of 1000"), "{}", shut.message);
                assert_eq!(world.rollout().await.stage, "limited");
                assert_eq!(world.facts("rollout.promoted").await, 0);
            }
        }
        world.end().await;
    }
}

#[tokio::test]
async fn every_reason_is_told_and_an_override_goes_past_them_with_its_own() {
    let world = World::new().await;
    world.demote("pilot").await.expect("goes back");
    world.put_journeys("pilot", 1, 1, 1_200.000_001).await;
    world.open_incident("critical").await;
    world.open_incident("major").await;
    let shut = world.promote("pilot").await.expect_err("four reasons");
    let all = ["sample_size", "success_rate", "time_to_active", "critical_incident"];
    assert_eq!(codes(&shut), all);
    let gate = world.rollout().await.gate.expect("a gate");
    let shown: Vec<_> = gate.obstacles.iter().map(|one| one.code.as_str()).collect();
    assert_eq!((shown, gate.open_critical_incidents), (all.to_vec(), 1));

    let chief = world.person(None, &OVERRIDE);
    let unsaid = world.override_gate(&chief, "pilot", "  ").await.expect_err("no reason");
    assert_eq!((unsaid.code, codes(&unsaid)), (Code::Invalid, vec!["reason"]));
    let staff = world.override_gate(&world.staff(), "pilot", "because").await.expect_err("may not");
    assert_eq!(staff.code, Code::Denied);
    let passed = world.override_gate(&chief, "pilot", "the fair begins").await.expect("passes");
    assert_eq!(
        (passed.stage.as_str(), passed.entered_reason.as_str()),
        ("limited", "the fair begins")
    );
    let again = world.override_gate(&chief, "pilot", "the fair begins").await.expect("was made");
    assert_eq!(again.stage, "limited");
    assert_eq!(world.audited("rollout.override").await, 1);
    let told = world
        .count("select count(*) from outbox where kind = 'provisioning.rollout.overridden'
                and data->>'reason' = 'the fair begins' and jsonb_array_length(data->'obstacles') = 4")
        .await;
    assert_eq!(told, 1);
    world.end().await;
}

#[tokio::test]
async fn whoever_hangs_past_the_target_counts_against_the_gate() {
    let world = World::new().await;
    world.demote("internal").await.expect("goes back");
    world.put_journeys("internal", 9, 0, 1.0).await;
    let mut admin = world.database.admin().await;
    let hang = "update journeys set active_at = null, accepted_at = now() - interval '21 minutes'
                where client_id = (select client_id from journeys limit 1)";
    sqlx::query(hang).execute(&mut admin).await.expect("updates");
    let shut = world.promote("internal").await.expect_err("one hangs");
    assert_eq!(codes(&shut), ["time_to_active"]);
    // Younger than the target, it proves nothing yet.
    let younger =
        "update journeys set accepted_at = now() - interval '1 minute' where active_at is null";
    sqlx::query(younger).execute(&mut admin).await.expect("updates");
    world.promote("internal").await.expect("is open");
    world.end().await;
}

#[tokio::test]
async fn of_many_promotions_at_once_one_step_is_made() {
    let world = World::new().await;
    world.demote("internal").await.expect("goes back");
    world.put_journeys("internal", 5, 0, 1.0).await;
    // The next gate would be open as well, so only the lock and the named stage keep it at one step.
    world.put_journeys("pilot", 5, 0, 1.0).await;
    let later = "update journeys set began_at = began_at + interval '1 day' where cohort = 'pilot'";
    sqlx::query(later).execute(&mut world.database.admin().await).await.expect("updates");
    let all = join_all((0..8).map(|_| world.promote("internal"))).await;
    for promoted in all {
        assert_eq!(promoted.expect("made, or made before").stage, "pilot");
    }
    assert_eq!(
        (world.audited("rollout.promote").await, world.facts("rollout.promoted").await),
        (1, 1)
    );
    assert!(world.rollout().await.gate.expect("a gate").open, "the second step was possible");
    world.end().await;
}

#[tokio::test]
async fn a_demotion_goes_back_only_and_makes_the_proof_begin_anew() {
    let world = World::new().await;
    world.demote("pilot").await.expect("goes back");
    world.put_journeys("pilot", 5, 0, 1.0).await;
    world.promote("pilot").await.expect("is open");
    let back = world.demote("pilot").await.expect("goes back");
    assert_eq!(back.gate.expect("a gate").succeeded, 0);
    world.demote("pilot").await.expect("a repeat");
    assert_eq!(
        (world.audited("rollout.demote").await, world.facts("rollout.demoted").await),
        (2, 2)
    );
    let forward = world.demote("limited").await.expect_err("is no way back");
    assert_eq!((forward.code, forward.reason.as_str()), (Code::Conflict, "rollout_not_back"));
    assert_eq!(codes(&forward), ["to"]);
    let elsewhere = world.promote("limited").await.expect_err("stands elsewhere");
    assert_eq!(elsewhere.reason, "rollout_elsewhere");
    world.end().await;
}

#[tokio::test]
async fn bad_inputs_are_named_by_their_field() {
    let world = World::new().await;
    let staff = world.staff();
    let long = "a".repeat(501);
    let mut rollouts = world.rollouts();
    let mut refusals = Vec::new();
    for from in ["", "everybody", "Pilot"] {
        refusals.push(("from", world.promote(from).await.expect_err(from)));
    }
    for (field, to, reason) in
        [("to", "nowhere", "why"), ("reason", "pilot", ""), ("reason", "pilot", long.as_str())]
    {
        let request = DemoteRolloutRequest { to: to.into(), reason: reason.into() };
        let refused = answer(rollouts.demote_rollout(wire::call(&staff, request)).await);
        refusals.push((field, refused.expect_err(field)));
    }
    let halt = wire::call(&staff, HaltRolloutRequest { reason: "a\u{0}b".into() });
    refusals.push(("reason", answer(rollouts.halt_rollout(halt).await).expect_err("control")));
    let here = world.person(Some(world.tenant), &STAFF);
    let halt = wire::call(&here, HaltTenantRequest::default());
    refusals.push(("reason", answer(rollouts.halt_tenant(halt).await).expect_err("no reason")));
    let place = wire::call(&here, PlaceTenantRequest { cohort: "vip".into() });
    refusals.push(("cohort", answer(rollouts.place_tenant(place).await).expect_err("no cohort")));
    let chief = world.person(None, &OVERRIDE);
    refusals.push(("from", world.override_gate(&chief, "", "why").await.expect_err("nowhere")));
    for (field, refusal) in refusals {
        assert_eq!((refusal.code, codes(&refusal)), (Code::Invalid, vec![field]), "{refusal:?}");
    }
    assert_eq!(world.rollout().await.stage, "all");
    world.end().await;
}

#[tokio::test]
async fn nobody_of_a_tenant_moves_the_rollout_and_readers_only_read() {
    let world = World::new().await;
    let owner = world.operator(world.tenant);
    let reader = world.person(Some(world.tenant), &["provisioning.rollout.read"]);
    for cx in [&owner, &reader] {
        let (mut rollouts, mut incidents) = (world.rollouts(), world.incidents());
        let word = || "internal".to_owned();
        let why = || "mine".to_owned();
        let promote = PromoteRolloutRequest { from: word() };
        let over = OverrideGateRequest { from: word(), reason: why() };
        let demote = DemoteRolloutRequest { to: word(), reason: why() };
        let refusals = [
            rollouts.promote_rollout(wire::call(cx, promote)).await.err(),
            rollouts.override_gate(wire::call(cx, over)).await.err(),
            rollouts.demote_rollout(wire::call(cx, demote)).await.err(),
            rollouts.halt_rollout(wire::call(cx, HaltRolloutRequest { reason: why() })).await.err(),
            rollouts.resume_rollout(wire::call(cx, ResumeRolloutRequest {})).await.err(),
            rollouts
                .place_tenant(wire::call(cx, PlaceTenantRequest { cohort: word() }))
                .await
                .err(),
            rollouts.halt_tenant(wire::call(cx, HaltTenantRequest { reason: why() })).await.err(),
            incidents.open_incident(wire::call(cx, OpenIncidentRequest::default())).await.err(),
        ];
        for status in refusals {
            let refusal = wire::code_of(&status.expect("is refused"));
            assert_eq!(
                (refusal.code, refusal.reason.as_str()),
                (Code::Denied, "permission_denied")
            );
        }
    }
    let mut rollouts = world.rollouts();
    for (cx, allowed) in [(&owner, false), (&reader, true)] {
        let shown = rollouts.get_rollout(wire::call(cx, GetRolloutRequest {})).await;
        let counted = wire::call(cx, GetPlatformFunnelRequest::default());
        let counted = world.funnels().get_platform_funnel(counted).await;
        let listed = wire::call(cx, ListIncidentsRequest::default());
        let listed = world.incidents().list_incidents(listed).await;
        assert_eq!([shown.is_ok(), counted.is_ok(), listed.is_ok()], [allowed; 3]);
    }
    // What concerns the tenant itself its own people may see.
    let placed = rollouts.get_placement(wire::call(&owner, GetPlacementRequest {})).await;
    assert_eq!(answer(placed).expect("a placement").stage, "all");
    assert_eq!(world.rollout().await.stage, "all");
    world.end().await;
}
