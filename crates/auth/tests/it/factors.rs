//! The second factor: set up, asked for, guessed at, lost and given up.

use std::time::Duration;

use futures::future::join_all;
use kernel::{Code, Cx};
use tonic::Status;
use totp_rs::{Builder, Secret};
use wire::{
    auth::v1::{
        BeginTotpRequest, ChangePasswordRequest, ConfirmSessionRequest, ConfirmTotpRequest,
        FactorSet, GetFactorsRequest, RemoveTotpRequest, RenewRecoveryCodesRequest, Session,
        StepUpRequest,
    },
    call,
};

use crate::house::{House, PASSWORD, ask, from, refusal};

/// Somebody with an app.
struct Enrolled {
    session: Session,
    secret: String,
    codes: Vec<String>,
}

impl Enrolled {
    async fn begin(house: &House) -> Self {
        house.signed_up("ann@example.com").await;
        let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
        let mut factors = house.factors();
        let begun = factors.begin_totp(call(&house.of(&session), BeginTotpRequest {})).await;
        let begun = begun.expect("begins").into_inner();
        assert!(begun.uri.starts_with("otpauth://totp/Usher:ann%40example.com?"), "{}", begun.uri);
        assert!(begun.uri.contains(&format!("secret={}", begun.secret)));
        let request = ConfirmTotpRequest { code: code(house, &begun.secret) };
        let codes = factors.confirm_totp(call(&house.of(&session), request)).await;
        let codes = codes.expect("confirms").into_inner().codes;
        assert_eq!(codes.len(), 10);
        Self { session, secret: begun.secret, codes }
    }
}

/// The code that the app shows now.
fn code(house: &House, secret: &str) -> String {
    code_at(secret, house.clock.now().jiff().as_second())
}

/// The code that the app shows at a second.
fn code_at(secret: &str, seconds: i64) -> String {
    let secret = Secret::try_from_base32(secret).expect("base32");
    let totp = Builder::new().with_secret(secret).build().expect("a secret");
    totp.generate(seconds.try_into().expect("after 1970")).to_string()
}

async fn confirm(house: &House, waiting: &Session, code: &str) -> Result<Session, Status> {
    let request = ConfirmSessionRequest { token: waiting.token.clone(), code: code.into() };
    Ok(house.factors().confirm_session(ask(request)).await?.into_inner())
}

async fn factors(house: &House, session: &Session) -> FactorSet {
    let request = call(&house.of(session), GetFactorsRequest {});
    house.factors().get_factors(request).await.expect("answers").into_inner()
}

/// The next step of the app.
fn wait(house: &House) {
    house.clock.advance(Duration::from_secs(30));
}

#[tokio::test]
async fn an_app_is_set_up_and_asked_for_on_sign_in() {
    let house = House::start().await;
    let ann = Enrolled::begin(&house).await;
    let set = factors(&house, &ann.session).await;
    assert!(set.totp && set.recovery_codes_left == 10 && set.enrolled_at.is_some());
    wait(&house);
    let waiting = house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in");
    assert!(waiting.second_factor_required);
    let refused = refusal(house.identify(&waiting.token).await);
    assert_eq!(refused, (Code::Unauthenticated, "second_factor_required".into()));
    let session = confirm(&house, &waiting, &code(&house, &ann.secret)).await.expect("signs in");
    assert!(!session.second_factor_required);
    assert_ne!(session.token, waiting.token, "another session, with a token of its own");
    house.identify(&session.token).await.expect("is known");
    assert_eq!(refusal(confirm(&house, &waiting, &ann.codes[0]).await).1, "bad_token");
    let told = house.text("select string_agg(kind, ' ' order by id) from outbox").await;
    assert_eq!(told, "auth.factor.enrolled");
}

