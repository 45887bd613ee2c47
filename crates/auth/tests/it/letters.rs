//! Letters that let a person in.

use std::time::Duration;

use auth::Hasher;
use futures::future::join_all;
use kernel::Code;
use tonic::Status;
use wire::{
    auth::v1::{
        AskPasswordResetRequest, AskSignInLetterRequest, LetterSecrets, RedeemSignInLetterRequest,
        ResetPasswordRequest, RevealLetterRequest, Session,
    },
    call,
};

use crate::house::{House, PASSWORD, ask, from, refusal};

const NEW: &str = "eight quick amber finches";

/// What the newest letter says, as the notifier is told.
pub(crate) async fn newest(house: &House) -> Result<LetterSecrets, Status> {
    let letter_id =
        house.text("select letter_id::text from letters order by letter_id desc limit 1").await;
    let request = ask(RevealLetterRequest { letter_id });
    Ok(house.letters_for("notifier").reveal_letter(request).await?.into_inner())
}

pub(crate) fn token(secrets: &LetterSecrets) -> String {
    secrets.url.rsplit('/').next().expect("a token").to_owned()
}

async fn ask_reset(house: &House, email: &str) -> Result<(), Status> {
    // Letters of one instant have no order.
    house.clock.advance(Duration::from_secs(1));
    let request = AskPasswordResetRequest { email: email.into(), locale: "en".into() };
    house.letters().ask_password_reset(ask(request)).await.map(|_| ())
}

pub(crate) async fn reset(house: &House, token: &str, new: &str) -> Result<(), Status> {
    let request = ResetPasswordRequest { token: token.into(), new_password: new.into() };
    house.letters().reset_password(ask(request)).await.map(|_| ())
}

/// Asks for a letter that signs in; what it is bound to.
async fn ask_letter(house: &House, email: &str) -> Result<String, Status> {
    house.clock.advance(Duration::from_secs(1));
    let request = AskSignInLetterRequest { email: email.into(), locale: "ru".into() };
    Ok(house.letters().ask_sign_in_letter(ask(request)).await?.into_inner().binding)
}

async fn redeem(house: &House, binding: &str, code: &str, token: &str) -> Result<Session, Status> {
    let request = RedeemSignInLetterRequest {
        binding: binding.into(),
        code: code.into(),
        token: token.into(),
    };
    Ok(house.letters().redeem_sign_in_letter(ask(request)).await?.into_inner())
}

/// The token of a fresh link that sets a password.
pub(crate) async fn reset_link(house: &House, email: &str) -> String {
    ask_reset(house, email).await.expect("asks");
    token(&newest(house).await.expect("is told"))
}

/// Signs in by a letter.
pub(crate) async fn by_letter(house: &House, email: &str) -> Session {
    let binding = ask_letter(house, email).await.expect("asks");
    let code = newest(house).await.expect("is told").code;
    redeem(house, &binding, &code, "").await.expect("signs in")
}

#[tokio::test]
async fn a_link_sets_a_new_password_once_and_ends_every_session() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    ask_reset(&house, " Ann@example.com").await.expect("asks");
    let secrets = newest(&house).await.expect("is told");
    assert!(
        secrets.url.starts_with("https://usher.example/reset/"),
        "from settings, not from a header"
    );
    assert!(secrets.code.is_empty());
    assert_eq!(
        newest(&house).await.expect("is told").url,
        secrets.url,
        "however often it is asked"
    );
    reset(&house, &token(&secrets), NEW).await.expect("sets");
    let refused = refusal(house.identify(&session.token).await);
    assert_eq!(refused, (Code::Unauthenticated, "session_ended".into()));
    house.sign_in("ann@example.com", PASSWORD).await.expect_err("the former one is gone");
    house.sign_in("ann@example.com", NEW).await.expect("signs in");
    let refused = refusal(reset(&house, &token(&secrets), PASSWORD).await);
    assert_eq!(refused, (Code::Gone, "letter_used".into()));
    let told = house.text("select string_agg(kind || ' ' || coalesce(data->>'cause', ''), ', ' order by id) from outbox").await;
    assert_eq!(
        told,
        "auth.letter.asked , auth.password.changed reset, auth.sessions.ended password_reset, auth.address.proven "
    );
}

#[tokio::test]
async fn a_reset_link_expires_cve_2023_1976() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    ask_reset(&house, "ann@example.com").await.expect("asks");
    let secrets = newest(&house).await.expect("is told");
    house.clock.advance(Duration::from_secs(30 * 60));
    let refused = refusal(reset(&house, &token(&secrets), NEW).await);
    assert_eq!(refused, (Code::Gone, "letter_expired".into()));
    assert_eq!(refusal(newest(&house).await), (Code::Gone, "letter_expired".into()));
    house.sign_in("ann@example.com", PASSWORD).await.expect("the password is as before");
}

