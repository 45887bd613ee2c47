//! Hosts of a tenant's own: claimed by anybody, proven by their owner.

use std::time::Duration;

use futures::future::join_all;
use kernel::{Code, Cx, TenantId};
use tonic::Status;
use wire::{
    call,
    tenant::v1::{
        AddDomainRequest, CheckDomainRequest, CloseTenantRequest, Domain, ListDomainsRequest,
        RemoveDomainRequest, ResolveTenantRequest, Tenant, resolve_tenant_request::By,
    },
};

use crate::house::{House, refused};

const HOUR: Duration = Duration::from_secs(3600);

fn admin(house: &House, tenant: &Tenant) -> Cx {
    let own = TenantId::parse(&tenant.tenant_id).expect("an id");
    let rights = ["tenant.domains.read", "tenant.domains.write"];
    house.neighbours.person(Some(own), testkit::user(), &rights)
}

async fn add(house: &House, tenant: &Tenant, host: &str) -> Result<Domain, Status> {
    let asked = call(&admin(house, tenant), AddDomainRequest { host: host.into() });
    house.domains().add_domain(asked).await.map(tonic::Response::into_inner)
}

async fn check(house: &House, tenant: &Tenant, domain: &Domain) -> Domain {
    let asked = CheckDomainRequest { domain_id: domain.domain_id.clone() };
    let looked = house.domains().check_domain(call(&admin(house, tenant), asked)).await;
    looked.expect("looks").into_inner()
}

async fn remove(house: &House, tenant: &Tenant, domain: &Domain) -> Result<(), Status> {
    let asked = RemoveDomainRequest { domain_id: domain.domain_id.clone() };
    house.domains().remove_domain(call(&admin(house, tenant), asked)).await.map(|_| ())
}

/// Puts the proof into DNS.
fn prove(house: &House, domain: &Domain) {
    house.dns.set(&domain.record_name, &["v=spf1 -all", &domain.record_value]);
}

async fn slug_of(house: &House, host: &str) -> Option<String> {
    let by = Some(By::Host(host.into()));
    let asked = call(&testkit::cx_of_platform(), ResolveTenantRequest { by });
    house.client().resolve_tenant(asked).await.ok().map(|tenant| tenant.into_inner().slug)
}

async fn two(house: &House) -> (Tenant, Tenant) {
    let (acme, beta) = (house.create("Acme", "").await, house.create("Beta", "").await);
    (acme.expect("creates"), beta.expect("creates"))
}

#[tokio::test]
async fn a_claim_keeps_nobody_out_and_a_proof_names_the_tenant() {
    let house = House::standing().await;
    let (acme, beta) = two(&house).await;
    let squat = add(&house, &beta, "school.example").await.expect("anybody may claim");
    let claim = add(&house, &acme, "School.Example.").await.expect("the owner too");
    assert_eq!((claim.host.as_str(), claim.status.as_str()), ("school.example", "pending"));
    assert_eq!(claim.record_name, "_usher-challenge.school.example");
    assert_ne!(claim.record_value, squat.record_value);
    let again = add(&house, &acme, "school.example").await.expect("stands");
    assert_eq!(again, claim);
    assert_eq!(check(&house, &acme, &claim).await.problem, "There is no such TXT record.");
    assert_eq!(slug_of(&house, "school.example").await, None);
    prove(&house, &claim);
    let proven = check(&house, &acme, &claim).await;
    assert_eq!((proven.status.as_str(), proven.problem.as_str()), ("proven", ""));
    assert_eq!(slug_of(&house, "SCHOOL.example").await.as_deref(), Some("acme"));
    let squatted = check(&house, &beta, &squat).await;
    assert_eq!(squatted.status, "pending", "another's token proves nothing");
    let together = "select count(*) from domains d
        join audit_events a on a.tenant_id = d.tenant_id and a.xmin = d.xmin
        join outbox o on o.tenant_id = d.tenant_id and o.xid::xid = d.xmin
        where a.action = 'tenant.domain.prove' and o.kind = 'tenant.domain.proven' and d.host = 'school.example'";
    assert_eq!(house.count(together).await, 1);
}

