//! What is less than a session of a person's own, and what it may not: a session of a tenant's provider, and a token.

use kernel::Credential;
use wire::{
    auth::v1::{
        BeginPasskeyRequest, BeginSsoLinkRequest, BeginTotpRequest, ChangePasswordRequest,
        CheckTokenRequest, CreateApiKeyRequest, CreateTokensRequest, EndSessionRequest,
        ListSessionsRequest, RefreshTokensRequest, StepUpRequest, TokenSet,
        api_keys_client::ApiKeysClient, sso_sign_ins_client::SsoSignInsClient,
        tokens_client::TokensClient,
    },
    call,
    tokens::{ACCESS_TOKEN, AccessClaims, open},
};

use crate::{
    house::{House, PASSWORD, ask, refusal},
    signing_keys::public,
    sso::{School, ann},
};

async fn claims(house: &House, set: &TokenSet) -> AccessClaims {
    open(&set.access_token, ACCESS_TOKEN, &public(house).await).expect("holds")
}

#[tokio::test]
async fn a_session_of_a_provider_ends_itself_and_sees_no_other() {
    let school = School::start().await;
    let session = school.sign_in(&ann()).await.expect("comes in");
    let cx = school.house.of_provider(&session, school.tenant, &[]);
    let mut sessions = school.house.sessions();
    let listed = sessions.list_sessions(call(&cx, ListSessionsRequest::default())).await;
    assert_eq!(refusal(listed).1, "session_required");
    sessions.end_session(call(&cx, EndSessionRequest {})).await.expect("signs out");
    assert_eq!(refusal(school.house.identify(&session.token).await).1, "session_ended");
}

#[tokio::test]
async fn tokens_of_a_providers_session_are_of_its_tenant_alone() {
    let school = School::start().await;
    let (house, tenant) = (&school.house, school.tenant);
    let session = school.sign_in(&ann()).await.expect("comes in");
    house.people.allow(&session.user_id, &[]);
    let cx = house.of_provider(&session, tenant, &[]);
    let mut tokens = TokensClient::new(house.mesh_of("gateway"));
    let set = tokens.create_tokens(call(&cx, CreateTokensRequest {})).await.expect("gives");
    let said = claims(house, set.get_ref()).await;
    assert_eq!(said.roles, ["of_tenant"], "nothing counts that is held on the platform");
    let check = CheckTokenRequest {
        user_id: said.sub.to_string(),
        session_id: said.sid.to_string(),
        tenant_id: tenant.to_string(),
        family_id: said.family.to_string(),
        generation: said.generation,
        client_id: said.client_id.clone(),
    };
    let checked = tokens.check_token(ask(check)).await.expect("holds");
    assert!(checked.get_ref().of_tenant);
    let request = RefreshTokensRequest { refresh_token: set.into_inner().refresh_token };
    let next = tokens.refresh_tokens(ask(request)).await.expect("renews");
    assert_eq!(claims(house, next.get_ref()).await.roles, ["of_tenant"]);
}

#[tokio::test]
async fn a_session_of_a_provider_makes_no_key_that_may_more() {
    let school = School::start().await;
    let session = school.sign_in(&ann()).await.expect("comes in");
    let rights = ["auth.api_keys.write", "user.members.read"];
    let cx = school.house.of_provider(&session, school.tenant, &rights);
    let mut keys = ApiKeysClient::new(school.house.mesh_of("gateway"));
    let named = CreateApiKeyRequest { name: "Sync".into(), ..Default::default() };
    let all = keys.create_api_key(call(&cx, named.clone())).await;
    assert_eq!(refusal(all).1, "beyond_own_rights");
    let wish = CreateApiKeyRequest { scopes: vec!["user.members.read".into()], ..named };
    keys.create_api_key(call(&cx, wish)).await.expect("is within");
}

#[tokio::test]
async fn a_token_changes_nothing_of_what_guards_the_account() {
    let school = School::start().await;
    let house = &school.house;
    house.signed_up("bob@example.com").await;
    let session = house.sign_in("bob@example.com", PASSWORD).await.expect("signs in");
    let who = (session.user_id.as_str(), session.session_id.as_str());
    let cx = house.vouched(who, Some(school.tenant), &[], Credential::Token);
    let wanted = "session_required";
    let mut factors = house.factors();
    let totp = factors.begin_totp(call(&cx, BeginTotpRequest {})).await;
    assert_eq!(refusal(totp).1, wanted);
    let proof = StepUpRequest { password: PASSWORD.into(), code: String::new() };
    assert_eq!(refusal(factors.step_up(call(&cx, proof)).await).1, wanted);
    let passkey = house.passkeys().begin_passkey(call(&cx, BeginPasskeyRequest {})).await;
    assert_eq!(refusal(passkey).1, wanted);
    let change = ChangePasswordRequest {
        current_password: PASSWORD.into(),
        new_password: "nine quick blue herons".into(),
    };
    assert_eq!(refusal(house.passwords().change_password(call(&cx, change)).await).1, wanted);
    let link = BeginSsoLinkRequest { connection_id: school.connection.connection_id.clone() };
    let mut sign_ins = SsoSignInsClient::new(house.mesh_of("gateway"));
    assert_eq!(refusal(sign_ins.begin_sso_link(call(&cx, link)).await).1, wanted);
}
