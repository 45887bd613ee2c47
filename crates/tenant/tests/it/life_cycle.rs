//! The life of a tenant, from its trial to its end.

use std::time::Duration;

use futures::future::join_all;
use kernel::Code;
use tonic::Status;
use wire::{
    call,
    tenant::v1::{
        ActivateTenantRequest, CloseTenantRequest, CreateTenantRequest, RestoreTenantRequest,
        ResumeTenantRequest, SuspendTenantRequest, Tenant,
    },
};

use crate::house::{House, refused};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Does `verb` as an operator.
async fn turn(house: &House, verb: &str, tenant: &Tenant) -> Result<Tenant, Status> {
    let (tenant_id, reason) = (tenant.tenant_id.clone(), "unpaid".to_owned());
    let (cx, mut lives) = (house.operator(), house.lives());
    let done = match verb {
        "activate" => lives.activate_tenant(call(&cx, ActivateTenantRequest { tenant_id })).await,
        "suspend" => {
            lives.suspend_tenant(call(&cx, SuspendTenantRequest { tenant_id, reason })).await
        }
        "resume" => lives.resume_tenant(call(&cx, ResumeTenantRequest { tenant_id })).await,
        "close" => {
            let wish = CloseTenantRequest { tenant_id, reason, grace_days: Some(7) };
            lives.close_tenant(call(&cx, wish)).await
        }
        _ => lives.restore_tenant(call(&cx, RestoreTenantRequest { tenant_id })).await,
    };
    done.map(tonic::Response::into_inner)
}

async fn moves(house: &House) -> i64 {
    house.count("select count(*) from outbox where kind = 'tenant.tenant.moved'").await
}

#[tokio::test]
async fn a_tenant_is_suspended_and_goes_on_and_everybody_hears_why() {
    let house = House::standing().await;
    let acme = house.create("Acme", "").await.expect("creates");
    let suspended = turn(&house, "suspend", &acme).await.expect("suspends");
    assert_eq!(
        (suspended.status.as_str(), suspended.status_reason.as_str()),
        ("suspended", "unpaid")
    );
    assert!(suspended.status_by.starts_with("user:") && suspended.status_since.is_some());
    assert!(suspended.epoch > acme.epoch);
    let again = turn(&house, "suspend", &acme).await.expect("is so already");
    assert_eq!(again, suspended);
    let together = "select count(*) from tenants t
        join audit_events a on a.tenant_id = t.tenant_id and a.xmin = t.xmin
        join outbox o on o.tenant_id = t.tenant_id and o.xid::xid = t.xmin
        where a.action = 'tenant.suspend' and o.kind = 'tenant.tenant.moved' and o.aggregate_id = t.tenant_id
          and o.data ->> 'was' = 'active' and o.data ->> 'status' = 'suspended' and o.data ->> 'reason' = 'unpaid'";
    assert_eq!(house.count(together).await, 1);
    let resumed = turn(&house, "resume", &acme).await.expect("resumes");
    assert_eq!((resumed.status.as_str(), resumed.status_reason.as_str()), ("active", ""));
    assert_eq!(moves(&house).await, 2);
}

#[tokio::test]
async fn of_many_who_suspend_at_once_one_does() {
    let house = House::standing().await;
    let acme = house.create("Acme", "").await.expect("creates");
    let all = join_all((0..8).map(|_| turn(&house, "suspend", &acme))).await;
    assert!(all.iter().all(|answer| answer.as_ref().is_ok_and(|now| now.status == "suspended")));
    assert_eq!(moves(&house).await, 1);
}

#[tokio::test]
async fn a_closing_tenant_is_restored_while_its_grace_lasts_and_never_after() {
    let house = House::standing().await;
    let (acme, beta) = (house.create("Acme", "").await, house.create("Beta", "").await);
    let (acme, beta) = (acme.expect("creates"), beta.expect("creates"));
    turn(&house, "suspend", &beta).await.expect("suspends");
    for tenant in [&acme, &beta] {
        let closing = turn(&house, "close", tenant).await.expect("closes");
        let since = closing.status_since.expect("an instant").seconds;
        assert_eq!(closing.status, "closing");
        assert_eq!(closing.closes_at.expect("an end").seconds - since, 7 * 24 * 3600);
    }
    house.wait(6 * DAY);
    assert_eq!(house.end_terms().await, 0, "the grace lasts");
    assert_eq!(turn(&house, "restore", &beta).await.expect("restores").status, "suspended");
    house.wait(2 * DAY);
    assert_eq!(house.end_terms().await, 1);
    assert_eq!(house.end_terms().await, 0, "once");
    for verb in ["restore", "resume", "activate", "suspend"] {
        let refusal = refused(turn(&house, verb, &acme).await);
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::Conflict, "tenant_status_forbids")
        );
    }
    assert_eq!(turn(&house, "close", &acme).await.expect("is so already").status, "closed");
    let told = "select count(*) from outbox where kind = 'tenant.tenant.moved' and data ->> 'status' = 'closed'";
    assert_eq!(house.count(told).await, 1);
    let taken = refused(house.create("Acme", "").await);
    assert_eq!(taken.reason, "slug_taken", "nobody takes over the address of a closed tenant");
}

