//! Plans, limits, and what is used of them.

use futures::future::join_all;
use kernel::{Code, Cx, TenantId};
use sqlx::{Executor, PgConnection};
use tonic::Status;
use wire::{
    call,
    tenant::v1::{
        CreatePlanRequest, CreateTenantRequest, GiveQuotaRequest, Limit, LimitUse,
        ListLimitsRequest, ListPlansRequest, OverrideLimitRequest, RestoreLimitRequest,
        RetirePlanRequest, SetPlanRequest, TakeQuotaRequest, Tenant,
    },
};

use crate::house::{House, refused};

fn limit(resource: &str, most: i64) -> Limit {
    Limit { resource: resource.into(), most }
}

fn own(tenant: &Tenant) -> TenantId {
    TenantId::parse(&tenant.tenant_id).expect("an id")
}

fn plan(word: &str, limits: &[Limit]) -> CreatePlanRequest {
    CreatePlanRequest { plan: word.into(), title: "A plan".into(), limits: limits.into() }
}

async fn on(house: &House, name: &str, plan: &str) -> Result<Tenant, Status> {
    let wish = CreateTenantRequest { name: name.into(), plan: plan.into(), ..Default::default() };
    let created = house.client().create_tenant(call(&house.operator(), wish)).await;
    created.map(tonic::Response::into_inner)
}

async fn set_plan(house: &House, tenant: &Tenant, plan: &str) -> Result<Tenant, Status> {
    let wish = SetPlanRequest { tenant_id: tenant.tenant_id.clone(), plan: plan.into() };
    let set = house.plans().set_plan(call(&house.operator(), wish)).await;
    set.map(tonic::Response::into_inner)
}

async fn take(
    house: &House,
    tenant: &Tenant,
    resource: &str,
    amount: i64,
    key: &str,
) -> Result<LimitUse, Status> {
    let cx = Cx::of_service("provisioning", Some(own(tenant)), &house.clock);
    let wish = TakeQuotaRequest { resource: resource.into(), amount, key: key.into() };
    let taken = house.quotas_of("provisioning").take_quota(call(&cx, wish)).await;
    taken.map(tonic::Response::into_inner)
}

async fn give(house: &House, tenant: &Tenant, resource: &str, key: &str) -> LimitUse {
    let cx = Cx::of_service("provisioning", Some(own(tenant)), &house.clock);
    let wish = GiveQuotaRequest { resource: resource.into(), key: key.into() };
    let given = house.quotas_of("provisioning").give_quota(call(&cx, wish)).await;
    given.expect("gives back").into_inner()
}

/// The marks that were told, as `kind:percent`, in their order.
async fn marks(house: &House) -> Vec<String> {
    house
        .texts(
            "select kind || ':' || coalesce(data ->> 'percent', '0') from outbox
             where kind in ('tenant.quota.neared', 'tenant.quota.eased') order by aggregate_seq",
        )
        .await
}

#[tokio::test]
async fn plans_are_made_once_never_changed_and_retired() {
    let house = House::standing().await;
    let operator = house.operator();
    let mut plans = house.plans();
    let wish = plan("school-2026", &[limit("users", 30), limit("courses", 4)]);
    let made = plans.create_plan(call(&operator, wish.clone())).await.expect("makes").into_inner();
    let again = plans.create_plan(call(&operator, wish)).await.expect("the same again");
    assert_eq!(again.into_inner(), made);
    let other = plan("school-2026", &[limit("users", 31)]);
    let refusal = refused(plans.create_plan(call(&operator, other)).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "plan_stands"));
    let acme = on(&house, "Acme", "school-2026").await.expect("creates");
    assert_eq!((acme.plan.as_str(), acme.limits.len()), ("school-2026", 2));
    let retire = |word: &str| RetirePlanRequest { plan: word.into() };
    let retired = plans.retire_plan(call(&operator, retire("school-2026"))).await.expect("retires");
    assert!(retired.into_inner().retired_at.is_some());
    for refusal in [
        refused(on(&house, "Beta", "school-2026").await),
        refused(on(&house, "Beta", "nowhere").await),
        refused(set_plan(&house, &acme, "nowhere").await),
    ] {
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::NotFound, "plan"));
    }
    let needed = refused(plans.retire_plan(call(&operator, retire("open"))).await);
    assert_eq!(needed.reason, "plan_needed");
    let listed = plans.list_plans(call(&operator, ListPlansRequest {})).await.expect("lists");
    let words: Vec<_> = listed.into_inner().plans.into_iter().map(|plan| plan.plan).collect();
    assert_eq!(words, ["business", "open", "school-2026", "starter", "team"]);
    for (field, bad) in [
        ("plan", plan("School", &[])),
        ("limits", plan("bad", &[limit("users", 0)])),
        ("limits", plan("bad", &[limit("people", 1)])),
        ("limits", plan("bad", &[limit("users", 1), limit("users", 2)])),
        ("title", CreatePlanRequest { title: String::new(), ..plan("bad", &[]) }),
    ] {
        let refusal = refused(plans.create_plan(call(&operator, bad)).await);
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, field));
    }
}

