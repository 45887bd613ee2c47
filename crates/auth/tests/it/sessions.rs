//! Signing in and out, and what a token is good for.

use std::time::Duration;

use auth::Hasher;
use kernel::Code;
use wire::auth::v1::{CreateSessionRequest, EndSessionRequest, IssueSessionRequest};

use crate::house::{House, PASSWORD, ask, refusal};

#[tokio::test]
async fn a_person_signs_in_is_known_by_the_token_and_signs_out() {
    let house = House::start().await;
    let user_id = house.signed_up("ann@example.com").await;
    let session = house.sign_in(" Ann@Example.com", PASSWORD).await.expect("signs in");
    assert!(session.token.starts_with("us_"));
    let identity = house.identify(&session.token).await.expect("is known");
    assert_eq!(identity.user_id, user_id.to_string());
    assert_eq!(identity.session_id, session.session_id);
    for _ in 0..2 {
        let cx = house.person(&session.user_id, &session.session_id);
        let ended = house.sessions().end_session(wire::call(&cx, EndSessionRequest {})).await;
        ended.expect("signs out, however often");
    }
    let refused = refusal(house.identify(&session.token).await);
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
    let wrong = house.sign_in("ann@example.com", "another password altogether").await;
    assert_eq!(house.app.hasher.checks(), before + 1);
    let unknown = house.sign_in("bob@example.com", PASSWORD).await;
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
    house.identify(&token).await.expect("is known");
    house.clock.advance(Duration::from_secs(1));
    let refused = refusal(house.identify(&token).await);
    assert_eq!(refused, (Code::Unauthenticated, "session_expired".into()));
    for invented in
        ["", "us_", "rubbish", &format!("us_{}", "A".repeat(43)), &token[..token.len() - 1]]
    {
        let refused = refusal(house.identify(invented).await);
        assert_eq!(refused, (Code::Unauthenticated, "bad_token".into()), "{invented}");
    }
}

#[tokio::test]
async fn a_crowd_beyond_the_queue_is_told_when_to_come_again() {
    let house = House::start_with(Hasher::bounded(1, 0)).await;
    let refused = house.sign_in("ann@example.com", PASSWORD).await.expect_err("is refused");
    let refused = wire::code_of(&refused);
    assert_eq!((refused.code, refused.reason.as_str()), (Code::Unavailable, "busy"));
    assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
    let tallies = house.text("select count(*)::text from throttles").await;
    assert_eq!(tallies, "0", "whoever is sent away has not tried");
}

#[tokio::test]
async fn use_of_a_session_is_noted_now_and_then() {
    let house = House::start().await;
    let request = IssueSessionRequest { user_id: testkit::user().to_string(), ttl_seconds: 0 };
    let issued = house.sessions_for("usher").issue_session(ask(request)).await.expect("issues");
    let token = issued.into_inner().token;
    let noted = "select (last_used_at > created_at)::text from sessions";
    house.clock.advance(Duration::from_secs(59));
    house.identify(&token).await.expect("is known");
    assert_eq!(house.text(noted).await, "false");
    house.clock.advance(Duration::from_secs(1));
    house.identify(&token).await.expect("is known");
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
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let cx = house.person(&testkit::user().to_string(), &session.session_id);
    let answer = house.sessions().end_session(wire::call(&cx, EndSessionRequest {})).await;
    assert_eq!(refusal(answer), (Code::NotFound, "session_not_found".into()));
    house.identify(&session.token).await.expect("still is known");
}

#[tokio::test]
async fn neither_token_nor_password_is_kept_or_printed() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    house.sign_in("ann@example.com", "canary of a wrong password").await.expect_err("refused");
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

#[tokio::test]
async fn a_forged_token_is_nobodys() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let (token, random) = (session.token.clone(), session.token[3..].to_owned());
    let claims = "eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9";
    let mut forged = vec![
        random.clone(),
        format!("US_{random}"),
        format!("us-{random}"),
        format!("us_us_{random}"),
        format!("{token}="),
        format!("{token}%00"),
        format!("{token}\0"),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}\n"),
        format!("{token}.{token}"),
        format!("Bearer {token}"),
        format!("us_{}", random.replace(['-', '_'], "+")),
        format!("us_{}", random.to_lowercase()),
        format!("us_{}", random.to_uppercase()),
        format!("us_{}", random.chars().rev().collect::<String>()),
        format!("us_{}", "A".repeat(44)),
        format!("us_{}", "A".repeat(100_000)),
        // A digest that stands in the table is no token, and neither is an id.
        house.text("select 'us_' || encode(token_hash, 'hex') from sessions").await,
        house.text("select 'us_' || rtrim(translate(encode(token_hash, 'base64'), '+/', '-_'), '=') from sessions").await,
        session.session_id.clone(),
        session.user_id.clone(),
        // Tokens of other kinds.
        format!("eyJhbGciOiJub25lIn0.{claims}."),
        format!("eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2Rldi9udWxsIn0.{claims}.AAAA"),
        format!("eyJhbGciOiJFZERTQSIsImp3ayI6e319.{claims}.AAAA"),
        "' or 1=1 --".into(),
        "us_' or 'a'='a".into(),
        "../../etc/passwd".into(),
        "null".into(),
        "undefined".into(),
        "[object Object]".into(),
    ];
    for at in 0..random.len() {
        let other = if random.as_bytes()[at] == b'A' { "Q" } else { "A" };
        let mut one = random.clone();
        one.replace_range(at..=at, other);
        forged.push(format!("us_{one}"));
    }
    forged.retain(|one| *one != token);
    assert!(forged.len() >= 70, "{}", forged.len());
    for one in forged {
        let refused = refusal(house.identify(&one).await);
        assert_eq!(refused, (Code::Unauthenticated, "bad_token".into()), "{one:?}");
    }
    house.identify(&token).await.expect("the real one is known");
}
