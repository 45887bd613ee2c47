//! Every method of the contract, asked by one tenant about another's things: the answer is that of things that are not.

use std::collections::BTreeSet;

use axum::http::uri::PathAndQuery;
use boot::Host;
use kernel::Clock;
use prost_reflect::{DynamicMessage, Value as Field};
use serde_json::{Map, json};
use testkit::{Neighbours, Platform, Response, found};
use tonic::client::Grpc;
use tonic_prost::ProstCodec;
use wire::rule::v1::Scope;

use super::{
    exceptions::EXCEPTIONS,
    tenants::{Full, full, lists},
};
use crate::{
    routes::{Binding, Rpc, contract},
    steps::{unique, wb_token},
};

/// How a method is asked about another tenant's things.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    /// By their ids, over HTTP.
    ById,
    /// By their ids, as a service that may call.
    InTheMesh,
    /// It lists or streams what there is.
    List,
    /// Not here.
    Not,
}

fn way(rpc: &Rpc) -> Way {
    let by_id = !rpc.id_fields().is_empty();
    match rpc.bindings.first() {
        _ if EXCEPTIONS.iter().any(|(name, _)| *name == rpc.name()) => Way::Not,
        Some(_) if by_id => Way::ById,
        Some(binding) if !binding.has_body && !binding.template.contains('{') => Way::List,
        None if by_id && rpc.rule.scope() == Scope::Unspecified => Way::InTheMesh,
        _ => panic!("{} is neither driven nor an exception with a reason", rpc.name()),
    }
}

