//! API keys: made, shown once, held to their scopes, given another secret and ended.

use std::time::Duration;

use kernel::{Code, Credential, Cx, TenantId};
use tonic::Status;
use wire::{
    auth::v1::{
        ApiKeyIdentity, CreateApiKeyRequest, IdentifyApiKeyRequest, ListApiKeysRequest, NewApiKey,
        RevokeApiKeyRequest, RotateApiKeyRequest, api_keys_client::ApiKeysClient,
    },
    call, timestamp,
};

use crate::house::{House, ask, refusal};

const RIGHTS: [&str; 2] = ["auth.api_keys.read", "auth.api_keys.write"];

fn keys(house: &House) -> ApiKeysClient<wire::Caller> {
    ApiKeysClient::new(house.mesh_of("gateway"))
}

/// Somebody who runs a tenant, and what they may beside making keys.
fn admin(house: &House, tenant: TenantId, more: &[&str]) -> (Cx, String) {
    let id = testkit::user().to_string();
    let rights: Vec<&str> = RIGHTS.iter().chain(more).copied().collect();
    house.people.allow(&id, &rights);
    (house.vouched((&id, &id), Some(tenant), &rights, Credential::Session), id)
}

async fn make(house: &House, cx: &Cx, wish: CreateApiKeyRequest) -> Result<NewApiKey, Status> {
    Ok(keys(house).create_api_key(call(cx, wish)).await?.into_inner())
}

async fn identify(house: &House, secret: &str) -> Result<ApiKeyIdentity, Status> {
    let request = IdentifyApiKeyRequest { secret: secret.into() };
    Ok(keys(house).identify_api_key(ask(request)).await?.into_inner())
}

fn named(name: &str) -> CreateApiKeyRequest {
    CreateApiKeyRequest { name: name.into(), ..Default::default() }
}

fn id_of(made: &NewApiKey) -> String {
    made.api_key.as_ref().expect("a key").api_key_id.clone()
}

#[tokio::test]
async fn a_key_is_shown_once_kept_as_a_hash_and_names_its_owner() {
    let (house, tenant) = (House::start().await, testkit::tenant());
    let (cx, id) = admin(&house, tenant, &[]);
    let scopes = vec!["user.members.read".to_owned()];
    let wish = CreateApiKeyRequest { scopes, requests_per_minute: 90, ..named("Sync") };
    let made = make(&house, &cx, wish).await.expect("makes");
    let known = identify(&house, &made.secret).await.expect("knows");
    assert_eq!((known.subject_id, known.tenant_id), (id, tenant.to_string()));
    assert_eq!(
        (known.scopes.as_slice(), known.requests_per_minute),
        (["user.members.read".to_owned()].as_slice(), 90)
    );
    let listed = keys(&house).list_api_keys(call(&cx, ListApiKeysRequest::default())).await;
    let listed = listed.expect("lists").into_inner().api_keys;
    assert_eq!(listed.len(), 1);
    assert!(made.secret.ends_with(&listed[0].hint) && listed[0].last_used_at.is_some());
    let kept = house.text("select row_to_json(k)::text from api_keys k").await;
    assert!(!kept.contains(&made.secret[3..67]), "{kept}");
    let (foreign, _) = admin(&house, testkit::tenant(), &[]);
    let theirs = keys(&house).list_api_keys(call(&foreign, ListApiKeysRequest::default())).await;
    assert!(theirs.expect("lists").into_inner().api_keys.is_empty());
}

#[tokio::test]
async fn nobody_makes_a_key_that_allows_what_they_may_not() {
    let (house, tenant) = (House::start().await, testkit::tenant());
    let robot = testkit::user().to_string();
    house.people.allow(&robot, &["user.members.read", "user.invites.create"]);
    let (weak, _) = admin(&house, tenant, &["user.members.read"]);
    let wish = CreateApiKeyRequest { service_account_id: robot.clone(), ..named("Robot") };
    assert_eq!(refusal(make(&house, &weak, wish.clone()).await).1, "key_refused", "without end");
    let both = vec!["user.invites.create".to_owned(), "user.members.read".into()];
    let wish_of_both = CreateApiKeyRequest { scopes: both, ..wish.clone() };
    house.people.allow(&robot, &["user.members.read"]);
    let later = refusal(make(&house, &weak, wish_of_both.clone()).await);
    assert_eq!(later.1, "beyond_own_rights", "the account may be given it later");
    house.people.allow(&robot, &["user.members.read", "user.invites.create"]);
    let scopes = vec!["user.members.read".to_owned()];
    let held = make(&house, &weak, CreateApiKeyRequest { scopes, ..wish }).await;
    let held = held.expect("within what they may");
    let (strong, _) = admin(&house, tenant, &["user.members.read", "user.invites.create"]);
    let full = make(&house, &strong, wish_of_both.clone()).await.expect("makes");
    let rotate = RotateApiKeyRequest { api_key_id: id_of(&full), overlap_minutes: 0 };
    let refused = refusal(keys(&house).rotate_api_key(call(&weak, rotate)).await);
    assert_eq!(refused, (Code::Denied, "beyond_own_rights".into()));
    let rotate = RotateApiKeyRequest { api_key_id: id_of(&held), overlap_minutes: 0 };
    keys(&house).rotate_api_key(call(&weak, rotate)).await.expect("such a key they may make");
    house.people.put_out(&robot);
    assert_eq!(refusal(make(&house, &strong, wish_of_both).await).1, "service_account_not_found");
}

