//! Answers of devices that are not what was asked for: none of them lets anybody in or is kept.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use kernel::Code;
use testkit::{Authenticator, Twist, cx_of_platform};
use uuid::Uuid;
use wire::auth::v1::{
    BeginPasskeyConfirmationRequest, BeginPasskeyStepUpRequest, ConfirmSessionByPasskeyRequest,
    StepUpByPasskeyRequest,
};
use wire::call;

use crate::{
    house::{House, ORIGIN, PASSWORD, ask, refusal},
    passkeys::{Keyed, begin, ceremony, enter, finish},
};

/// What is twisted, by name. `create` and `get` say for which of the two it is a fault.
fn twists() -> Vec<(&'static str, Twist)> {
    let plain = Twist::default();
    let text = |text: &str| Some(text.to_owned());
    vec![
        ("another site's page", Twist { origin: text("https://evil.example"), ..plain.clone() }),
        ("a page without TLS", Twist { origin: text("http://usher.example"), ..plain.clone() }),
        ("another port", Twist { origin: text("https://usher.example:8443"), ..plain.clone() }),
        ("a page below", Twist { origin: text("https://evil.usher.example"), ..plain.clone() }),
        ("a page above", Twist { origin: text("https://example"), ..plain.clone() }),
        (
            "a name that begins alike",
            Twist { origin: text("https://usher.example.evil.example"), ..plain.clone() },
        ),
        ("no origin at all", Twist { origin: text("null"), ..plain.clone() }),
        ("another party", Twist { rp_id: text("evil.example"), ..plain.clone() }),
        ("a party above", Twist { rp_id: text("example"), ..plain.clone() }),
        ("another challenge", Twist { challenge: Some(BASE64.encode([7; 32])), ..plain.clone() }),
        ("an empty challenge", Twist { challenge: text(""), ..plain.clone() }),
        ("a frame of another site", Twist { cross_origin: true, ..plain.clone() }),
        ("a page around it", Twist { top_origin: text("https://evil.example"), ..plain.clone() }),
        ("nobody there", Twist { absent: true, ..plain.clone() }),
        ("nobody verified", Twist { unverified: true, ..plain.clone() }),
        ("cut short", Twist { cut: 3, ..plain }),
    ]
}

#[tokio::test]
async fn no_forged_proof_signs_in() {
    let house = House::start().await;
    let mut ann = Keyed::begin(&house, "ann@example.com").await;
    let bob = Keyed::begin(&house, "bob@example.com").await;
    let bobs = Uuid::parse_str(&bob.session.user_id).expect("an id");
    let plain = Twist::default();
    let mut cases = twists();
    cases.extend([
        ("the type of making a key", Twist { kind: Some("webauthn.create"), ..plain.clone() }),
        ("no type", Twist { kind: Some(""), ..plain.clone() }),
        ("a spoilt signature", Twist { spoilt: true, ..plain.clone() }),
        ("another key's signature", Twist { foreign_key: true, ..plain.clone() }),
        ("another person's name", Twist { user: Some(Some(bobs)), ..plain.clone() }),
        ("no person's name", Twist { user: Some(None), ..plain.clone() }),
        ("another person's key", Twist { id: bob.device.ids().pop(), ..plain.clone() }),
        (
            "another person's key and name",
            Twist { id: bob.device.ids().pop(), user: Some(Some(bobs)), ..plain.clone() },
        ),
        ("a key that nobody has", Twist { id: Some(vec![9; 16]), ..plain.clone() }),
        ("the counter as it was made with", Twist { counter: Some(1), ..plain.clone() }),
        ("a counter of nought", Twist { counter: Some(0), ..plain }),
    ]);
    let sessions = house.text("select count(*)::text from sessions").await;
    for (name, twist) in cases {
        let begun = ceremony(&house).await;
        let answer = ann.device.get_with(&begun.options, &twist);
        let refused = enter(&house, &cx_of_platform(), &begun.token, answer).await;
        assert_eq!(refusal(refused), (Code::Unauthenticated, "passkey_refused".into()), "{name}");
        // So that it is the proof that is refused, not the number of tries.
        house.clock.advance(Duration::from_secs(1_000));
    }
    assert_eq!(house.text("select count(*)::text from sessions").await, sessions);
    let begun = ceremony(&house).await;
    let answer = ann.device.get(&begun.options);
    enter(&house, &cx_of_platform(), &begun.token, answer).await.expect("the real one");
}

