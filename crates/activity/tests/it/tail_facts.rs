//! Reading facts along.

use std::collections::BTreeSet;

use kernel::{Code, TenantId};
use serde_json::json;
use tonic::Streaming;
use wire::activity::v1::{Fact, TailFactsRequest};

use crate::house::{House, fact, tenant, within};

async fn tail(
    house: &House,
    tenant: Option<TenantId>,
    subject: &str,
    replay: bool,
) -> Streaming<Fact> {
    let ask = TailFactsRequest { subject: subject.into(), replay };
    let call = wire::call(&house.operator(tenant), ask);
    house.client().tail_facts(call).await.expect("opens").into_inner()
}

async fn next(facts: &mut Streaming<Fact>) -> Fact {
    within(facts.message()).await.expect("no failure").expect("no end")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_hears_its_own_facts_of_the_kinds_it_asked_for_as_they_were_told() {
    let house = House::open().await;
    let (ours, theirs) = (tenant(), tenant());
    house.tell(&fact(ours, "user.invite.created", 1, json!({}))).await;
    let mut facts = tail(&house, Some(ours), "user.invite.*", false).await;
    house.tell(&fact(theirs, "user.invite.created", 2, json!({}))).await;
    house.tell(&fact(ours, "user.user.created", 3, json!({}))).await;
    let told = fact(ours, "user.invite.revoked", 4, json!({"inviteId": "i", "n": [1, null]}));
    house.tell(&told).await;

    let heard = next(&mut facts).await;
    assert_eq!(heard.id, told.id.to_string(), "neither old, nor foreign, nor of another kind");
    assert_eq!(heard.r#type, "user.invite.revoked");
    assert_eq!(heard.time, "1970-01-01T00:00:04Z");
    assert_eq!(heard.tenantid, ours.to_string());
    assert!(heard.data.expect("an object").fields.contains_key("inviteId"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_hears_all_tenants_from_the_oldest_fact_on() {
    let house = House::open().await;
    let told = [
        fact(tenant(), "user.invite.created", 1, json!({})),
        fact(tenant(), "a.b.c", 2, json!({})),
    ];
    for fact in &told {
        house.tell(fact).await;
    }
    let mut facts = tail(&house, None, "", true).await;
    for fact in &told {
        assert_eq!(next(&mut facts).await.id, fact.id.to_string());
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tail_survives_a_lost_connection_without_a_gap() {
    let house = House::open().await;
    let ours = tenant();
    let mut facts = tail(&house, Some(ours), "", false).await;
    let mut told = Vec::new();
    for round in 0..3 {
        for n in 0..20 {
            let fact = fact(ours, "user.invite.created", round * 100 + n, json!({}));
            house.tell(&fact).await;
            told.push(fact.id.to_string());
            if n == 10 {
                house.cord.cut();
            }
        }
    }
    let mut heard = Vec::new();
    let wanted: BTreeSet<_> = told.iter().cloned().collect();
    while heard.iter().cloned().collect::<BTreeSet<_>>() != wanted {
        heard.push(next(&mut facts).await.id);
    }
    assert_eq!(heard, told, "in order, each once");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_made_anew_is_read_from_its_beginning() {
    let house = House::open().await;
    let ours = tenant();
    for second in 0..5 {
        house.tell(&fact(ours, "user.invite.created", second, json!({}))).await;
    }
    let mut facts = tail(&house, Some(ours), "", false).await;
    house.wipe().await;
    let told = fact(ours, "user.invite.created", 9, json!({}));
    house.tell(&told).await;
    assert_eq!(next(&mut facts).await.id, told.id.to_string());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tail_ends_when_the_host_stops() {
    let house = House::open().await;
    let mut facts = tail(&house, None, "", false).await;
    house.host.stop();
    let end = within(facts.message()).await;
    assert!(end.expect("no failure").is_none());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_that_is_no_pattern_is_refused_by_name() {
    let house = House::open().await;
    for subject in ["a..b", "$JS.>", "a.>.b", "User.*", "a b"] {
        let ask = TailFactsRequest { subject: subject.into(), replay: false };
        let refused = house.client().tail_facts(wire::call(&house.operator(None), ask)).await;
        let refusal = wire::code_of(&refused.expect_err("must be refused"));
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, "subject"));
    }
    house.close().await;
}
