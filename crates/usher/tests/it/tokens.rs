//! An invitation's link opens once, for its time, and only as it was made: each other way has its own stable answer.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::join_all;
use kernel::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Platform, Response};

use crate::steps::{accept, invite, next_token_for, text, token_for, unique};

/// An open invitation of a tenant and its link's token.
async fn invited(platform: &Platform, admin: &Actor) -> (String, String, String) {
    let email = format!("{}@example.test", unique("guest"));
    let invitation = invite(admin, &email, "client").await;
    let token = token_for(platform, &email).await;
    (text(&invitation, "inviteId").to_owned(), email, token)
}

async fn show(platform: &Platform, token: &str) -> Response {
    platform.anonymous().get(&format!("/v1/invitations/{token}")).await
}

/// That the link neither shows nor opens any more, for this reason, in both its addresses.
async fn assert_refused(platform: &Platform, token: &str, status: u16, code: &str) {
    let shown = show(platform, token).await;
    let accepted = accept(platform, token).await;
    let legacy = format!("/onboarding/invites/{token}/accept");
    let legacy =
        platform.anonymous().post(&legacy, json!({"password": crate::steps::PASSWORD})).await;
    for answer in [shown, accepted, legacy] {
        let problem = answer.problem();
        assert_eq!((problem.status, problem.code.as_str()), (status, code), "{answer:?}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(body["type"], format!("urn:usher:problem:{code}"));
        assert_eq!(body["status"], status);
        assert!(body["title"].is_string() && body["requestId"].is_string(), "{body}");
        assert!(!answer.body.contains(token), "the answer repeats the token");
    }
}

#[tokio::test]
async fn a_link_that_was_used_is_gone() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let (_, _, token) = invited(&platform, &admin).await;
    accept(&platform, &token).await.json();
    assert_refused(&platform, &token, 410, "invitation_used").await;
    platform.stop().await;
}

#[tokio::test]
async fn a_link_whose_time_is_over_is_gone() {
    let clock = Clock::standing_at(jiff::Timestamp::now().into());
    let platform = Platform::builder().clock(clock.clone()).start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let (_, _, token) = invited(&platform, &admin).await;
    clock.advance(Duration::from_secs(72 * 3600 - 1));
    show(&platform, &token).await.json();
    clock.advance(Duration::from_secs(2));
    assert_refused(&platform, &token, 410, "invitation_expired").await;
    platform.kill();
}

#[tokio::test]
async fn a_link_that_was_taken_back_is_gone() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let (id, _, token) = invited(&platform, &admin).await;
    admin.post(&format!("/v1/invites/{id}/revoke"), json!({})).await.json();
    assert_refused(&platform, &token, 410, "invitation_revoked").await;
    platform.stop().await;
}

#[tokio::test]
async fn a_link_that_was_sent_again_is_replaced_by_the_newest() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let (id, email, first) = invited(&platform, &admin).await;
    let rules = admin.request(Method::PUT, "/v1/invite-policy").json(&json!({"overlapMinutes": 0}));
    admin.send(rules).await.json();
    admin.post(&format!("/v1/invites/{id}/resend"), json!({})).await.json();
    let second = next_token_for(&platform, &email, 1).await;
    assert_ne!(first, second);
    assert_refused(&platform, &first, 410, "invitation_replaced").await;
    accept(&platform, &second).await.json();
    assert_refused(&platform, &first, 410, "invitation_used").await;
    platform.stop().await;
}

#[tokio::test]
async fn a_link_with_any_byte_changed_is_no_link() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let (_, _, token) = invited(&platform, &admin).await;
    let bytes = URL_SAFE_NO_PAD.decode(&token).expect("base64url");
    for place in 0..bytes.len() {
        let mut forged = bytes.clone();
        forged[place] ^= 1;
        let problem = show(&platform, &URL_SAFE_NO_PAD.encode(forged)).await.problem();
        assert_eq!(
            (problem.status, problem.code.as_str()),
            (404, "invitation_not_found"),
            "byte {place}"
        );
    }
    let other_tenant = [uuid::Uuid::nil().as_bytes(), &bytes[16..]].concat();
    for forged in [
        URL_SAFE_NO_PAD.encode(other_tenant),
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        token.to_uppercase(),
        "x".into(),
    ] {
        assert_refused(&platform, &forged, 404, "invitation_not_found").await;
    }
    // The true one still works.
    accept(&platform, &token).await.json();
    platform.stop().await;
}