#[tokio::test]
async fn known_and_unknown_addresses_meet_the_same_answers_and_leave_the_same_rows_cve_2022_39307()
{
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    for email in ["ann@example.com", "nobody@example.com"] {
        ask_reset(&house, email).await.expect("is answered alike");
        let binding = ask_letter(&house, email).await.expect("is answered alike");
        assert_eq!(binding.len(), 43);
        let refused = redeem(&house, &binding, "00000000", "").await.expect_err("is refused");
        let refused = wire::code_of(&refused);
        assert_eq!(
            (refused.code, refused.reason.as_str()),
            (Code::Unauthenticated, "code_refused")
        );
    }
    let counts = house.text("select (select count(*) from letters)::text || ' ' || (select count(*) from outbox)::text || ' ' || (select count(*) from audit_events where action = 'letter.ask')::text").await;
    assert_eq!(counts, "4 4 4");
    let written = house
        .text("select string_agg(coalesce(data->>'email', ''), ',' order by id) from outbox")
        .await;
    assert_eq!(
        written, "ann@example.com,ann@example.com,,",
        "nobody is written to, and the address is kept nowhere"
    );
    assert_eq!(refusal(newest(&house).await), (Code::NotFound, "letter_not_found".into()));
}

#[tokio::test]
async fn a_letter_goes_to_the_stored_address_whatever_was_typed_cve_2019_19844() {
    let house = House::start().await;
    house.signed_up("mike@example.org").await;
    // In lower case the dotted capital I and the Kelvin sign become what they are not.
    for spelling in ["m\u{131}ke@example.org", "mi\u{212a}e@example.org"] {
        let refused = refusal(ask_reset(&house, spelling).await);
        assert_eq!(refused.0, Code::Invalid, "{spelling}");
    }
    ask_reset(&house, "MIKE@EXAMPLE.ORG").await.expect("asks");
    let to = house.text("select data->>'email' from outbox").await;
    assert_eq!(to, "mike@example.org");
}

#[tokio::test]
async fn two_addresses_in_one_field_are_refused_cve_2023_7028() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    for several in [
        "ann@example.com,eve@evil.example",
        "ann@example.com eve@evil.example",
        "ann@example.com\r\nCc: eve@evil.example",
        "[\"ann@example.com\",\"eve@evil.example\"]",
    ] {
        assert_eq!(refusal(ask_reset(&house, several).await).0, Code::Invalid, "{several}");
    }
}

#[tokio::test]
async fn a_code_signs_in_only_with_the_binding_of_who_asked() {
    let house = House::start().await;
    let user_id = house.signed_up("ann@example.com").await;
    let binding = ask_letter(&house, "ann@example.com").await.expect("asks");
    let secrets = newest(&house).await.expect("is told");
    assert_eq!(secrets.code.len(), 8);
    let phisher = ask_letter(&house, "nobody@example.com").await.expect("asks");
    for (binding, code, link) in [
        (phisher.as_str(), secrets.code.as_str(), String::new()),
        (phisher.as_str(), "", token(&secrets)),
        (&"A".repeat(43), secrets.code.as_str(), String::new()),
    ] {
        let refused = refusal(redeem(&house, binding, code, &link).await);
        assert_eq!(refused, (Code::Unauthenticated, "code_refused".into()));
    }
    let spaced = format!("{} {}", &secrets.code[..4], &secrets.code[4..]);
    let session = redeem(&house, &binding, &spaced, "").await.expect("signs in");
    assert_eq!(session.user_id, user_id.to_string());
    house.identify(&session.token).await.expect("is known");
    let refused = refusal(redeem(&house, &binding, &secrets.code, "").await);
    assert_eq!(refused, (Code::Unauthenticated, "code_refused".into()), "it is used up");
}

#[tokio::test]
async fn a_link_signs_in_in_the_browser_that_asked() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let binding = ask_letter(&house, "ann@example.com").await.expect("asks");
    let secrets = newest(&house).await.expect("is told");
    assert!(secrets.url.starts_with("https://usher.example/signin/letter/"));
    redeem(&house, &binding, "", &token(&secrets)).await.expect("signs in");
}

#[tokio::test]
async fn a_token_that_sets_a_password_signs_nobody_in_and_the_other_way_round() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let binding = ask_letter(&house, "ann@example.com").await.expect("asks");
    let signs_in = token(&newest(&house).await.expect("is told"));
    ask_reset(&house, "ann@example.com").await.expect("asks");
    let sets = token(&newest(&house).await.expect("is told"));
    assert_eq!(refusal(reset(&house, &signs_in, NEW).await).1, "letter_not_found");
    assert_eq!(refusal(redeem(&house, &binding, "", &sets).await).1, "code_refused");
}

#[tokio::test]
async fn of_fifty_that_redeem_one_letter_at_once_one_comes_in_cve_2026_3590() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let binding = ask_letter(&house, "ann@example.com").await.expect("asks");
    let secrets = newest(&house).await.expect("is told");
    let answers = join_all((0..50).map(|_| redeem(&house, &binding, &secrets.code, ""))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(house.text("select count(*)::text from sessions").await, "1");
}

