//! All that is kept of a person: gathered from every service, for whoever asked alone.

use std::collections::BTreeSet;

use kernel::Cx;
use serde_json::Value;
use testkit::found;
use tonic::Status;
use uuid::Uuid;
use wire::{
    call, json,
    user::v1::{
        Export, FetchExportRequest, GetExportRequest, OrderExportRequest, PersonData,
        RequestErasureRequest, RequestExportRequest, SetInvitePolicyRequest, UpdateProfileRequest,
    },
};

use crate::{
    email_changes::{somebody, wish},
    group_members::community,
    groups::make_community,
    platform::{PASSWORD, Platform, fields, reason, tenant},
};

/// Somebody of the platform's staff who may ask for anybody's data.
pub(crate) fn staff(platform: &Platform) -> Cx {
    platform.person(Uuid::now_v7().into(), None, &["user.people.export"])
}

/// Asks for somebody's data.
pub(crate) async fn order(platform: &Platform, cx: &Cx, user_id: &str) -> Result<Export, Status> {
    let asked = OrderExportRequest { user_id: user_id.into(), reason: "asked by letter".into() };
    platform.exports().order_export(call(cx, asked)).await.map(tonic::Response::into_inner)
}

/// The export as it stands.
pub(crate) async fn shown(platform: &Platform, cx: &Cx, id: &str) -> Result<Export, Status> {
    let asked = GetExportRequest { export_id: id.into() };
    platform.exports().get_export(call(cx, asked)).await.map(tonic::Response::into_inner)
}

async fn ask(platform: &Platform, cx: &Cx, password: &str) -> Result<Export, Status> {
    let asked = RequestExportRequest { password: password.into() };
    platform.exports().request_export(call(cx, asked)).await.map(tonic::Response::into_inner)
}

async fn fetch(platform: &Platform, cx: &Cx, id: &str) -> Result<PersonData, Status> {
    let asked = FetchExportRequest { export_id: id.into() };
    platform.exports().fetch_export(call(cx, asked)).await.map(tonic::Response::into_inner)
}

/// Waits until its job has ended.
async fn ended(platform: &Platform, cx: &Cx, id: &str) -> Export {
    found("the export has ended", async || {
        let seen = shown(platform, cx, id).await.expect("shows");
        (seen.status != "gathering").then_some(seen)
    })
    .await
}

/// Somebody of whom every kind of row is kept.
async fn full(platform: &Platform) -> (String, Cx) {
    let (here, there) = (tenant(), tenant());
    let (user_id, cx) = somebody(platform, here, "ann@example.com").await;
    platform.invite(there, "ann@example.com").await;
    let profile = UpdateProfileRequest {
        locale: Some("de-AT".into()),
        time_zone: Some("Europe/Riga".into()),
        avatar_url: Some("https://example.com/ann.png".into()),
        ..Default::default()
    };
    platform.profiles().update_profile(call(&cx, profile)).await.expect("updates");
    let runner = platform.runner(here);
    let group = make_community(platform, &runner, "open").await;
    community(platform, &group).add(&runner, &user_id).await.expect("adds");
    wish(platform, &cx, "ann@example.org", PASSWORD).await.expect("wishes");
    let id: Uuid = user_id.parse().expect("an id");
    let mut admin = platform.database.admin().await;
    for statement in [
        "update accounts set name = 'Ann of the shop' where user_id = $1",
        "update memberships set note = 'a colleague: secretly slow' where user_id = $1",
        "update invites set workspace = '{token=hidden}' where user_id = $1",
        "insert into join_requests (tenant_id, request_id, user_id, role, message, status, asked_at, decided_at)
         select tenant_id, gen_random_uuid(), user_id, 'user', 'let me in', 'approved', now(), now()
         from memberships where user_id = $1",
        "insert into role_grants (tenant_id, binding_id, user_id, role, scope_type, scope_id, expires_at, bound_at, bound_by)
         select tenant_id, gen_random_uuid(), user_id, 'user', 'resource', 'shelf', now() + interval '1 year', now(),
                'user:' || gen_random_uuid()
         from memberships where user_id = $1",
        "update email_changes set status = 'withdrawn', ended_at = now() where user_id = $1",
    ] {
        sqlx::query(statement).bind(id).execute(&mut admin).await.expect("changes");
    }
    (user_id, cx)
}

