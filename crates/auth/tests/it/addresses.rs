//! Proving that one reads the mail of one's address.

use std::time::Duration;

use futures::future::join_all;
use kernel::{Code, Credential, Cx};
use tonic::{Response, Status};
use wire::{
    Caller,
    auth::v1::{
        AskAddressLetterRequest, AskAddressLetterResponse, LetterSecrets, ProveAddressRequest,
        RedeemSignInLetterRequest, Session, addresses_client::AddressesClient,
    },
    call,
};

use crate::{
    house::{House, PASSWORD, ask, refusal},
    letters::{by_letter, newest, reset, reset_link, token},
};

/// How often somebody is told to have proven their address, and who they are.
const PROVEN: &str = "select coalesce(string_agg(data->>'email', ','), '') from outbox where kind = 'auth.address.proven'";

fn addresses(house: &House) -> AddressesClient<Caller> {
    AddressesClient::new(house.mesh_of("gateway"))
}

async fn ask_as(house: &House, cx: &Cx) -> Result<AskAddressLetterResponse, Status> {
    // Letters of one instant have no order.
    house.clock.advance(Duration::from_secs(1));
    let asked = call(cx, AskAddressLetterRequest { locale: "en".into() });
    addresses(house).ask_address_letter(asked).await.map(Response::into_inner)
}

async fn prove(house: &House, cx: &Cx, wish: ProveAddressRequest) -> Result<(), Status> {
    addresses(house).prove_address(call(cx, wish)).await.map(|_| ())
}

fn by_code(binding: &str, code: &str) -> ProveAddressRequest {
    ProveAddressRequest { binding: binding.into(), code: code.into(), token: String::new() }
}

fn by_link(binding: &str, secrets: &LetterSecrets) -> ProveAddressRequest {
    ProveAddressRequest { binding: binding.into(), code: String::new(), token: token(secrets) }
}

async fn entered(house: &House, email: &str) -> Session {
    house.signed_up(email).await;
    house.sign_in(email, PASSWORD).await.expect("signs in")
}

#[tokio::test]
async fn the_code_or_the_link_of_a_letter_proves_the_address_once() {
    let house = House::start().await;
    let session = entered(&house, "ann@example.com").await;
    let me = house.of(&session);
    for by_the_link in [false, true] {
        let asked = ask_as(&house, &me).await.expect("asks");
        let secrets = newest(&house).await.expect("is told");
        assert!(secrets.url.starts_with("https://usher.example/account/address/"));
        let wish = match by_the_link {
            false => by_code(&asked.binding, &secrets.code),
            true => by_link(&asked.binding, &secrets),
        };
        prove(&house, &me, wish.clone()).await.expect("proves");
        let again = refusal(prove(&house, &me, wish).await);
        assert_eq!(again, (Code::Unauthenticated, "code_refused".into()));
    }
    assert_eq!(house.text(PROVEN).await, "ann@example.com,ann@example.com");
    let to = "select string_agg(distinct data->>'email' || ' ' || (data->>'kind'), ',') from outbox where kind = 'auth.letter.asked'";
    assert_eq!(house.text(to).await, "ann@example.com address");
    let audited = "select count(*)::text from audit_events where action = 'address.prove'";
    assert_eq!(house.text(audited).await, "2");
}

#[tokio::test]
async fn a_letter_proves_nothing_elsewhere_for_others_or_too_late() {
    let house = House::start().await;
    let ann = house.of(&entered(&house, "ann@example.com").await);
    let eve = house.of(&entered(&house, "eve@example.com").await);
    let asked = ask_as(&house, &ann).await.expect("asks");
    let secrets = newest(&house).await.expect("is told");
    let hers = ask_as(&house, &eve).await.expect("asks").binding;
    let other = "A".repeat(43);
    for (who, wish) in [
        (&eve, by_code(&asked.binding, &secrets.code)),
        (&ann, by_code(&other, &secrets.code)),
        (&eve, by_link(&hers, &secrets)),
        (&ann, by_code(&asked.binding, "00000000")),
    ] {
        let refused = refusal(prove(&house, who, wish).await);
        assert_eq!(refused, (Code::Unauthenticated, "code_refused".into()));
    }
    for (wish, field) in [
        (by_code("", &secrets.code), "binding"),
        (by_code(&asked.binding, "12"), "code"),
        (ProveAddressRequest { token: "x".into(), ..by_code(&asked.binding, "") }, "token"),
    ] {
        let refused = prove(&house, &ann, wish).await.expect_err("no such thing");
        assert_eq!(wire::code_of(&refused).fields[0].field, field);
    }
    // It signs nobody in either.
    let enter = RedeemSignInLetterRequest {
        binding: asked.binding.clone(),
        code: secrets.code.clone(),
        token: String::new(),
    };
    house.letters().redeem_sign_in_letter(ask(enter)).await.expect_err("is no such letter");
    house.clock.advance(Duration::from_secs(10 * 60));
    let late = refusal(prove(&house, &ann, by_code(&asked.binding, &secrets.code)).await);
    assert_eq!(late, (Code::Unauthenticated, "code_refused".into()));
    assert_eq!(house.text(PROVEN).await, "");
}

#[tokio::test]
async fn five_tries_use_a_letter_up_and_of_many_right_ones_at_once_one_counts() {
    let house = House::start().await;
    let me = house.of(&entered(&house, "ann@example.com").await);
    let asked = ask_as(&house, &me).await.expect("asks");
    let right = newest(&house).await.expect("is told").code;
    for _ in 0..5 {
        prove(&house, &me, by_code(&asked.binding, "00000000")).await.expect_err("is wrong");
    }
    prove(&house, &me, by_code(&asked.binding, &right)).await.expect_err("is used up");
    let asked = ask_as(&house, &me).await.expect("asks");
    let right = newest(&house).await.expect("is told").code;
    let tries = (0..4).map(|_| prove(&house, &me, by_code(&asked.binding, &right)));
    let proven = join_all(tries).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(proven, 1);
    assert_eq!(house.text(PROVEN).await, "ann@example.com");
}

#[tokio::test]
async fn every_letter_that_is_used_proves_the_address_it_went_to() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let link = reset_link(&house, "ann@example.com").await;
    reset(&house, &link, "eight quick amber finches").await.expect("sets");
    by_letter(&house, "ann@example.com").await;
    assert_eq!(house.text(PROVEN).await, "ann@example.com,ann@example.com");
}

#[tokio::test]
async fn only_whoever_is_signed_in_themselves_asks_and_proves() {
    let house = House::start().await;
    let session = entered(&house, "ann@example.com").await;
    let nobody = ask_as(&house, &testkit::cx_of_platform()).await;
    assert_eq!(refusal(nobody).1, "sign_in_required");
    let whose = (session.user_id.as_str(), session.session_id.as_str());
    for shown in [Credential::Delegated, Credential::Token] {
        let cx = house.vouched(whose, None, &[], shown);
        assert_eq!(refusal(ask_as(&house, &cx).await).1, "session_required", "{shown:?}");
    }
}