#[tokio::test]
async fn of_fifty_that_set_a_password_by_one_link_one_wins() {
    let house = House::start_with(Hasher::bounded(2, 200)).await;
    house.signed_up("ann@example.com").await;
    ask_reset(&house, "ann@example.com").await.expect("asks");
    let token = token(&newest(&house).await.expect("is told"));
    let wishes: Vec<String> = (0..50).map(|n| format!("{NEW} {n}")).collect();
    let answers = join_all(wishes.iter().map(|new| reset(&house, &token, new))).await;
    let won: Vec<usize> = (0..50).filter(|&n| answers[n].is_ok()).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    house.sign_in("ann@example.com", &wishes[won[0]]).await.expect("the winner's password counts");
}

#[tokio::test]
async fn five_wrong_codes_use_a_letter_up_also_at_once_cve_2025_64102() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let binding = ask_letter(&house, "ann@example.com").await.expect("asks");
    let secrets = newest(&house).await.expect("is told");
    let wrong = if secrets.code == "00000000" { "11111111" } else { "00000000" };
    let answers = join_all((0..20).map(|_| redeem(&house, &binding, wrong, ""))).await;
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(house.text("select max(tries)::text from letters").await, "5");
    let refused = refusal(redeem(&house, &binding, &secrets.code, "").await);
    assert_eq!(refused, (Code::Unauthenticated, "code_refused".into()));
}

#[tokio::test]
async fn a_changed_password_closes_the_letters_on_their_way() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    ask_reset(&house, "ann@example.com").await.expect("asks");
    let first = token(&newest(&house).await.expect("is told"));
    ask_reset(&house, "ann@example.com").await.expect("asks");
    let second = token(&newest(&house).await.expect("is told"));
    reset(&house, &second, NEW).await.expect("sets");
    assert_eq!(refusal(reset(&house, &first, PASSWORD).await).1, "letter_used");
}

#[tokio::test]
async fn a_reset_lets_in_a_person_whom_guessing_strangers_kept_waiting() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    for _ in 0..11 {
        house
            .sign_in_from("198.51.100.1", "ann@example.com", "a wrong password")
            .await
            .expect_err("is refused");
    }
    house.sign_in_from("192.0.2.7", "ann@example.com", PASSWORD).await.expect_err("waits");
    ask_reset(&house, "ann@example.com").await.expect("asks");
    reset(&house, &token(&newest(&house).await.expect("is told")), NEW).await.expect("sets");
    house.sign_in_from("192.0.2.7", "ann@example.com", NEW).await.expect("signs in");
}

#[tokio::test]
async fn one_address_gets_few_letters_and_one_source_sends_few_without_a_word_of_it() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    for _ in 0..6 {
        ask_reset(&house, "ann@example.com").await.expect("is answered alike");
    }
    let mailed = house
        .text("select count(*)::text from outbox where data->>'email' = 'ann@example.com'")
        .await;
    assert_eq!(mailed, "4", "three are free, and the next comes at once");
    let mut refused = 0;
    for n in 0..25 {
        let request =
            AskPasswordResetRequest { email: format!("p{n}@example.com"), locale: String::new() };
        let answer = house.letters().ask_password_reset(call(&from("198.51.100.1"), request)).await;
        refused += usize::from(answer.is_err());
    }
    assert_eq!(refused, 4, "of one source twenty and one");
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_unknown() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    ask_reset(&house, "ann@example.com").await.expect("asks");
    let token = token(&newest(&house).await.expect("is told"));
    let mut tried = 0;
    for at in 0..token.len() {
        for other in ["A", "b", "7", "_", "-", "%", "'", "=", " ", "\0"] {
            let mut forged = token.clone();
            forged.replace_range(at..=at, other);
            if forged == token {
                continue;
            }
            let refused = refusal(reset(&house, &forged, NEW).await);
            assert_eq!(refused, (Code::NotFound, "letter_not_found".into()), "{forged:?}");
            tried += 1;
        }
    }
    assert!(tried > 400, "{tried}");
    reset(&house, &token, NEW).await.expect("the real one works");
}

#[tokio::test]
async fn neither_token_nor_code_nor_binding_is_kept() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let binding = ask_letter(&house, "ann@example.com").await.expect("asks");
    let secrets = newest(&house).await.expect("is told");
    let rows = house
        .text(
            "select string_agg(line, ' ') from (
                 select l::text as line from letters l union all
                 select o::text from outbox o union all
                 select a::text from audit_events a union all
                 select encode(token_hash, 'escape') from letters) as every_row",
        )
        .await;
    for secret in [token(&secrets), binding, secrets.code.clone()] {
        assert!(!rows.contains(&secret), "a secret stands in: {rows}");
    }
    let shown = format!("{secrets:?}");
    assert!(!shown.contains(&secrets.code) && !shown.contains(&secrets.url), "{shown}");
}

#[tokio::test]
async fn only_the_notifier_is_told_what_a_letter_says() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    ask_reset(&house, "ann@example.com").await.expect("asks");
    let letter_id = house.text("select letter_id::text from letters").await;
    for service in ["gateway", "user", "activity"] {
        let request = ask(RevealLetterRequest { letter_id: letter_id.clone() });
        let refused = refusal(house.letters_for(service).reveal_letter(request).await);
        assert!([Code::Unauthenticated, Code::Denied].contains(&refused.0), "{service}");
    }
}