#[tokio::test]
async fn a_key_makes_no_keys_and_nobody_takes_anothers() {
    let (house, tenant) = (House::start().await, testkit::tenant());
    let (cx, id) = admin(&house, tenant, &[]);
    let made = make(&house, &cx, named("Mine")).await.expect("makes");
    for shown in [Credential::Delegated, Credential::Token] {
        let cx = house.vouched((&id, &id), Some(tenant), &RIGHTS, shown);
        assert_eq!(refusal(make(&house, &cx, named("More")).await).1, "session_required");
        let rotate = RotateApiKeyRequest { api_key_id: id_of(&made), overlap_minutes: 0 };
        let refused = refusal(keys(&house).rotate_api_key(call(&cx, rotate)).await);
        assert_eq!(refused.1, "session_required");
    }
    let (other, _) = admin(&house, tenant, &[]);
    let rotate = RotateApiKeyRequest { api_key_id: id_of(&made), overlap_minutes: 0 };
    let refused = refusal(keys(&house).rotate_api_key(call(&other, rotate)).await);
    assert_eq!(refused.1, "key_of_another");
    let (foreign, _) = admin(&house, testkit::tenant(), &[]);
    let end = RevokeApiKeyRequest { api_key_id: id_of(&made) };
    let refused = refusal(keys(&house).revoke_api_key(call(&foreign, end)).await);
    assert_eq!(refused, (Code::NotFound, "api_key_not_found".into()));
}

#[tokio::test]
async fn another_secret_replaces_the_former_one_after_the_overlap() {
    let (house, tenant) = (House::start().await, testkit::tenant());
    let (cx, _) = admin(&house, tenant, &[]);
    let made = make(&house, &cx, named("Sync")).await.expect("makes");
    let rotate = RotateApiKeyRequest { api_key_id: id_of(&made), overlap_minutes: 10 };
    let fresh = keys(&house).rotate_api_key(call(&cx, rotate)).await.expect("rotates");
    let fresh = fresh.into_inner();
    house.clock.advance(Duration::from_secs(599));
    for secret in [&made.secret, &fresh.secret] {
        assert_eq!(identify(&house, secret).await.expect("goes on").api_key_id, id_of(&made));
    }
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(refusal(identify(&house, &made.secret).await).1, "bad_token");
    identify(&house, &fresh.secret).await.expect("goes on");
}

#[tokio::test]
async fn a_key_ends_by_hand_and_by_its_date() {
    let (house, tenant) = (House::start().await, testkit::tenant());
    let (cx, _) = admin(&house, tenant, &[]);
    let end = house.clock.now().after(Duration::from_secs(60));
    let wish = CreateApiKeyRequest { expires_at: Some(timestamp(end)), ..named("Short") };
    let short = make(&house, &cx, wish).await.expect("makes");
    let long = make(&house, &cx, named("Long")).await.expect("makes");
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(refusal(identify(&house, &short.secret).await).1, "api_key_ended");
    let revoke = || RevokeApiKeyRequest { api_key_id: id_of(&long) };
    for _ in 0..2 {
        let ended = keys(&house).revoke_api_key(call(&cx, revoke())).await.expect("ends");
        assert!(ended.into_inner().revoked_at.is_some());
    }
    assert_eq!(refusal(identify(&house, &long.secret).await).1, "api_key_ended");
    let rotate = RotateApiKeyRequest { api_key_id: id_of(&long), overlap_minutes: 0 };
    assert_eq!(refusal(keys(&house).rotate_api_key(call(&cx, rotate)).await).1, "api_key_ended");
}

#[tokio::test]
async fn a_wish_that_makes_no_key_names_the_field_at_fault() {
    let (house, tenant) = (House::start().await, testkit::tenant());
    let (cx, _) = admin(&house, tenant, &[]);
    let past = Some(timestamp(house.clock.now()));
    for (wish, field) in [
        (named(""), "name"),
        (named("a\nb"), "name"),
        (CreateApiKeyRequest { scopes: vec!["no.such.right".into()], ..named("A") }, "scopes"),
        (CreateApiKeyRequest { scopes: vec![String::new()], ..named("A") }, "scopes"),
        (CreateApiKeyRequest { requests_per_minute: -1, ..named("A") }, "requestsPerMinute"),
        (CreateApiKeyRequest { expires_at: past, ..named("A") }, "expiresAt"),
        (CreateApiKeyRequest { service_account_id: "x".into(), ..named("A") }, "serviceAccountId"),
    ] {
        let status = make(&house, &cx, wish).await.expect_err("is refused");
        let refused = wire::code_of(&status);
        assert_eq!((refused.code, refused.fields[0].field.as_str()), (Code::Invalid, field));
    }
    for secret in ["", "uk_", "us_AAAA"] {
        assert_eq!(refusal(identify(&house, secret).await).1, "bad_token");
    }
}