#[tokio::test]
async fn another_tenants_things_answer_like_things_that_are_not() {
    let platform = Platform::start().await;
    let acme = full(&platform, "Acme Alpha").await;
    let beta = full(&platform, "Beta Works").await;
    let before = lists(&acme.admin).await;
    let (mut complaints, mut driven) = (Vec::new(), 0);
    // Lists come first: what is asked by id may leave the asked id behind among one's own things.
    let mut contract = contract();
    contract.sort_by_key(|rpc| way(rpc) != Way::List);
    for rpc in contract {
        match way(&rpc) {
            Way::ById => {
                for binding in &rpc.bindings {
                    complaints.extend(by_id(&rpc, binding, &acme, &beta).await);
                }
            }
            Way::InTheMesh => complaints.extend(in_the_mesh(&rpc, &platform, &acme, &beta).await),
            Way::List if rpc.method.is_server_streaming() => {
                complaints.extend(stream(&rpc, &acme, &beta).await);
            }
            Way::List => complaints.extend(list(&rpc, &acme, &beta).await),
            Way::Not => continue,
        }
        driven += 1;
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(driven >= 15, "only {driven} methods were driven");
    platform.settled().await;
    assert_eq!(before, lists(&acme.admin).await, "something of the other tenant has changed");
    platform.stop().await;
}

#[tokio::test]
async fn a_tenant_without_clients_counts_none_although_others_have_some() {
    let platform = Platform::start().await;
    full(&platform, "Acme Alpha").await;
    let newcomer = platform.tenant("Newcomer").await.admin().await;
    let funnel = newcomer.get("/v1/onboarding/funnel").await.json();
    let counts = funnel["stages"].as_object().cloned().unwrap_or_default();
    assert!(counts.values().all(|count| count == "0" || count == 0), "{funnel}");
    platform.stop().await;
}

#[test]
fn every_exception_is_a_method_of_the_contract() {
    let names: BTreeSet<String> = contract().iter().map(Rpc::name).collect();
    for (name, _) in EXCEPTIONS {
        assert!(names.contains(name), "{name} is no method any more");
    }
}

/// Asks about a thing of the other tenant and about nothing, and compares.
async fn by_id(rpc: &Rpc, binding: &Binding, theirs: &Full, asking: &Full) -> Vec<String> {
    let foreign = request(rpc, binding, asking, |name| theirs.ids[name].clone()).await;
    let nothing = request(rpc, binding, asking, |name| match name {
        "spreadsheet_id" => unique("sheet"),
        "role_id" => unique("role"),
        _ => uuid::Uuid::now_v7().to_string(),
    })
    .await;
    let what = format!("{} {}", binding.verb, binding.template);
    let mut complaints = Vec::new();
    if face(&foreign) != face(&nothing) {
        complaints.push(format!("{what}: {:?} differs from {:?}", face(&foreign), face(&nothing)));
    }
    if foreign.status < 400 && rpc.name() != "Onboarding.OnboardClient" {
        complaints.push(format!("{what}: serves another tenant's thing: {foreign:?}"));
    }
    let asked: Vec<&String> =
        rpc.id_fields().iter().map(|name| &theirs.ids[name.as_str()]).collect();
    complaints.extend(leaks(&what, &foreign.body, theirs, &asked));
    complaints
}

/// What a caller can tell two answers apart by.
fn face(answer: &Response) -> (u16, String, String, Vec<String>) {
    if answer.status < 400 {
        return (answer.status, String::new(), String::new(), Vec::new());
    }
    let problem = answer.problem();
    (problem.status, problem.code, problem.detail, problem.fields)
}

async fn request(
    rpc: &Rpc,
    binding: &Binding,
    asking: &Full,
    id: impl Fn(&str) -> String,
) -> Response {
    let mut rest = Map::new();
    for field in rpc.method.input().fields().filter(|field| !binding.holds(field.name())) {
        let value = match field.name() {
            // A binding has one subject, here a person; groups are tried in crates/user/tests/it/group_roles.rs.
            "subject_id" => continue,
            name if name.ends_with("_id") => json!(id(name)),
            "email" => json!(format!("{}@example.test", unique("somebody"))),
            "name" => json!("Some Body"),
            "wb_token" => json!(wb_token("somebody")),
            _ => continue,
        };
        rest.insert(field.json_name().to_owned(), value);
    }
    let request = asking.admin.request(binding.verb.clone(), &binding.path(&id));
    let request = if binding.has_body {
        request.json(&rest)
    } else {
        let pairs: Vec<_> = rest.iter().map(|(name, value)| (name, value.as_str())).collect();
        request.query(&pairs)
    };
    asking.admin.send(request).await
}

async fn list(rpc: &Rpc, theirs: &Full, asking: &Full) -> Vec<String> {
    let mut complaints = Vec::new();
    for binding in &rpc.bindings {
        let path = binding.template.as_str();
        let shown = asking.admin.get(path).await;
        complaints.extend(leaks(path, &shown.body, theirs, &[]));
        if !rpc.fields().iter().any(|field| field == "page_token") {
            continue;
        }
        // Where a page of the other tenant ends is no way in either.
        let page = theirs.admin.get(&format!("{path}?pageSize=1")).await;
        let Some(next) = (page.status == 200).then(|| page.json()["nextPageToken"].clone()) else {
            continue;
        };
        let Some(next) = next.as_str().filter(|next| !next.is_empty()) else { continue };
        let shown = asking.admin.get(&format!("{path}?pageToken={next}")).await;
        complaints.extend(leaks(&format!("{path} after their page"), &shown.body, theirs, &[]));
    }
    complaints
}

/// Reads the stream from its beginning until the last fact of whoever asks has passed.
async fn stream(rpc: &Rpc, theirs: &Full, asking: &Full) -> Vec<String> {
    let path = format!("{}?replay=true", rpc.bindings[0].template);
    let request = asking.admin.request(rpc.bindings[0].verb.clone(), &path);
    let mut answer = request.send().await.expect("the platform answers");
    assert_eq!(answer.status(), 200);
    let mut read = String::new();
    found("the stream comes to its present end", async || {
        let chunk = answer.chunk().await.expect("the stream goes on")?;
        read.push_str(&String::from_utf8_lossy(&chunk));
        read.contains(&asking.ids["event_id"]).then_some(())
    })
    .await;
    leaks(&path, &read, theirs, &[])
}

/// What of the other tenant's own stands in an answer, but for what the request itself said.
fn leaks(what: &str, body: &str, theirs: &Full, said: &[&String]) -> Vec<String> {
    let own = theirs.own.iter().filter(|text| !said.contains(text) && body.contains(text.as_str()));
    own.map(|text| format!("{what}: tells {text}")).collect()
}

/// The same comparison for a method that only services call: as each of them, in the asking tenant's context.
async fn in_the_mesh(rpc: &Rpc, platform: &Platform, theirs: &Full, asking: &Full) -> Vec<String> {
    let host = Host::new();
    let neighbours = neighbours(platform, &host).await;
    let mut complaints = Vec::new();
    for caller in &rpc.rule.services {
        let mesh = neighbours.mesh(caller);
        let ask = async |id: &dyn Fn(&str) -> String| {
            let mut message = DynamicMessage::new(rpc.method.input());
            for field in rpc.id_fields() {
                message.set_field_by_name(&field, Field::String(id(&field)));
            }
            assert_eq!(
                rpc.method.parent_service().package_name(),
                "usher.user.v1",
                "only `user` lives here"
            );
            let path: PathAndQuery = rpc.path().parse().expect("a path");
            let codec = ProstCodec::<DynamicMessage, ()>::default();
            let request = wire::call(&testkit::cx(asking.tenant.id), message);
            let answer = Grpc::new(mesh.to(user::NAME)).unary(request, path, codec).await;
            answer.map(|_| ()).map_err(|status| {
                let refusal = wire::code_of(&status);
                (refusal.code, refusal.reason, refusal.message)
            })
        };
        let foreign = ask(&|name| theirs.ids[name].clone()).await;
        let nothing = ask(&|_| uuid::Uuid::now_v7().to_string()).await;
        let own = ask(&|name| asking.ids[name].clone()).await;
        if foreign != nothing || foreign.is_ok() {
            complaints.push(format!(
                "{} as {caller}: {foreign:?}, but {nothing:?} for nothing",
                rpc.name()
            ));
        }
        assert!(own.is_ok(), "{} as {caller}: not even its own: {own:?}", rpc.name());
    }
    host.kill();
    complaints
}

/// The user service once more, on the platform's database, among neighbours whose keys the test holds.
async fn neighbours(platform: &Platform, host: &Host) -> Neighbours {
    let neighbours = Neighbours::new();
    let app = user::App {
        db: platform.database().db(user::NAME),
        nats: platform.stream().nats().await,
        clock: Clock::system(),
        mesh: neighbours.mesh(user::NAME),
        vault: usher::platform::vault(platform.settings()).expect("a vault"),
        public_url: platform.url().parse().expect("an address"),
        snapshots: user::Snapshots::default(),
        pace: user::Pace::default(),
        limits: user::App::usual_limits(),
        invite_daily: 50_000,
    };
    let guarded = user::start(&app, neighbours.trust(), host).expect("every method has a rule");
    neighbours.settle(user::NAME, guarded);
    neighbours
}
