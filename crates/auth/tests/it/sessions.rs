//! Signing in and out, and what a token is good for.

use std::time::Duration;

use auth::Hasher;
use kernel::Code;
use tonic::Status;
use wire::auth::v1::{
    CreateSessionRequest, EndSessionRequest, IdentifySessionRequest, Identity, IssueSessionRequest,
    Session,
};

use crate::house::{House, PASSWORD, ask, refusal};

async fn sign_in(house: &House, email: &str, password: &str) -> Result<Session, Status> {
    let request = CreateSessionRequest { email: email.into(), password: password.into() };
    Ok(house.sessions().create_session(ask(request)).await?.into_inner())
}

async fn identify(house: &House, token: &str) -> Result<Identity, Status> {
    let request = IdentifySessionRequest { token: token.into() };
    Ok(house.sessions().identify_session(ask(request)).await?.into_inner())
}

#[tokio::test]
async fn a_person_signs_in_is_known_by_the_token_and_signs_out() {
    let house = House::start().await;
    let user_id = house.signed_up("ann@example.com").await;
    let session = sign_in(&house, " Ann@Example.com", PASSWORD).await.expect("signs in");
    assert!(session.token.starts_with("us_"));
    let identity = identify(&house, &session.token).await.expect("is known");
    assert_eq!(identity.user_id, user_id.to_string());
    assert_eq!(identity.session_id, session.session_id);
    for _ in 0..2 {
        let cx = house.person(&session.user_id, &session.session_id);
        let ended = house.sessions().end_session(wire::call(&cx, EndSessionRequest {})).await;
        ended.expect("signs out, however often");
    }
    let refused = refusal(identify(&house, &session.token).await);
    assert_eq!(refused, (Code::Unauthenticated, "session_ended".into()));
    let ends =
        house.text("select count(*)::text from audit_events where action = 'session.end'").await;
    assert_eq!(ends, "1");
}

#[tokio::test]
async fn an_unknown_e_mail_and_a_wrong_password_are_one_answer_after_one_hash() {
    let house = House::start().await;
    let user_id = house.signed_up("ann@example.com").await;
    let before = house.app.hasher.checks();
    let wrong = sign_in(&house, "ann@example.com", "another password altogether").await;
    assert_eq!(house.app.hasher.checks(), before + 1);
    let unknown = sign_in(&house, "bob@example.com", PASSWORD).await;
    assert_eq!(house.app.hasher.checks(), before + 2, "nobody's password is checked as well");
    let (wrong, unknown) = (wrong.expect_err("refused"), unknown.expect_err("refused"));
    assert_eq!(wire::code_of(&wrong), wire::code_of(&unknown));
    assert_eq!(wire::code_of(&wrong).reason, "wrong_credentials");
    assert_eq!(wrong.code(), tonic::Code::Unauthenticated);
    let told = house
        .text("select string_agg(actor || ' ' || target, ', ' order by id) from audit_events where action = 'session.refuse'")
        .await;
    assert_eq!(told, format!("anonymous user:{user_id}, anonymous user:unknown"));
}

#[tokio::test]
async fn a_session_expires_and_an_invented_token_is_not_known() {
    let house = House::start().await;
    let request = IssueSessionRequest { user_id: testkit::user().to_string(), ttl_seconds: 60 };
    let issued = house.sessions_for("usher").issue_session(ask(request)).await.expect("issues");
    let token = issued.into_inner().token;
    house.clock.advance(Duration::from_secs(59));
    identify(&house, &token).await.expect("is known");
    house.clock.advance(Duration::from_secs(1));
    let refused = refusal(identify(&house, &token).await);
    assert_eq!(refused, (Code::Unauthenticated, "session_expired".into()));
    for invented in
        ["", "us_", "rubbish", &format!("us_{}", "A".repeat(43)), &token[..token.len() - 1]]
    {
        let refused = refusal(identify(&house, invented).await);
        assert_eq!(refused, (Code::Unauthenticated, "bad_token".into()), "{invented}");
    }
}

#[tokio::test]
async fn a_crowd_beyond_the_queue_is_told_when_to_come_again() {
    let house = House::start_with(Hasher::bounded(1, 0)).await;
    let refused = sign_in(&house, "ann@example.com", PASSWORD).await.expect_err("is refused");
    let refused = wire::code_of(&refused);
    assert_eq!((refused.code, refused.reason.as_str()), (Code::Unavailable, "busy"));
    assert_eq!(refused.retry_after, Some(Duration::from_secs(2)));
}

#[tokio::test]
async fn use_of_a_session_is_noted_now_and_then() {
    let house = House::start().await;
    let request = IssueSessionRequest { user_id: testkit::user().to_string(), ttl_seconds: 0 };
    let issued = house.sessions_for("usher").issue_session(ask(request)).await.expect("issues");
    let token = issued.into_inner().token;
    let noted = "select (last_used_at > created_at)::text from sessions";
    house.clock.advance(Duration::from_secs(299));
    identify(&house, &token).await.expect("is known");
    assert_eq!(house.text(noted).await, "false");
    house.clock.advance(Duration::from_secs(1));
    identify(&house, &token).await.expect("is known");
    assert_eq!(house.text(noted).await, "true");
}

#[tokio::test]
async fn only_the_operators_command_issues_sessions_and_within_bounds() {
    let house = House::start().await;
    let request = IssueSessionRequest { user_id: testkit::user().to_string(), ttl_seconds: -1 };
    let refused = refusal(house.sessions_for("usher").issue_session(ask(request.clone())).await);
    assert_eq!(refused, (Code::Invalid, "ttl_refused".into()));
    let refused = refusal(house.sessions().issue_session(ask(request)).await);
    assert_eq!(refused.0, Code::Unauthenticated, "the gateway speaks for nobody");
}

#[tokio::test]
async fn one_person_cannot_end_the_session_of_another() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let session = sign_in(&house, "ann@example.com", PASSWORD).await.expect("signs in");
    let cx = house.person(&testkit::user().to_string(), &session.session_id);
    let answer = house.sessions().end_session(wire::call(&cx, EndSessionRequest {})).await;
    answer.expect("answers as if there were no such session");
    identify(&house, &session.token).await.expect("still is known");
}

#[tokio::test]
async fn neither_token_nor_password_is_kept_or_printed() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let session = sign_in(&house, "ann@example.com", PASSWORD).await.expect("signs in");
    sign_in(&house, "ann@example.com", "canary of a wrong password").await.expect_err("refused");
    let rows = house
        .text(
            "select coalesce(string_agg(line, ' '), '') from (
                 select c::text as line from credentials c union all
                 select s::text from sessions s union all
                 select a::text from audit_events a union all
                 select encode(token_hash, 'escape') from sessions) as every_row",
        )
        .await;
    let request = CreateSessionRequest { email: "a@b.cd".into(), password: PASSWORD.into() };
    for shown in [rows, format!("{session:?} {request:?} {:?}", house.app)] {
        for secret in [&session.token[3..], PASSWORD, "canary of a wrong password"] {
            assert!(!shown.contains(secret), "a secret stands in: {shown}");
        }
    }
}