#[tokio::test]
async fn a_second_wish_to_close_moves_the_end_and_everybody_hears_it() {
    let house = House::standing().await;
    let acme = house.create("Acme", "").await.expect("creates");
    let closing = turn(&house, "close", &acme).await.expect("closes");
    assert_eq!(turn(&house, "close", &acme).await.expect("is so already"), closing);
    let (reason, tenant_id) = ("asked for more time".to_owned(), acme.tenant_id.clone());
    let wish = CloseTenantRequest { tenant_id, reason, grace_days: Some(60) };
    let longer = house.lives().close_tenant(call(&house.operator(), wish)).await;
    let longer = longer.expect("moves the end").into_inner();
    let end = |tenant: &Tenant| tenant.closes_at.expect("an end").seconds;
    assert_eq!(end(&longer) - end(&closing), 53 * 24 * 3600);
    assert!(longer.status == "closing" && longer.epoch > closing.epoch, "{longer:?}");
    assert_eq!(moves(&house).await, 2);
    house.wait(8 * DAY);
    assert_eq!(house.end_terms().await, 0, "the longer grace holds");
    house.wait(53 * DAY);
    assert_eq!(house.end_terms().await, 1);
}

#[tokio::test]
async fn a_trial_ends_by_itself_and_is_made_active_by_hand() {
    let house = House::standing().await;
    let wish = CreateTenantRequest { name: "Acme".into(), trial_days: 14, ..Default::default() };
    let created = house.client().create_tenant(call(&house.operator(), wish)).await;
    let acme = created.expect("creates").into_inner();
    assert_eq!(acme.status, "trial");
    house.wait(13 * DAY);
    assert_eq!(house.end_terms().await, 0);
    house.wait(2 * DAY);
    let looks = join_all((0..4).map(|_| house.end_terms())).await;
    assert_eq!(looks.iter().sum::<usize>(), 1, "of many who look at once one ends it");
    let refusal = refused(turn(&house, "resume", &acme).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "trial_over"));
    let active = turn(&house, "activate", &acme).await.expect("activates");
    assert_eq!((active.status.as_str(), active.trial_ends_at), ("active", None));
    assert_eq!(house.end_terms().await, 0);
}

#[tokio::test]
async fn what_is_malformed_or_not_there_is_refused() {
    let house = House::standing().await;
    let acme = house.create("Acme", "").await.expect("creates");
    let (cx, mut lives) = (house.operator(), house.lives());
    for reason in ["", " ", "a\u{0}b", &"a".repeat(501)] {
        let wish =
            SuspendTenantRequest { tenant_id: acme.tenant_id.clone(), reason: reason.into() };
        let refusal = refused(lives.suspend_tenant(call(&cx, wish)).await);
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, "reason"));
    }
    for days in [-1, 366] {
        let wish = CloseTenantRequest {
            tenant_id: acme.tenant_id.clone(),
            reason: "over".into(),
            grace_days: Some(days),
        };
        let refusal = refused(lives.close_tenant(call(&cx, wish)).await);
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, "graceDays"));
    }
    let nowhere = Tenant { tenant_id: testkit::tenant().to_string(), ..Default::default() };
    for verb in ["activate", "suspend", "resume", "close", "restore"] {
        assert_eq!(refused(turn(&house, verb, &nowhere).await).code, Code::NotFound, "{verb}");
    }
    let reader = house.neighbours.person(None, testkit::user(), &["tenant.tenants.read"]);
    let wish = SuspendTenantRequest { tenant_id: acme.tenant_id, reason: "unpaid".into() };
    assert_eq!(refused(lives.suspend_tenant(call(&reader, wish)).await).code, Code::Denied);
    assert_eq!(moves(&house).await, 0);
}