#[tokio::test]
async fn an_override_goes_before_the_plan_until_it_is_taken_back() {
    let house = House::standing().await;
    let acme = on(&house, "Acme", "starter").await.expect("creates");
    let users = |tenant: &Tenant| {
        tenant.limits.iter().find(|limit| limit.resource == "users").map(|limit| limit.most)
    };
    assert_eq!(users(&acme), Some(10));
    let wish = |most| OverrideLimitRequest {
        tenant_id: acme.tenant_id.clone(),
        resource: "users".into(),
        most,
        reason: "a good customer".into(),
    };
    let (operator, mut plans) = (house.operator(), house.plans());
    let more = plans.override_limit(call(&operator, wish(Some(25)))).await.expect("overrides");
    let more = more.into_inner();
    assert_eq!(users(&more), Some(25));
    let again = plans.override_limit(call(&operator, wish(Some(25)))).await.expect("stands");
    assert_eq!(again.into_inner().epoch, more.epoch, "nothing has changed");
    let moved = set_plan(&house, &acme, "team").await.expect("moves");
    assert_eq!((users(&moved), moved.plan.as_str()), (Some(25), "team"));
    let any = plans.override_limit(call(&operator, wish(None))).await.expect("overrides");
    assert_eq!(users(&any.into_inner()), None, "any number");
    let back = RestoreLimitRequest { tenant_id: acme.tenant_id.clone(), resource: "users".into() };
    let back = plans.restore_limit(call(&operator, back)).await.expect("restores").into_inner();
    assert_eq!(users(&back), Some(100));
    let told = house
        .texts(
            "select coalesce(jsonb_path_query_first(data, '$.limits[*] ? (@.resource == \"users\")') ->> 'most', 'any')
             from outbox where kind = 'tenant.limits.changed' order by aggregate_seq",
        )
        .await;
    assert_eq!(told, ["10", "25", "25", "any", "100"]);
    let bad = OverrideLimitRequest { resource: "people".into(), ..wish(Some(1)) };
    let refusal = refused(plans.override_limit(call(&operator, bad)).await);
    assert_eq!(refusal.fields[0].field, "resource");
    let bad = refused(plans.override_limit(call(&operator, wish(Some(0)))).await);
    assert_eq!(bad.fields[0].field, "most");
}

#[tokio::test]
async fn of_many_who_take_at_once_as_many_get_as_there_is() {
    let house = House::standing().await;
    let acme = on(&house, "Acme", "starter").await.expect("creates");
    let keys: Vec<_> = (0..12).map(|n| format!("course-{n}")).collect();
    let all = join_all(keys.iter().map(|key| take(&house, &acme, "courses", 1, key))).await;
    assert_eq!(all.iter().filter(|answer| answer.is_ok()).count(), 5);
    for refusal in all.into_iter().filter(Result::is_err).map(refused) {
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Exhausted, "quota_exceeded"));
        assert_eq!(refusal.fields[0].field, "amount");
    }
    assert_eq!(house.count("select used from usage where resource = 'courses'").await, 5);
    assert_eq!(
        house.count("select count(*) from quota_takes").await,
        5,
        "a refusal leaves no trace"
    );
    assert_eq!(marks(&house).await, ["tenant.quota.neared:80", "tenant.quota.neared:100"]);
}

#[tokio::test]
async fn a_key_takes_and_gives_once() {
    let house = House::standing().await;
    let acme = on(&house, "Acme", "starter").await.expect("creates");
    for _ in 0..3 {
        assert_eq!(take(&house, &acme, "courses", 4, "k").await.expect("takes").used, Some(4));
    }
    let other = refused(take(&house, &acme, "courses", 1, "k").await);
    assert_eq!((other.code, other.reason.as_str()), (Code::Conflict, "quota_key_reused"));
    for _ in 0..3 {
        assert_eq!(give(&house, &acme, "courses", "k").await.used, Some(0));
    }
    assert_eq!(give(&house, &acme, "courses", "unknown").await.used, Some(0));
    let late = refused(take(&house, &acme, "courses", 4, "k").await);
    assert_eq!((late.code, late.reason.as_str()), (Code::Conflict, "quota_given_back"));
    assert_eq!(late.fields[0].field, "key");
    assert_eq!(house.count("select used from usage where resource = 'courses'").await, 0);
    assert_eq!(marks(&house).await, ["tenant.quota.neared:80", "tenant.quota.eased:0"]);
}