#[tokio::test]
async fn a_challenge_is_answered_once_in_its_time_and_for_its_purpose() {
    let house = House::start().await;
    let mut ann = Keyed::begin(&house, "ann@example.com").await;
    let cx = cx_of_platform();
    let first = ceremony(&house).await;
    let answer = ann.device.get(&first.options);
    enter(&house, &cx, &first.token, answer.clone()).await.expect("signs in");
    let replayed = enter(&house, &cx, &first.token, answer.clone()).await;
    assert_eq!(refusal(replayed).1, "passkey_refused", "used");
    let other = ceremony(&house).await;
    let replayed = enter(&house, &cx, &other.token, answer).await;
    assert_eq!(refusal(replayed).1, "passkey_refused", "of another challenge");
    let answer = ann.device.get(&other.options);
    let late = enter(&house, &cx, &other.token, answer).await;
    assert_eq!(refusal(late).1, "passkey_refused", "a wrong answer used it up");
    let expired = ceremony(&house).await;
    let answer = ann.device.get(&expired.options);
    house.clock.advance(Duration::from_secs(300));
    assert_eq!(refusal(enter(&house, &cx, &expired.token, answer).await).1, "passkey_refused");
    let unknown = ceremony(&house).await;
    let answer = ann.device.get(&unknown.options);
    let token = BASE64.encode([3; 32]);
    assert_eq!(refusal(enter(&house, &cx, &token, answer).await).1, "passkey_refused");
    for token in ["", "x", "us_AAAA"] {
        let bad = enter(&house, &cx, token, "{}".into()).await.expect_err("is no token");
        assert_eq!(wire::code_of(&bad).fields[0].field, "token");
    }
    for text in ["", "{}", "[]", "null", "{\"id\":1}", &"x".repeat(40_000)] {
        let begun = ceremony(&house).await;
        let refused = enter(&house, &cx, &begun.token, text.into()).await;
        assert_eq!(refusal(refused).1, "passkey_refused", "{:.20}", text);
    }
}

#[tokio::test]
async fn a_proof_for_one_purpose_or_session_is_none_for_another() {
    let house = House::start().await;
    let mut ann = Keyed::begin(&house, "ann@example.com").await;
    let mut bob = Keyed::begin(&house, "bob@example.com").await;
    let (cx, mut passkeys) = (house.of(&ann.session), house.passkeys());
    let of_sign_in = ceremony(&house).await;
    let request = StepUpByPasskeyRequest {
        token: of_sign_in.token,
        credential: ann.device.get(&of_sign_in.options),
    };
    let crossed = passkeys.step_up_by_passkey(call(&cx, request)).await;
    assert_eq!(refusal(crossed).1, "passkey_refused", "a sign-in is no fresh proof");
    let begun = passkeys.begin_passkey_step_up(call(&cx, BeginPasskeyStepUpRequest {})).await;
    let begun = begun.expect("begins").into_inner();
    let credential = ann.device.get(&begun.options);
    let other = house.of(&bob.session);
    let request = StepUpByPasskeyRequest { token: begun.token.clone(), credential };
    let crossed = passkeys.step_up_by_passkey(call(&other, request)).await;
    assert_eq!(refusal(crossed).1, "passkey_refused", "another session's");
    // Bob's password, Ann's passkey.
    let waiting = house.sign_in("bob@example.com", PASSWORD).await.expect("half a sign-in");
    let request = BeginPasskeyConfirmationRequest { session_token: waiting.token.clone() };
    let begun = passkeys.begin_passkey_confirmation(ask(request)).await.expect("begins");
    let begun = begun.into_inner();
    let theirs = bob.device.get(&begun.options);
    let twist = Twist { id: ann.device.ids().pop(), ..Twist::default() };
    let mine = bob.device.get_with(&begun.options, &twist);
    for credential in [mine, theirs] {
        let request = ConfirmSessionByPasskeyRequest {
            session_token: waiting.token.clone(),
            token: begun.token.clone(),
            credential,
        };
        let refused = passkeys.confirm_session_by_passkey(ask(request)).await;
        assert_eq!(refusal(refused).1, "passkey_refused", "not Bob's, and then used up");
    }
    let good = ConfirmSessionByPasskeyRequest {
        session_token: ann.session.token.clone(),
        token: begun.token,
        credential: "{}".into(),
    };
    assert_eq!(refusal(passkeys.confirm_session_by_passkey(ask(good)).await).1, "bad_token");
}

#[tokio::test]
async fn no_forged_key_is_kept() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let cx = house.of(&session);
    let plain = Twist::default();
    let mut cases = twists();
    cases.extend([
        ("the type of a proof", Twist { kind: Some("webauthn.get"), ..plain.clone() }),
        ("an algorithm nobody asked for", Twist { algorithm: Some(4), ..plain }),
    ]);
    for (name, twist) in cases {
        let begun = begin(&house, &cx).await.expect("begins");
        let answer = Authenticator::new(ORIGIN).create_with(&begun.options, &twist);
        let refused = finish(&house, &cx, &begun.token, answer, "").await;
        let refused = wire::code_of(&refused.expect_err(name));
        assert_eq!(
            (refused.code, refused.reason.as_str()),
            (Code::Invalid, "passkey_invalid"),
            "{name}"
        );
        assert_eq!(refused.fields[0].field, "credential");
        let real = Authenticator::new(ORIGIN).create(&begun.options);
        let used = finish(&house, &cx, &begun.token, real, "").await;
        assert_eq!(refusal(used), (Code::Gone, "ceremony_over".into()), "{name}: used up");
    }
    let begun = begin(&house, &cx).await.expect("begins");
    let answer = Authenticator::new(ORIGIN).create(&begun.options);
    house.clock.advance(Duration::from_secs(300));
    let late = finish(&house, &cx, &begun.token, answer, "").await;
    assert_eq!(refusal(late).1, "ceremony_over");
    let elsewhere = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let begun = begin(&house, &house.of(&elsewhere)).await.expect("begins");
    let answer = Authenticator::new(ORIGIN).create(&begun.options);
    let crossed = finish(&house, &cx, &begun.token, answer, "").await;
    assert_eq!(refusal(crossed).1, "ceremony_over", "another session's");
    assert_eq!(house.text("select count(*)::text from passkeys").await, "0");
}