#[tokio::test]
async fn a_code_counts_once_also_at_once() {
    let house = House::start().await;
    let ann = Enrolled::begin(&house).await;
    let waiting = house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in");
    let used = code(&house, &ann.secret);
    let refused = refusal(confirm(&house, &waiting, &used).await);
    assert_eq!(refused, (Code::Unauthenticated, "factor_refused".into()), "set up with it");
    wait(&house);
    let code = code(&house, &ann.secret);
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in"));
    }
    let answers = join_all(waiting.iter().map(|one| confirm(&house, one, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_code_of_the_step_before_and_after_is_good_and_no_other() {
    let house = House::start().await;
    let ann = Enrolled::begin(&house).await;
    house.clock.advance(Duration::from_secs(600));
    let now = house.clock.now().jiff().as_second();
    for (off, good) in [(-60, false), (60, false), (-30, true), (0, true), (30, true), (0, false)] {
        let waiting = house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in");
        let answer = confirm(&house, &waiting, &code_at(&ann.secret, now + off)).await;
        assert_eq!(answer.is_ok(), good, "{off} s: {answer:?}");
    }
}

#[tokio::test]
async fn codes_are_guessed_in_the_same_budget_as_passwords_cve_2024_32868() {
    let house = House::start().await;
    let ann = Enrolled::begin(&house).await;
    house.clock.advance(Duration::from_secs(60));
    let (mut guesses, mut early) = (0, 0);
    // Whoever knows the password shows it again and again, to begin anew.
    for _ in 0..20 {
        match house.sign_in("ann@example.com", PASSWORD).await {
            Ok(waiting) => {
                for wrong in ["000000", "111111"] {
                    match refusal(confirm(&house, &waiting, wrong).await).1.as_str() {
                        "factor_refused" => guesses += 1,
                        _ => early += 1,
                    }
                }
            }
            Err(_) => early += 1,
        }
    }
    assert!(guesses <= 8 && early > 10, "{guesses} guesses, {early} refused");
    house.clock.advance(Duration::from_secs(1_000));
    let waiting = house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in");
    house.clock.advance(Duration::from_secs(200));
    let right = confirm(&house, &waiting, &code(&house, &ann.secret)).await;
    right.expect("whoever has both comes in after a while");
}

#[tokio::test]
async fn fifty_guesses_at_once_do_not_exceed_the_budget_cve_2025_64102() {
    let house = House::start().await;
    let _ann = Enrolled::begin(&house).await;
    house.clock.advance(Duration::from_secs(60));
    let waiting = house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in");
    let guesses: Vec<String> = (0..50).map(|n| format!("{n:06}")).collect();
    let answers = join_all(guesses.iter().map(|guess| confirm(&house, &waiting, guess))).await;
    let checked = answers
        .into_iter()
        .filter(|answer| {
            answer.as_ref().is_err_and(|status| wire::code_of(status).reason == "factor_refused")
        })
        .count();
    assert!(checked <= 11, "{checked}");
}

#[tokio::test]
async fn a_recovery_code_stands_in_for_the_app_once() {
    let house = House::start().await;
    let ann = Enrolled::begin(&house).await;
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in"));
    }
    let code = ann.codes[3].to_uppercase();
    let answers = join_all(waiting.iter().map(|one| confirm(&house, one, &code))).await;
    let won = answers.into_iter().find_map(Result::ok).expect("one comes in");
    assert_eq!(factors(&house, &won).await.recovery_codes_left, 9);
    assert_eq!(house.text("select count(*)::text from sessions where not pending").await, "2");
    let told =
        house.text("select data->>'left' from outbox where kind = 'auth.factor.recovered'").await;
    assert_eq!(told, "9");
    let request = call(&house.of(&won), RenewRecoveryCodesRequest {});
    let fresh = house.factors().renew_recovery_codes(request).await.expect("renews").into_inner();
    let waiting = house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in");
    let refused = refusal(confirm(&house, &waiting, &ann.codes[4]).await);
    assert_eq!(refused.1, "factor_refused", "the former ones are good for nothing");
    confirm(&house, &waiting, &fresh.codes[0]).await.expect("signs in");
}

#[tokio::test]
async fn what_guards_the_account_is_changed_only_after_a_fresh_proof() {
    let house = House::start().await;
    let ann = Enrolled::begin(&house).await;
    house.clock.advance(Duration::from_secs(600));
    let cx = house.of(&ann.session);
    let old = house.factors().remove_totp(call(&cx, RemoveTotpRequest {})).await;
    assert_eq!(refusal(old), (Code::Denied, "step_up_required".into()));
    let mut factors_of = house.factors();
    let renewed = factors_of.renew_recovery_codes(call(&cx, RenewRecoveryCodesRequest {})).await;
    assert_eq!(refusal(renewed).1, "step_up_required");
    let change = ChangePasswordRequest {
        current_password: PASSWORD.into(),
        new_password: "eight quick amber finches".into(),
    };
    let changed = house.passwords().change_password(call(&cx, change)).await;
    assert_eq!(refusal(changed).1, "step_up_required");

    let up = |password: &str, code: &str| {
        let request = StepUpRequest { password: password.into(), code: code.into() };
        let (mut factors, request) = (house.factors(), call(&cx, request));
        async move { factors.step_up(request).await.map(tonic::Response::into_inner) }
    };
    assert_eq!(
        refusal(up("not the password at all", &code(&house, &ann.secret)).await).1,
        "wrong_password"
    );
    assert_eq!(refusal(up(PASSWORD, "").await).1, "factor_refused");
    assert_eq!(refusal(up(PASSWORD, "000000").await).1, "factor_refused");
    let session = up(PASSWORD, &code(&house, &ann.secret)).await.expect("proves it");
    assert_eq!(refusal(house.identify(&ann.session.token).await).1, "session_ended");
    assert_eq!(session.expires_at, ann.session.expires_at, "it lives no longer for that");
    let removed =
        house.factors().remove_totp(call(&house.of(&session), RemoveTotpRequest {})).await;
    removed.expect("removes");
    let plain = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    assert!(!plain.second_factor_required);
    assert_eq!(factors(&house, &plain).await.recovery_codes_left, 0);
}

#[tokio::test]
async fn a_shorter_password_is_chosen_with_a_second_factor_which_then_stays() {
    let house = House::start().await;
    let ann = Enrolled::begin(&house).await;
    let cx = house.of(&ann.session);
    let change = |from: &str, to: &str| {
        let request =
            ChangePasswordRequest { current_password: from.into(), new_password: to.into() };
        let (mut passwords, request) = (house.passwords(), call(&cx, request));
        async move { passwords.change_password(request).await }
    };
    change(PASSWORD, "gr8 moss").await.expect("eight are enough");
    let removed = house.factors().remove_totp(call(&cx, RemoveTotpRequest {})).await;
    assert_eq!(refusal(removed), (Code::Conflict, "password_too_short".into()));
    change("gr8 moss", PASSWORD).await.expect("changes");
    house.factors().remove_totp(call(&cx, RemoveTotpRequest {})).await.expect("removes");
}

#[tokio::test]
async fn a_second_app_or_a_code_without_one_is_refused() {
    let house = House::start().await;
    house.signed_up("bob@example.com").await;
    let bob = house.sign_in("bob@example.com", PASSWORD).await.expect("signs in");
    let confirm = |cx: Cx| {
        let (mut factors, request) =
            (house.factors(), ConfirmTotpRequest { code: "123456".into() });
        async move { factors.confirm_totp(call(&cx, request)).await }
    };
    assert_eq!(refusal(confirm(house.of(&bob)).await).1, "factor_not_found");
    let ann = Enrolled::begin(&house).await;
    let again =
        house.factors().begin_totp(call(&house.of(&ann.session), BeginTotpRequest {})).await;
    assert_eq!(refusal(again), (Code::Conflict, "factor_exists".into()));
    let eve = house.factors().begin_totp(call(&from("192.0.2.7"), BeginTotpRequest {})).await;
    assert_eq!(refusal(eve).0, Code::Unauthenticated);
}

#[tokio::test]
async fn a_reset_password_does_not_get_round_the_second_factor() {
    let house = House::start().await;
    let _ann = Enrolled::begin(&house).await;
    let letter = crate::letters::reset_link(&house, "ann@example.com").await;
    crate::letters::reset(&house, &letter, "eight quick amber finches").await.expect("sets");
    let session = house.sign_in("ann@example.com", "eight quick amber finches").await;
    assert!(session.expect("half a sign-in").second_factor_required);
    let by_letter = crate::letters::by_letter(&house, "ann@example.com").await;
    assert!(by_letter.second_factor_required, "nor does a letter");
}

#[tokio::test]
async fn a_sign_in_that_waits_too_long_is_over() {
    let house = House::start().await;
    let ann = Enrolled::begin(&house).await;
    let waiting = house.sign_in("ann@example.com", PASSWORD).await.expect("half a sign-in");
    house.clock.advance(Duration::from_secs(300));
    let refused = refusal(confirm(&house, &waiting, &code(&house, &ann.secret)).await);
    assert_eq!(refused, (Code::Unauthenticated, "session_expired".into()));
}

#[tokio::test]
async fn neither_secret_nor_recovery_code_is_kept_or_told() {
    let house = House::start().await;
    let ann = Enrolled::begin(&house).await;
    let rows = house
        .text(
            "select string_agg(line, ' ') from (
                 select t::text as line from totp_factors t union all
                 select r::text from recovery_codes r union all
                 select encode(secret, 'escape') from totp_factors union all
                 select o::text from outbox o union all
                 select a::text from audit_events a) as every_row",
        )
        .await;
    let plain = ann.codes[0].replace('-', "");
    for secret in [&ann.secret, &ann.codes[0], &plain] {
        assert!(!rows.contains(secret.as_str()), "a secret stands in: {rows}");
    }
    let read = house.text("select string_agg(distinct purpose, ',') from secret_reads").await;
    assert_eq!(read, "auth.totp", "each opening is journaled");
}