/// Locks rows until the answer ends.
async fn hold(house: &House, rows: &'static str) -> PgConnection {
    let mut admin = house.database.admin_of(tenant::NAME).await;
    admin.execute("begin").await.expect("begins");
    admin.execute(rows).await.expect("locks");
    admin
}

/// Waits until so many wait for somebody's lock.
async fn queued(house: &House, many: i64) {
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    testkit::eventually("they wait", async || house.count(waiting).await == many).await;
}

#[tokio::test]
async fn who_waits_to_take_is_held_to_the_limit_that_holds_then() {
    let house = House::standing().await;
    let acme = on(&house, "Acme", "team").await.expect("creates");
    take(&house, &acme, "courses", 5, "a").await.expect("takes");
    let mut admin = hold(&house, "select from usage for update").await;
    let meanwhile = async {
        queued(&house, 1).await;
        admin.execute("update tenants set plan = 'starter'; commit").await.expect("moves");
    };
    let (late, ()) = tokio::join!(take(&house, &acme, "courses", 1, "b"), meanwhile);
    assert_eq!(refused(late).reason, "quota_exceeded");
}

#[tokio::test]
async fn a_take_and_a_return_of_one_key_at_once_wait_for_each_other_in_one_order() {
    let house = House::standing().await;
    let acme = on(&house, "Acme", "starter").await.expect("creates");
    take(&house, &acme, "courses", 4, "k").await.expect("takes");
    let mut admin = hold(&house, "select from quota_takes for update").await;
    let repeat = async {
        queued(&house, 1).await;
        take(&house, &acme, "courses", 4, "k").await
    };
    let release = async {
        queued(&house, 2).await;
        admin.execute("commit").await.expect("lets go");
    };
    let (given, late, ()) = tokio::join!(give(&house, &acme, "courses", "k"), repeat, release);
    assert_eq!(given.used, Some(0));
    assert_eq!(refused(late).reason, "quota_given_back");
}

#[tokio::test]
async fn a_larger_plan_resolves_what_was_reached_and_a_new_period_begins_anew() {
    let house = House::standing().await;
    let acme = on(&house, "Acme", "starter").await.expect("creates");
    assert_eq!(take(&house, &acme, "invites_daily", 50, "a").await.expect("takes").used, Some(50));
    refused(take(&house, &acme, "invites_daily", 1, "b").await);
    set_plan(&house, &acme, "team").await.expect("moves");
    assert_eq!(marks(&house).await, ["tenant.quota.neared:100", "tenant.quota.eased:0"]);
    house.wait(std::time::Duration::from_secs(24 * 3600));
    assert_eq!(take(&house, &acme, "invites_daily", 1, "c").await.expect("takes").used, Some(1));
    let admin = house.neighbours.person(Some(own(&acme)), testkit::user(), &["tenant.usage.read"]);
    let listed = house.quotas().list_limits(call(&admin, ListLimitsRequest {})).await;
    let shown = listed.expect("lists").into_inner().limits;
    let line = |resource: &str| {
        let line = shown.iter().find(|line| line.resource == resource).expect("a line");
        (line.most, line.overridden, line.used)
    };
    assert_eq!(line("invites_daily"), (Some(500), false, Some(1)));
    assert_eq!(line("users"), (Some(100), false, None));
    let words: Vec<_> = shown.iter().map(|line| line.resource.as_str()).collect();
    assert_eq!(
        words,
        ["users", "invites_daily", "requests_per_second"],
        "what nobody takes is not shown"
    );
}

#[tokio::test]
async fn what_cannot_be_taken_names_the_field() {
    let house = House::standing().await;
    let acme = on(&house, "Acme", "").await.expect("creates");
    for (field, (resource, amount, key)) in [
        ("resource", ("users", 1, "k")),
        ("resource", ("people", 1, "k")),
        ("amount", ("courses", 0, "k")),
        ("amount", ("courses", -1, "k")),
        ("key", ("courses", 1, "")),
        ("key", ("courses", 1, "two words")),
    ] {
        let refusal = refused(take(&house, &acme, resource, amount, key).await);
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, field));
    }
    let huge = take(&house, &acme, "storage_bytes", 1 << 50, "k").await.expect("any number");
    assert_eq!((huge.most, huge.used), (None, Some(1 << 50)));
    let nowhere = Tenant { tenant_id: testkit::tenant().to_string(), ..Tenant::default() };
    let refusal = refused(take(&house, &nowhere, "courses", 1, "k").await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, "tenant_not_found"));
    let stranger = Cx::of_service("notifier", Some(own(&acme)), &house.clock);
    let wish = TakeQuotaRequest { resource: "courses".into(), amount: 1, key: "k".into() };
    let refusal = refused(house.quotas_of("notifier").take_quota(call(&stranger, wish)).await);
    assert_eq!(refusal.code, Code::Denied);
}