#[tokio::test]
async fn whoever_controls_dns_now_gets_the_host_from_whoever_did_before() {
    let house = House::standing().await;
    let (acme, beta) = two(&house).await;
    let old = add(&house, &beta, "school.example").await.expect("claims");
    prove(&house, &old);
    assert_eq!(check(&house, &beta, &old).await.status, "proven");
    let new = add(&house, &acme, "school.example").await.expect("claims");
    prove(&house, &new);
    let waits = check(&house, &acme, &new).await;
    assert!(waits.status == "pending" && waits.problem.contains("Another workspace"), "{waits:?}");
    for _ in 0..40 {
        house.wait(HOUR);
        house.check_domains().await;
    }
    assert_eq!(slug_of(&house, "school.example").await.as_deref(), Some("acme"));
    let told =
        "select count(*) from outbox where kind in ('tenant.domain.lost', 'tenant.domain.proven')";
    assert_eq!(house.count(told).await, 3);
}

#[tokio::test]
async fn looks_asked_for_again_and_again_cost_nobody_a_host() {
    let house = House::standing().await;
    let (acme, beta) = two(&house).await;
    let claim = add(&house, &acme, "school.example").await.expect("claims");
    prove(&house, &claim);
    check(&house, &acme, &claim).await;
    let rival = add(&house, &beta, "school.example").await.expect("claims");
    prove(&house, &rival);
    for _ in 0..40 {
        check(&house, &beta, &rival).await;
        house.check_domains().await;
        assert_eq!(check(&house, &acme, &claim).await.status, "proven");
    }
    assert_eq!(slug_of(&house, "school.example").await.as_deref(), Some("acme"));
}

#[tokio::test]
async fn of_two_that_prove_at_once_one_gets_the_host() {
    let house = House::standing().await;
    let (acme, beta) = two(&house).await;
    let claims = [
        (&acme, add(&house, &acme, "school.example").await.expect("claims")),
        (&beta, add(&house, &beta, "school.example").await.expect("claims")),
    ];
    let values = claims.each_ref().map(|(_, claim)| claim.record_value.as_str());
    house.dns.set(&claims[0].1.record_name, &values);
    let looks = claims.iter().map(|(tenant, claim)| check(&house, tenant, claim));
    let proven = join_all(looks).await.iter().filter(|claim| claim.status == "proven").count();
    assert_eq!(proven, 1);
}

#[tokio::test]
async fn an_outage_of_dns_takes_nobodys_host() {
    let house = House::standing().await;
    let (acme, _) = two(&house).await;
    let claim = add(&house, &acme, "school.example").await.expect("claims");
    prove(&house, &claim);
    check(&house, &acme, &claim).await;
    house.dns.fail(true);
    let before = house.dns.asked();
    house.wait(25 * HOUR);
    assert_eq!(house.check_domains().await, 1, "it is looked for by itself");
    assert!(house.dns.asked() > before);
    assert_eq!(house.check_domains().await, 0, "and not at once again");
    let held = check(&house, &acme, &claim).await;
    assert!(held.status == "proven" && held.problem.contains("did not answer"), "{held:?}");
    assert_eq!(slug_of(&house, "school.example").await.as_deref(), Some("acme"));
}

#[tokio::test]
async fn proofs_are_looked_for_side_by_side() {
    let house = House::standing().await;
    let (acme, _) = two(&house).await;
    for n in 0..4 {
        let claim = add(&house, &acme, &format!("school-{n}.example")).await.expect("claims");
        prove(&house, &claim);
    }
    house.dns.gather(4);
    assert_eq!(house.check_domains().await, 4);
    let proven = "select count(*) from domains where status = 'proven'";
    assert_eq!(
        house.count(proven).await,
        4,
        "one that waits for its answer keeps no other from asking"
    );
}

