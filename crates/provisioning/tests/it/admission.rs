//! Who is invited at which stage, and the kill switch.

use futures::future::join_all;
use kernel::{Code, Email};
use provisioning::Cohort;
use wire::provisioning::v1::{HaltTenantRequest, OnboardClientRequest, ResumeTenantRequest};

use crate::{
    staff::STAFF,
    world::{World, answer, request},
};

impl World {
    /// A name whose address the hash puts into `cohort`.
    fn name_in(&self, cohort: Cohort) -> String {
        let mut names = (0..).map(|number| format!("n{number}"));
        let fits = |name: &String| {
            let email = Email::parse(&request(name).email).expect("an address");
            Cohort::by_hash(self.tenant, &email) == cohort
        };
        names.find(fits).expect("one in five fits")
    }

    async fn refused(&self, name: &str) -> String {
        let refusal = self.onboard(request(name)).await.expect_err("is refused");
        assert_eq!(refusal.code, Code::Conflict, "{refusal:?}");
        assert!(refusal.message.ends_with('.') && refusal.message.len() > 30, "{refusal:?}");
        refusal.reason
    }
}

#[tokio::test]
async fn a_stage_invites_its_own_cohort_and_those_before_it() {
    let world = World::new().await;
    let (limited, other) = (world.name_in(Cohort::Limited), world.name_in(Cohort::All));
    world.demote("internal").await.expect("goes back");
    for name in [&limited, &other] {
        assert_eq!(world.refused(name).await, "rollout_not_open");
    }
    world.place(world.tenant, "internal").await;
    let own = world.onboard(request("own")).await.expect("is one of ours");
    world.place(world.tenant, "").await;
    let chief = world.person(None, &["provisioning.rollout.override"]);
    for stage in ["internal", "pilot"] {
        world.override_gate(&chief, stage, "a test goes on").await.expect("goes on");
    }
    world.onboard(request(&limited)).await.expect("is one of the fifth");
    assert_eq!(world.refused(&other).await, "rollout_not_open");
    world.override_gate(&chief, "limited", "a test goes on").await.expect("goes on");
    world.onboard(request(&other)).await.expect("is open to all");
    let cohort = |client_id: String| {
        let query = "select count(*) from journeys where cohort = 'internal' and client_id =";
        format!("{query} '{client_id}'")
    };
    assert_eq!(world.count(&cohort(own.client_id)).await, 1);
    // Nothing is left of whoever was refused.
    assert_eq!(world.count("select count(*) from clients").await, 3);
    assert_eq!(world.users.made().len(), 3);
    world.end().await;
}

#[tokio::test]
async fn a_pilot_takes_five_clients_however_many_come_at_once() {
    let world = World::new().await;
    world.demote("pilot").await.expect("goes back");
    world.place(world.tenant, "pilot").await;
    let names: Vec<String> = (0..12).map(|number| format!("pilot{number}")).collect();
    let all = join_all(names.iter().map(|name| world.onboard(request(name)))).await;
    let refused: Vec<_> = all.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 7);
    for refusal in refused {
        assert_eq!(refusal.reason, "rollout_pilot_full", "{refusal:?}");
    }
    assert_eq!(world.count("select count(*) from journeys where cohort = 'pilot'").await, 5);
    assert_eq!(world.count("select pilots::bigint from rollouts").await, 5);
    world.end().await;
}

#[tokio::test]
async fn the_kill_switch_stops_invitations_at_once_and_lets_those_invited_go_on() {
    let world = World::new().await;
    let invited = world.onboard(request("invited")).await.expect("onboards");
    let halted = world.halt().await;
    assert!(halted.halted_at.is_some() && halted.halted_by.starts_with("user:"), "{halted:?}");
    assert_eq!(world.halt().await.halted_at, halted.halted_at, "the first halt stays");
    assert_eq!(world.refused("late").await, "invitations_halted");
    let same = world.onboard(request("invited")).await.expect("is invited already");
    assert_eq!(same.client_id, invited.client_id);
    world.users.accept(world.tenant, &invited.client_id).await;
    world.until(&invited.client_id, "active").await;
    assert!(world.resume().await.halted_at.is_none());
    world.resume().await;
    world.onboard(request("late")).await.expect("is invited now");
    for action in ["rollout.halt", "rollout.resume"] {
        assert_eq!(world.audited(action).await, 1, "{action}");
    }
    let told = [world.facts("rollout.halted").await, world.facts("rollout.resumed").await];
    assert_eq!(told, [1, 1]);
    world.end().await;
}

#[tokio::test]
async fn once_a_halt_is_answered_no_client_is_added_any_more() {
    let world = World::new().await;
    let flood = async {
        let names: Vec<String> = (0..40).map(|number| format!("flood{number}")).collect();
        join_all(names.iter().map(|name| world.onboard(request(name)))).await
    };
    let halt = async {
        world.halt().await;
        world.count("select count(*) from clients").await
    };
    let (outcomes, at_halt) = tokio::join!(flood, halt);
    assert_eq!(world.count("select count(*) from clients").await, at_halt);
    for refusal in outcomes.into_iter().filter_map(Result::err) {
        // A busy machine has no connection in time for everybody at once.
        let is_put_off = refusal.code == Code::Unavailable;
        assert!(is_put_off || refusal.reason == "invitations_halted", "{refusal:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn one_tenant_is_halted_without_the_others() {
    let world = World::new().await;
    let here = world.person(Some(world.tenant), &STAFF);
    let halt = || wire::call(&here, HaltTenantRequest { reason: "they asked for it".into() });
    for _ in 0..2 {
        let placed = answer(world.rollouts().halt_tenant(halt()).await).expect("halts");
        assert_eq!(placed.halt_reason, "they asked for it");
    }
    assert_eq!(world.refused("ann").await, "tenant_invitations_halted");
    let elsewhere = world.operator(uuid::Uuid::now_v7().into());
    let other = wire::call(&elsewhere, request("bob"));
    answer(world.onboarding().onboard_client(other).await).expect("another tenant goes on");
    let resume = wire::call(&here, ResumeTenantRequest {});
    let placed = answer(world.rollouts().resume_tenant(resume).await).expect("resumes");
    assert!(placed.halted_at.is_none() && placed.halt_reason.is_empty());
    world.onboard(request("ann")).await.expect("goes on");
    let audited = "select count(*) from audit_events where action like 'rollout.tenant.%'";
    assert_eq!(world.count(audited).await, 2);
    let told = [world.facts("placement.halted").await, world.facts("placement.resumed").await];
    assert_eq!(told, [1, 1]);
    world.end().await;
}

#[tokio::test]
async fn a_client_whose_time_is_over_is_not_invited_anew_during_a_halt() {
    let world = World::new().await;
    world.users.set_life(std::time::Duration::ZERO);
    let client = world.onboard(request("ann")).await.expect("onboards");
    world.until(&client.client_id, "expired").await;
    world.halt().await;
    assert_eq!(world.refused("ann").await, "invitations_halted");
    world.resume().await;
    world.users.set_life(std::time::Duration::from_secs(60));
    let again: OnboardClientRequest = request("ann");
    assert_eq!(world.onboard(again).await.expect("onboards").stage, "invited");
    world.end().await;
}