/// Every name in a JSON object that holds something, with those of the objects in its lists.
fn names(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            into.insert(name.clone());
            names(value, into);
        }),
        Value::Array(items) => items.iter().for_each(|item| names(item, into)),
        _ => {}
    }
}

/// Every field that a record and the records in it can have.
fn fields_of(record: &str, into: &mut BTreeSet<String>) {
    let record = json::POOL.get_message_by_name(record).expect("a message");
    for field in record.fields() {
        into.insert(field.json_name().to_owned());
        if let Some(inner) = field.kind().as_message().filter(|_| field.is_list()) {
            fields_of(inner.full_name(), into);
        }
    }
}

#[tokio::test]
async fn whoever_asks_is_told_all_that_is_kept_of_them_and_nothing_that_is_not_theirs() {
    let platform = Platform::start().await;
    let (user_id, cx) = full(&platform).await;
    let asked = ask(&platform, &cx, PASSWORD).await.expect("asks");
    assert_eq!((asked.user_id.as_str(), asked.problem.as_str()), (user_id.as_str(), ""));
    let ready = ended(&platform, &cx, &asked.export_id).await;
    assert_eq!(ready.status, "ready");
    let data = fetch(&platform, &cx, &asked.export_id).await.expect("fetches");
    assert!(data.gathered_at.is_some());
    let told = json::encode(&data);
    let (mut seen, mut all) = (BTreeSet::new(), BTreeSet::new());
    names(&told["person"], &mut seen);
    fields_of("usher.user.v1.PersonRecord", &mut all);
    assert_eq!(seen, all, "each field says something: {told:#}");
    assert_eq!(data.sign_in.expect("told").sessions[0].device, "Firefox on Linux");
    let letters = data.letters.expect("told").letters;
    assert_eq!(letters[0].recipient, "ann@example.com", "asked for by the address");
    assert_eq!(data.clients.expect("told").clients[0].stage, "active");
    for hidden in ["slow", "hidden", "hash", "token", "bound", "invited_by"] {
        let told = told.to_string().replace("boundAt", "");
        assert!(!told.contains(hidden), "{hidden}: {told}");
    }
    let person = data.person.expect("told");
    let held: Vec<_> = person.memberships.iter().map(|one| one.status.as_str()).collect();
    assert_eq!(held, ["active"], "an invitation is no membership");
    assert_eq!(person.invitations.len(), 2);
    for (question, expected) in [
        ("select count(*) from outbox where kind = 'user.export.requested'", 1),
        ("select count(*) from outbox where kind = 'user.export.ready'", 1),
        (
            "select count(*) from outbox where kind like 'user.export.%' and data::text like '%@%'",
            0,
        ),
        ("select count(*) from audit_events where action = 'export.request'", 1),
        ("select count(*) from audit_events where action = 'export.fetch'", 1),
        ("select count(*) from secret_reads where purpose = 'user.export'", 4),
        (
            "select count(*) from export_parts where position('ann@example' in encode(content, 'escape')) > 0",
            0,
        ),
        ("select count(*) from job_steps where output::text like '%@%'", 0),
    ] {
        assert_eq!(platform.database.count(question).await, expected, "{question}");
    }
}

#[tokio::test]
async fn a_group_that_the_person_left_is_told_without_its_name() {
    let platform = Platform::start().await;
    let (user_id, cx) = full(&platform).await;
    let left = "update group_members set status = 'removed' where user_id = $1";
    let id: Uuid = user_id.parse().expect("an id");
    let mut admin = platform.database.admin().await;
    sqlx::query(left).bind(id).execute(&mut admin).await.expect("changes");
    let asked = ask(&platform, &cx, PASSWORD).await.expect("asks");
    ended(&platform, &cx, &asked.export_id).await;
    let told = fetch(&platform, &cx, &asked.export_id).await.expect("fetches");
    let groups = told.person.expect("told").groups;
    assert_eq!((groups[0].status.as_str(), groups[0].name.as_str()), ("removed", ""));
}