#[tokio::test]
async fn the_exact_host_beats_the_wildcard_and_the_most_specific_wins() {
    let house = House::standing().await;
    let (acme, beta) = two(&house).await;
    for (tenant, host) in [
        (&acme, "*.school.example"),
        (&beta, "*.art.school.example"),
        (&acme, "chess.art.school.example"),
    ] {
        let claim = add(&house, tenant, host).await.expect("claims");
        prove(&house, &claim);
        assert_eq!(check(&house, tenant, &claim).await.status, "proven", "{host}");
    }
    for (host, slug) in [
        ("a.school.example", Some("acme")),
        ("a.b.school.example", Some("acme")),
        ("a.art.school.example", Some("beta")),
        ("chess.art.school.example", Some("acme")),
        ("school.example", None),
        ("notschool.example", None),
        ("example", None),
        ("", None),
    ] {
        assert_eq!(slug_of(&house, host).await.as_deref(), slug, "{host}");
    }
}

#[tokio::test]
async fn a_host_that_is_given_up_is_free() {
    let house = House::standing().await;
    let (acme, beta) = two(&house).await;
    let claim = add(&house, &acme, "school.example").await.expect("claims");
    prove(&house, &claim);
    check(&house, &acme, &claim).await;
    let stranger = refused(remove(&house, &beta, &claim).await);
    assert_eq!((stranger.code, stranger.reason.as_str()), (Code::NotFound, "domain_not_found"));
    remove(&house, &acme, &claim).await.expect("gives up");
    assert_eq!(refused(remove(&house, &acme, &claim).await).code, Code::NotFound);
    assert_eq!(slug_of(&house, "school.example").await, None);
    let next = add(&house, &beta, "school.example").await.expect("claims");
    prove(&house, &next);
    assert_eq!(check(&house, &beta, &next).await.status, "proven");
    let asked = call(&admin(&house, &acme), ListDomainsRequest::default());
    let listed = house.domains().list_domains(asked).await.expect("lists").into_inner();
    assert_eq!(listed.domains, []);
}

#[tokio::test]
async fn the_hosts_of_a_closed_tenant_are_free() {
    let house = House::standing().await;
    let (acme, beta) = two(&house).await;
    let claim = add(&house, &acme, "school.example").await.expect("claims");
    add(&house, &acme, "other.example").await.expect("claims");
    prove(&house, &claim);
    check(&house, &acme, &claim).await;
    let (tenant_id, reason) = (acme.tenant_id.clone(), "over".to_owned());
    let wish = CloseTenantRequest { tenant_id, reason, grace_days: Some(1) };
    house.lives().close_tenant(call(&house.operator(), wish)).await.expect("closes");
    house.wait(23 * HOUR);
    house.end_terms().await;
    assert_eq!(slug_of(&house, "school.example").await.as_deref(), Some("acme"), "not before");
    house.wait(HOUR);
    assert_eq!(house.end_terms().await, 1);
    assert_eq!(slug_of(&house, "school.example").await, None);
    let told = "select data ->> 'host' from outbox where kind = 'tenant.domain.lost'";
    assert_eq!(house.texts(told).await, ["school.example"]);
    let late = refused(add(&house, &acme, "late.example").await);
    assert_eq!((late.code, late.reason.as_str()), (Code::Conflict, "tenant_status_forbids"));
    assert_eq!(house.count("select count(*) from domains").await, 0);
    let next = add(&house, &beta, "school.example").await.expect("claims");
    prove(&house, &next);
    assert_eq!(check(&house, &beta, &next).await.status, "proven");
}

#[tokio::test]
async fn what_is_no_host_to_have_is_refused_by_field() {
    let house = House::standing().await;
    let (acme, _) = two(&house).await;
    for host in ["", "school", "*.example", "10.0.0.1", "gmail.com", "*.mail.ru", "a b.example"] {
        let refusal = refused(add(&house, &acme, host).await);
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, "host"));
    }
    let reader = house.neighbours.person(
        Some(TenantId::parse(&acme.tenant_id).expect("an id")),
        testkit::user(),
        &["tenant.domains.read"],
    );
    let asked = call(&reader, AddDomainRequest { host: "school.example".into() });
    assert_eq!(refused(house.domains().add_domain(asked).await).code, Code::Denied);
    assert_eq!(house.count("select count(*) from domains").await, 0);
}
