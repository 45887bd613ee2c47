//! Creating a tenant.

use futures::future::join_all;
use kernel::Code;
use wire::{call, tenant::v1::CreateTenantRequest};

use crate::house::{House, refused};

#[tokio::test]
async fn a_tenant_gets_the_slug_of_its_name_or_the_one_it_asks_for() {
    let house = House::open().await;
    let derived = house.create("  Math & Art 42 ", "").await.expect("creates");
    assert_eq!((derived.slug.as_str(), derived.name.as_str()), ("math-art-42", "Math & Art 42"));
    assert_eq!((derived.status.as_str(), derived.locale.as_str()), ("active", "en"));
    assert!(derived.created_at.is_some());
    let asked = house.create("Math & Art 42", "garden").await.expect("a name may be used twice");
    assert_eq!(asked.slug, "garden");
    assert_ne!(asked.tenant_id, derived.tenant_id);
}

#[tokio::test]
async fn the_row_its_audit_and_its_fact_are_one_transaction_and_the_fact_is_told() {
    let house = House::open().await;
    house.create("Acme", "").await.expect("creates");
    let together = "select count(*) from tenants t
        join audit_events a on a.tenant_id = t.tenant_id and a.xmin = t.xmin
        join outbox o on o.tenant_id = t.tenant_id and o.xid::xid = t.xmin
        where a.action = 'tenant.create' and a.target = 'tenant:' || t.tenant_id and a.actor like 'user:%'
          and o.kind = 'tenant.tenant.created' and o.aggregate_id = t.tenant_id
          and o.data = jsonb_build_object('tenantId', t.tenant_id, 'slug', 'acme', 'name', 'Acme')";
    assert_eq!(house.count(together).await, 1);
    testkit::eventually("the fact is told", async || house.told().await == 1).await;
}

#[tokio::test]
async fn a_taken_slug_is_refused_and_leaves_no_trace() {
    let house = House::open().await;
    house.create("Acme", "").await.expect("creates");
    for (name, slug) in [("Acme", ""), ("Another", "acme")] {
        let refusal = refused(house.create(name, slug).await);
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "slug_taken"));
        assert_eq!(refusal.fields[0].field, "slug");
    }
    let rows = "select (select count(*) from tenants) + (select count(*) from audit_events)
                     + (select count(*) from outbox)";
    assert_eq!(house.count(rows).await, 3);
}

#[tokio::test]
async fn of_many_who_want_a_slug_at_once_one_gets_it() {
    let house = House::open().await;
    let wishes = (0..12).map(|_| house.create("Acme", "acme"));
    let answers = join_all(wishes).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refusal in answers.into_iter().filter(Result::is_err).map(refused) {
        assert_eq!(refusal.reason, "slug_taken");
    }
    assert_eq!(house.count("select count(*) from outbox").await, 1);
}

#[tokio::test]
async fn a_name_without_a_usable_slug_asks_for_one() {
    let house = House::open().await;
    for name in ["Школа", "Admin", "A"] {
        let refusal = refused(house.create(name, "").await);
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::Invalid, "slug_needed"),
            "{name}"
        );
        assert_eq!(refusal.fields[0].field, "slug");
    }
    let named = house.create("Школа", "school").await.expect("creates");
    assert_eq!((named.name.as_str(), named.slug.as_str()), ("Школа", "school"));
}

#[tokio::test]
async fn what_is_malformed_is_refused_by_field() {
    let house = House::open().await;
    for slug in ["admin", "www", "ab", "Acme", "a_b", "-abc", "abc-", &"a".repeat(41)] {
        let refusal = refused(house.create("Acme", slug).await);
        assert_eq!(
            (refusal.code, refusal.fields[0].field.as_str()),
            (Code::Invalid, "slug"),
            "{slug}"
        );
    }
    for name in ["", "   ", "a\nb", &"a".repeat(121)] {
        let refusal = refused(house.create(name, "acme").await);
        assert_eq!(
            (refusal.code, refusal.fields[0].field.as_str()),
            (Code::Invalid, "name"),
            "{name}"
        );
    }
    let wish =
        CreateTenantRequest { name: "Acme".into(), locale: "xx".into(), ..Default::default() };
    let refusal = refused(house.client().create_tenant(call(&house.operator(), wish)).await);
    assert_eq!(refusal.fields[0].field, "locale");
    assert_eq!(house.count("select count(*) from tenants").await, 0);
}

#[tokio::test]
async fn only_staff_and_the_operator_s_own_command_create_tenants() {
    let house = House::open().await;
    let ask = |cx| call(cx, CreateTenantRequest { name: "Acme".into(), ..Default::default() });
    let reader = house.neighbours.person(None, testkit::user(), &["tenant.tenants.read"]);
    let refusal = refused(house.client().create_tenant(ask(&reader)).await);
    assert_eq!(refusal.code, Code::Denied);
    let service = testkit::cx_of_platform();
    let refusal = refused(house.client_of("notifier").create_tenant(ask(&service)).await);
    assert_eq!(refusal.code, Code::Denied);
    let nobody = refused(house.client().create_tenant(ask(&service)).await);
    assert_eq!(nobody.code, Code::Unauthenticated);
    house.client_of("usher").create_tenant(ask(&service)).await.expect("the command may");
}