#[tokio::test]
async fn whoever_has_no_password_shows_a_fresh_proof_instead() {
    let platform = Platform::start().await;
    let (user_id, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let erase = || RequestErasureRequest { password: String::new() };
    assert_eq!(reason(&ask(&platform, &cx, "").await.expect_err("long ago")), "step_up_required");
    let refused = platform.erasures().request_erasure(call(&cx, erase())).await;
    assert_eq!(reason(&refused.expect_err("long ago")), "step_up_required");
    let refused = wish(&platform, &cx, "ann@example.org", "").await;
    assert_eq!(reason(&refused.expect_err("long ago")), "step_up_required");
    platform.auth.prove(&user_id);
    ask(&platform, &cx, "").await.expect("asks");
    wish(&platform, &cx, "ann@example.org", "").await.expect("wishes");
    platform.erasures().request_erasure(call(&cx, erase())).await.expect("asks");
}

#[tokio::test]
async fn an_invitation_to_somebody_else_tells_nothing_of_them() {
    let platform = Platform::start().await;
    let (user_id, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let there = tenant();
    let any = SetInvitePolicyRequest { address_rule: "any".into(), ..Default::default() };
    platform.rule(there, any).await;
    let invite = platform.invite(there, "bob@other.example").await;
    let token = platform.token(there, &invite.invite_id).await;
    platform.accept_as(&user_id, &token).await.expect("accepts as Ann");
    let asked = ask(&platform, &cx, PASSWORD).await.expect("asks");
    ended(&platform, &cx, &asked.export_id).await;
    let data = fetch(&platform, &cx, &asked.export_id).await.expect("fetches");
    let told = json::encode(&data).to_string();
    assert!(told.contains("ann@example.com") && !told.contains("bob@"), "{told}");
    let request = RequestErasureRequest { password: PASSWORD.into() };
    platform.erasures().request_erasure(call(&cx, request)).await.expect("asks");
    platform.wait_hours(15 * 24);
    assert_eq!(platform.app().erase_people().await.expect("erases").erased, 1);
    let asked = platform.forgetting.asked();
    assert!(asked.iter().all(|(_, _, emails)| !emails.contains(&"bob@other.example".into())));
    let bob = "select count(*) from users where email = 'bob@other.example'";
    assert_eq!(platform.database.count(bob).await, 1);
}

#[tokio::test]
async fn an_export_is_for_whoever_asked_alone_while_they_may() {
    let platform = Platform::start().await;
    let (user_id, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let (_, other) = somebody(&platform, tenant(), "bob@example.com").await;
    let refused = ask(&platform, &cx, "not the password").await.expect_err("not the person");
    assert_eq!(reason(&refused), "wrong_password");
    let own = ask(&platform, &cx, PASSWORD).await.expect("asks").export_id;
    ended(&platform, &cx, &own).await;
    let colleague = staff(&platform);
    let ordered = order(&platform, &colleague, &user_id).await.expect("orders").export_id;
    assert_ne!(own, ordered, "each asker has their own");
    ended(&platform, &colleague, &ordered).await;
    fetch(&platform, &colleague, &ordered).await.expect("fetches");
    let strangers = [(&other, &own), (&other, &ordered), (&cx, &ordered), (&colleague, &own)];
    for (who, export) in strangers {
        let refused = fetch(&platform, who, export).await.expect_err("not theirs");
        let missing = fetch(&platform, who, &Uuid::now_v7().to_string()).await.expect_err("none");
        assert_eq!((reason(&refused), refused.message()), (reason(&missing), missing.message()));
        assert_eq!(
            reason(&shown(&platform, who, export).await.expect_err("nor shown")),
            "export_not_found"
        );
    }
    let id = who_ordered(&platform).await;
    let demoted = platform.person(id, None, &[]);
    let refused = fetch(&platform, &demoted, &ordered).await.expect_err("the right was taken");
    assert_eq!(reason(&refused), "export_not_found");
    let refused = order(&platform, &other, &user_id).await.expect_err("no right");
    assert_eq!(reason(&refused), "permission_denied");
    let refused = order(&platform, &colleague, &Uuid::now_v7().to_string()).await;
    assert_eq!(reason(&refused.expect_err("nobody")), "person_not_found");
    let unexplained = OrderExportRequest { user_id, reason: String::new() };
    let refused = platform.exports().order_export(call(&colleague, unexplained)).await;
    assert_eq!(fields(&refused.expect_err("no reason")), ["reason"]);
    let refused = fetch(&platform, &cx, "../1").await.expect_err("no id");
    assert_eq!(fields(&refused), ["exportId"]);
}

/// Who ordered the only export that was.
async fn who_ordered(platform: &Platform) -> kernel::UserId {
    let asked = "select asked_by from exports where reason <> ''";
    let id: Uuid = sqlx::query_scalar(asked)
        .fetch_one(&mut platform.database.admin().await)
        .await
        .expect("one");
    id.into()
}

#[tokio::test]
async fn an_export_ends_with_its_time_a_new_one_and_the_person() {
    let platform = Platform::start().await;
    let (user_id, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let first = ask(&platform, &cx, PASSWORD).await.expect("asks").export_id;
    ended(&platform, &cx, &first).await;
    let second = ask(&platform, &cx, PASSWORD).await.expect("asks").export_id;
    assert_ne!(first, second);
    ended(&platform, &cx, &second).await;
    let refused = fetch(&platform, &cx, &first).await.expect_err("replaced");
    assert_eq!(reason(&refused), "export_not_found");
    platform.wait_hours(7 * 24 - 1);
    assert_eq!(platform.app().drop_exports().await.expect("looks"), 0, "there is time");
    fetch(&platform, &cx, &second).await.expect("fetches");
    platform.wait_hours(1);
    let refused = fetch(&platform, &cx, &second).await.expect_err("too late");
    assert_eq!(reason(&refused), "export_expired");
    assert_eq!(shown(&platform, &cx, &second).await.expect("shows").status, "expired");
    assert_eq!(platform.app().drop_exports().await.expect("drops"), 1);
    assert_eq!(platform.database.count("select count(*) from export_parts").await, 0);
    let third = ask(&platform, &cx, PASSWORD).await.expect("asks").export_id;
    ended(&platform, &cx, &third).await;
    let colleague = staff(&platform);
    let ordered = order(&platform, &colleague, &user_id).await.expect("orders").export_id;
    ended(&platform, &colleague, &ordered).await;
    let asked = RequestErasureRequest { password: PASSWORD.into() };
    platform.erasures().request_erasure(call(&cx, asked)).await.expect("asks");
    platform.wait_hours(15 * 24);
    assert_eq!(platform.app().erase_people().await.expect("erases").erased, 1);
    assert_eq!(platform.database.count("select count(*) from exports").await, 0);
    let refused = order(&platform, &colleague, &user_id).await.expect_err("nobody is left");
    assert_eq!(reason(&refused), "person_erased");
}

#[tokio::test]
async fn while_a_service_is_away_nothing_is_handed_out() {
    let platform = Platform::start_without_workers().await;
    let (_, cx) = somebody(&platform, tenant(), "ann@example.com").await;
    let asked = ask(&platform, &cx, PASSWORD).await.expect("asks").export_id;
    assert_eq!(ask(&platform, &cx, PASSWORD).await.expect("stands").export_id, asked);
    let refused = fetch(&platform, &cx, &asked).await.expect_err("not yet");
    assert_eq!(reason(&refused), "export_not_ready");
    platform.forgetting.leave("notifier");
    let worker = platform.app().worker().by_hand();
    for _ in 0..3 {
        assert!(worker.step().await.expect("works"));
    }
    let parts = "select count(*) from export_parts";
    assert_eq!(platform.database.count(parts).await, 2, "what was told is kept");
    platform.forgetting.come_back("notifier");
    platform.wait_hours(1);
    while worker.step().await.expect("works") {}
    assert_eq!(platform.database.count(parts).await, 4);
    fetch(&platform, &cx, &asked).await.expect("fetches");
}
