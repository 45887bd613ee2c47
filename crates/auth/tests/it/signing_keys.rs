//! Keys that sign tokens: made, published, replaced and let go.

use std::time::Duration;

use kernel::{Credential, Cx};
use testkit::eventually;
use wire::{
    auth::v1::{
        ListPublicKeysRequest, ListSigningKeysRequest, PublicKeys as Told,
        RotateSigningKeysRequest, SigningKey, signing_keys_client::SigningKeysClient,
    },
    call,
    tokens::{ACCESS_TOKEN, AccessClaims, Algorithm, PublicKey, PublicKeys, open},
};

use crate::{
    house::{House, PASSWORD, ask},
    tokens::tokens_of,
};

/// The keys as a verifier that has just asked has them.
pub(crate) async fn public(house: &House) -> PublicKeys {
    let told: Told = SigningKeysClient::new(house.mesh_of("gateway"))
        .list_public_keys(ask(ListPublicKeysRequest {}))
        .await
        .expect("told")
        .into_inner();
    assert_eq!(told.issuer, "https://usher.example");
    let keys = told.keys.iter().map(|key| {
        let algorithm = Algorithm::parse(&key.algorithm).expect("an algorithm");
        PublicKey::of_coordinates(&key.key_id, algorithm, &key.x, &key.y).expect("a key")
    });
    keys.collect()
}

fn keeper(house: &House) -> Cx {
    let rights = ["auth.signing_keys.read", "auth.signing_keys.rotate"];
    let id = testkit::user().to_string();
    house.vouched((&id, &id), None, &rights, Credential::Session)
}

async fn rotate(house: &House, compromised: bool) -> SigningKey {
    let request = call(&keeper(house), RotateSigningKeysRequest { compromised });
    let mut client = SigningKeysClient::new(house.mesh_of("gateway"));
    client.rotate_signing_keys(request).await.expect("rotates").into_inner()
}

async fn states(house: &House) -> Vec<String> {
    let request = call(&keeper(house), ListSigningKeysRequest {});
    let mut client = SigningKeysClient::new(house.mesh_of("gateway"));
    let listed = client.list_signing_keys(request).await.expect("lists").into_inner();
    listed.keys.into_iter().map(|key| key.state).collect()
}

fn holds(token: &str, keys: &PublicKeys) -> bool {
    open::<AccessClaims>(token, ACCESS_TOKEN, keys).is_ok()
}

#[tokio::test]
async fn the_next_key_is_published_before_it_signs_and_the_former_one_verifies_until_its_last_token_died()
 {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let token = async || tokens_of(&house, &session).await.access_token;
    let former = token().await;
    let next = rotate(&house, false).await;
    assert_eq!(next.state, "next");
    assert_eq!(rotate(&house, false).await.key_id, next.key_id, "one waits already");
    assert_eq!(states(&house).await, ["signing", "next"]);
    // Whoever asked from here on has both keys, and needs no other until the next rotation.
    let asked_early = public(&house).await;
    assert!(asked_early.find(&next.key_id).is_some());
    house.clock.advance(Duration::from_secs(599));
    let last = token().await;
    assert!(holds(&last, &asked_early));
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(states(&house).await, ["retiring", "signing"]);
    let first = token().await;
    for held in [&asked_early, &public(&house).await] {
        assert!(holds(&first, held) && holds(&last, held) && holds(&former, held));
    }
    house.clock.advance(Duration::from_secs(700));
    assert_eq!(states(&house).await, ["signing"]);
    let later = public(&house).await;
    assert!(holds(&first, &later) && !holds(&last, &later), "it died before its key went");
    let claims: AccessClaims = open(&last, ACCESS_TOKEN, &asked_early).expect("opens");
    assert!(claims.check("https://usher.example", house.clock.now()).is_err());
}

#[tokio::test]
async fn a_compromised_key_is_given_up_at_once() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let former = tokens_of(&house, &session).await.access_token;
    assert_eq!(rotate(&house, true).await.state, "signing");
    let keys = public(&house).await;
    assert!(!holds(&former, &keys));
    assert!(holds(&tokens_of(&house, &session).await.access_token, &keys));
}

#[tokio::test]
async fn a_key_that_another_process_gave_up_verifies_for_two_seconds_at_most() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let former = tokens_of(&house, &session).await.access_token;
    let gone = sqlx::query("delete from signing_keys").execute(&mut house.admin().await).await;
    gone.expect("another process gives it up");
    house.clock.advance(Duration::from_secs(2));
    assert!(!holds(&former, &public(&house).await));
}

#[tokio::test]
async fn the_schedule_makes_the_next_key_so_early_that_it_signs_on_time() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    assert_eq!(public(&house).await.iter().count(), 1);
    house.clock.advance(Duration::from_secs(30 * 24 * 3_600 - 601));
    assert_eq!(public(&house).await.iter().count(), 1);
    house.clock.advance(Duration::from_secs(30 + 1));
    eventually("the next key is there", async || public(&house).await.iter().count() == 2).await;
}

#[tokio::test]
async fn private_keys_are_sealed_and_only_few_may_replace_them() {
    let house = House::start().await;
    public(&house).await;
    let kept = house.text("select encode(private_key, 'escape') from signing_keys limit 1").await;
    assert!(!kept.contains("MFECAQEwBQYDK2Vw"), "an Ed25519 key in PKCS#8 begins so");
    let id = testkit::user().to_string();
    let reader = house.vouched((&id, &id), None, &["auth.signing_keys.read"], Credential::Session);
    let request = call(&reader, RotateSigningKeysRequest { compromised: true });
    let mut client = SigningKeysClient::new(house.mesh_of("gateway"));
    let refused = client.rotate_signing_keys(request).await.expect_err("refused");
    assert_eq!(wire::code_of(&refused).reason, "permission_denied");
}