#[tokio::test]
async fn looking_at_a_link_in_any_way_does_not_use_it() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let (id, _, token) = invited(&platform, &admin).await;
    let nobody = platform.anonymous();
    let path = format!("/v1/invitations/{token}");
    for verb in [Method::GET, Method::HEAD, Method::GET, Method::HEAD] {
        assert_eq!(nobody.send(nobody.request(verb, &path)).await.status, 200);
    }
    // Scanners of mail open links with every verb they know.
    for verb in [Method::GET, Method::HEAD] {
        let answer = nobody.send(nobody.request(verb, &format!("{path}/accept"))).await;
        assert_eq!(answer.status, 405);
    }
    let pending = admin.get(&format!("/v1/invites/{id}")).await.json();
    assert_eq!(pending["status"], "pending");
    accept(&platform, &token).await.json();
    platform.stop().await;
}

#[tokio::test]
async fn a_password_that_may_not_be_chosen_leaves_the_link_open() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let (_, _, token) = invited(&platform, &admin).await;
    let path = format!("/v1/invitations/{token}/accept");
    for body in [json!({}), json!({"password": ""}), json!({"password": "short"})] {
        let problem = platform.anonymous().post(&path, body).await.problem();
        assert_eq!((problem.status, problem.fields), (400, vec!["password".to_owned()]));
    }
    accept(&platform, &token).await.json();
    platform.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_accept_at_once_one_comes_in() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let admin = tenant.admin().await;
    let (id, email, token) = invited(&platform, &admin).await;

    let answers = join_all((0..50).map(|_| accept(&platform, &token))).await;
    let mut told: BTreeMap<(u16, String), usize> = BTreeMap::new();
    for answer in &answers {
        let code = if answer.status == 200 { String::new() } else { answer.problem().code };
        *told.entry((answer.status, code)).or_default() += 1;
    }
    assert_eq!(told.get(&(200, String::new())), Some(&1), "{told:?}");
    let losers = |(status, code): &(u16, String)| match status {
        200 => true,
        410 => code == "invitation_used",
        // Hashing passwords is work that is not done for everybody at once.
        429 | 503 => true,
        _ => false,
    };
    assert!(told.keys().all(losers), "{told:?}");
    platform.settled().await;

    let mut admin = platform.database().admin().await;
    let mut count = async |question: &'static str, value: &str| -> i64 {
        sqlx::query_scalar(question).bind(value).fetch_one(&mut admin).await.expect("counts")
    };
    let person = "select count(*) from usher_user.memberships m join usher_user.users u using (user_id) where u.email = $1";
    assert_eq!(count(person, &email).await, 1, "memberships");
    let active =
        "select count(*) from usher_auth.credentials where email = $1 and state = 'active'";
    assert_eq!(count(active, &email).await, 1, "active credentials");
    let bindings = "select count(*) from usher_user.role_bindings b join usher_user.users u using (user_id) where u.email = $1";
    assert_eq!(count(bindings, &email).await, 1, "role bindings");
    let facts = "select count(*) from usher_user.outbox where kind = 'user.invite.accepted' and data->>'inviteId' = $1";
    assert_eq!(count(facts, &id).await, 1, "facts");
    let audits = "select count(*) from usher_user.audit_events where action = 'invite.accept' and target like 'invite:' || $1 || '%'";
    assert_eq!(count(audits, &id).await, 1, "audit rows");

    let signed_in = platform
        .anonymous()
        .post("/v1/sessions", json!({"email": email, "password": crate::steps::PASSWORD}))
        .await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
    platform.stop().await;
}
