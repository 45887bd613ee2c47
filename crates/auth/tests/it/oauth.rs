//! Apps: made, agreed to by people, given tokens for codes, and held to what they were given. `USHER_RACE_ROUNDS` (4) says
//! how often many redeem one code at once.

use std::{collections::BTreeMap, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::join_all;
use kernel::{Credential, Cx, TenantId};
use tonic::Status;
use wire::{
    auth::v1::{
        Authorization, AuthorizeRequest, ClientProof, CreateOAuthClientRequest,
        EndOAuthClientRequest, GetUserInfoRequest, GrantTokensRequest, GrantTokensResponse,
        IntrospectTokenRequest, IntrospectTokenResponse, NewOAuthClient, RefreshTokensRequest,
        RevokeTokenRequest, Session, ShowAuthorizationRequest, o_auth_client::OAuthClient,
        o_auth_clients_client::OAuthClientsClient, tokens_client::TokensClient,
    },
    call,
    tokens::{ACCESS_TOKEN, AccessClaims, open},
};

use crate::{
    house::{House, PASSWORD, ask, refusal},
    signing_keys::public,
};

const BACK: &str = "https://app.example/cb";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

/// How many redeem at once.
const RACERS: usize = 50;

/// How often it is tried.
fn rounds() -> usize {
    let wished = std::env::var("USHER_RACE_ROUNDS").ok().filter(|text| !text.is_empty());
    wished.map_or(4, |text| text.parse().expect("USHER_RACE_ROUNDS is a whole number"))
}

pub(crate) fn oauth(house: &House) -> OAuthClient<wire::Caller> {
    OAuthClient::new(house.mesh_of("gateway"))
}

pub(crate) fn apps(house: &House) -> OAuthClientsClient<wire::Caller> {
    OAuthClientsClient::new(house.mesh_of("gateway"))
}

/// A tenant, whoever runs it, an app of it, and Ann, signed in.
pub(crate) struct Scene {
    pub(crate) house: House,
    pub(crate) tenant: TenantId,
    pub(crate) admin: Cx,
    pub(crate) app: NewOAuthClient,
    pub(crate) session: Session,
}

impl Scene {
    pub(crate) async fn set() -> Self {
        let (house, tenant) = (House::start().await, testkit::tenant());
        let id = testkit::user().to_string();
        let rights = ["auth.clients.read", "auth.clients.write"];
        let admin = house.vouched((&id, &id), Some(tenant), &rights, Credential::Session);
        let wish = CreateOAuthClientRequest {
            name: "Calendar".into(),
            confidential: true,
            redirect_uris: vec![BACK.into()],
            scopes: ["openid", "email", "user.members.read"].map(String::from).into(),
            grants: vec!["device_code".into()],
            ..Default::default()
        };
        let app = apps(&house).create_o_auth_client(call(&admin, wish)).await.expect("makes");
        house.signed_up("ann@example.com").await;
        let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
        Self { house, tenant, admin, app: app.into_inner(), session }
    }

    pub(crate) fn name(&self) -> String {
        self.app.client.as_ref().expect("an app").client_id.clone()
    }

    pub(crate) fn proof(&self) -> Option<ClientProof> {
        let client_secret = self.app.client_secret.clone();
        Some(ClientProof { client_id: self.name(), client_secret, ..Default::default() })
    }

    pub(crate) fn wish(&self) -> ShowAuthorizationRequest {
        let challenge = digest(&SHA256, VERIFIER.as_bytes());
        ShowAuthorizationRequest {
            response_type: "code".into(),
            client_id: self.name(),
            redirect_uri: BACK.into(),
            scope: "openid user.members.read".into(),
            state: "s t".into(),
            nonce: "n1".into(),
            code_challenge: URL_SAFE_NO_PAD.encode(challenge),
            code_challenge_method: "S256".into(),
            ..Default::default()
        }
    }

    pub(crate) async fn show(
        &self,
        wish: ShowAuthorizationRequest,
    ) -> Result<Authorization, Status> {
        let asked = call(&self.house.of(&self.session), wish);
        Ok(oauth(&self.house).show_authorization(asked).await?.into_inner())
    }

    pub(crate) async fn answer(&self, approval: &str, agreed: bool) -> Result<String, Status> {
        let (wish, approval) = (Some(self.wish()), approval.into());
        let request = AuthorizeRequest { wish, approval, agreed };
        let request = call(&self.house.of(&self.session), request);
        Ok(oauth(&self.house).authorize(request).await?.into_inner().redirect_uri)
    }

    /// A code that Ann has agreed to.
    pub(crate) async fn code(&self) -> String {
        let shown = self.show(self.wish()).await.expect("asks");
        let sent = self.answer(&shown.approval, true).await.expect("agrees");
        let (_, rest) = sent.split_once("?code=").expect("a code");
        rest.split('&').next().expect("a code").to_owned()
    }

    pub(crate) fn redemption(&self, code: &str) -> GrantTokensRequest {
        GrantTokensRequest {
            client: self.proof(),
            grant_type: "authorization_code".into(),
            code: code.into(),
            redirect_uri: BACK.into(),
            code_verifier: VERIFIER.into(),
            ..Default::default()
        }
    }

    pub(crate) async fn grant(
        &self,
        request: GrantTokensRequest,
    ) -> Result<GrantTokensResponse, Status> {
        Ok(oauth(&self.house).grant_tokens(ask(request)).await?.into_inner())
    }

    pub(crate) async fn refused(&self, request: GrantTokensRequest) -> String {
        refusal(self.grant(request).await).1
    }

    pub(crate) fn renewal(&self, granted: &GrantTokensResponse) -> GrantTokensRequest {
        GrantTokensRequest {
            client: self.proof(),
            grant_type: "refresh_token".into(),
            refresh_token: granted.tokens.as_ref().expect("tokens").refresh_token.clone(),
            ..Default::default()
        }
    }

    pub(crate) async fn introspect(&self, token: &str) -> IntrospectTokenResponse {
        let request = IntrospectTokenRequest { client: self.proof(), token: token.into() };
        oauth(&self.house).introspect_token(ask(request)).await.expect("answers").into_inner()
    }
}

pub(crate) fn access(granted: &GrantTokensResponse) -> String {
    granted.tokens.as_ref().expect("tokens").access_token.clone()
}

#[tokio::test]
async fn a_person_agrees_and_the_app_gets_tokens_held_to_what_was_agreed() {
    let scene = Scene::set().await;
    let shown = scene.show(scene.wish()).await.expect("asks");
    assert_eq!((shown.client_name.as_str(), shown.scopes.len()), ("Calendar", 2));
    let sent = scene.answer(&shown.approval, true).await.expect("agrees");
    assert!(sent.starts_with(&format!("{BACK}?code=uo_")));
    assert!(sent.ends_with("&state=s%20t&iss=https%3A%2F%2Fusher.example"), "{sent}");
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    assert_eq!(granted.scope, "openid user.members.read");
    let keys = public(&scene.house).await;
    let claims: AccessClaims = open(&access(&granted), ACCESS_TOKEN, &keys).expect("holds");
    assert_eq!((claims.client_id, claims.tid), (scene.name(), Some(scene.tenant)));
    assert_eq!(claims.scope.as_deref(), Some("openid user.members.read"));
    let said = granted.id_token.split('.').nth(1).expect("claims");
    let said = String::from_utf8(URL_SAFE_NO_PAD.decode(said).expect("base64")).expect("text");
    for part in [r#""nonce":"n1""#, &format!(r#""aud":"{}""#, scene.name()), &scene.session.user_id]
    {
        assert!(said.contains(part), "{part} in {said}");
    }
    let refused = open::<AccessClaims>(&granted.id_token, ACCESS_TOKEN, &keys);
    assert!(refused.is_err(), "an ID token opens nothing");
    let user = GetUserInfoRequest { access_token: access(&granted) };
    let user = oauth(&scene.house).get_user_info(ask(user)).await.expect("tells").into_inner();
    assert_eq!(
        (user.sub, user.email.as_str()),
        (scene.session.user_id.clone(), ""),
        "not agreed to"
    );
    let next = scene.grant(scene.renewal(&granted)).await.expect("renews");
    assert_eq!(next.scope, granted.scope);
}

#[tokio::test]
async fn a_person_refuses_and_no_form_but_the_shown_one_counts() {
    let scene = Scene::set().await;
    let shown = scene.show(scene.wish()).await.expect("asks");
    let sent = scene.answer(&shown.approval, false).await.expect("refuses");
    assert!(sent.starts_with(&format!("{BACK}?error=access_denied&state=")), "{sent}");
    for forged in ["", "x", &shown.approval[1..]] {
        assert_eq!(refusal(scene.answer(forged, true).await).1, "not_asked");
    }
    let other = scene.house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let request =
        AuthorizeRequest { wish: Some(scene.wish()), approval: shown.approval, agreed: true };
    let elsewhere = oauth(&scene.house).authorize(call(&scene.house.of(&other), request)).await;
    assert_eq!(refusal(elsewhere).1, "not_asked", "it was shown in another session");
}

#[tokio::test]
async fn no_browser_is_sent_where_the_app_is_not_known_to_the_letter_cve_2021_21291() {
    let scene = Scene::set().await;
    for uri in [
        "",
        "https://app.example/cb/",
        "https://app.example/cb?x=1",
        "https://app.example/CB",
        "https://APP.example/cb",
        "http://app.example/cb",
        "https://app.example:443/cb",
        "https://app.example/cb#x",
        "https://app.example/cb/../cb",
        "https://app.example/%63b",
        "https://app.example.evil.example/cb",
        "https://evil.example/?https://app.example/cb",
        "https://app.example@evil.example/cb",
        "https://app.example/cb\u{0}",
        " https://app.example/cb",
        "//app.example/cb",
        "javascript:alert(1)",
    ] {
        let wish = ShowAuthorizationRequest { redirect_uri: uri.into(), ..scene.wish() };
        assert_eq!(refusal(scene.show(wish).await).1, "redirect_unknown", "{uri:?}");
    }
    for name in ["", "uc_AAAA", &scene.name().to_uppercase()] {
        let wish = ShowAuthorizationRequest { client_id: name.to_owned(), ..scene.wish() };
        assert_eq!(refusal(scene.show(wish).await).1, "oauth_client_not_found");
    }
}

#[tokio::test]
async fn an_app_is_told_what_is_wrong_with_its_wish_and_nothing_weaker_is_granted() {
    let scene = Scene::set().await;
    let wish = || scene.wish();
    for (wish, error) in [
        (
            ShowAuthorizationRequest { response_type: "token".into(), ..wish() },
            "unsupported_response_type",
        ),
        (
            ShowAuthorizationRequest { code_challenge_method: "plain".into(), ..wish() },
            "invalid_request",
        ),
        (
            ShowAuthorizationRequest { code_challenge_method: String::new(), ..wish() },
            "invalid_request",
        ),
        (ShowAuthorizationRequest { code_challenge: String::new(), ..wish() }, "invalid_request"),
        (ShowAuthorizationRequest { code_challenge: "A".repeat(42), ..wish() }, "invalid_request"),
        (ShowAuthorizationRequest { scope: String::new(), ..wish() }, "invalid_scope"),
        (
            ShowAuthorizationRequest { scope: "openid user.invites.create".into(), ..wish() },
            "invalid_scope",
        ),
        (ShowAuthorizationRequest { nonce: "n".repeat(256), ..wish() }, "invalid_request"),
    ] {
        let shown = scene.show(wish).await.expect("tells the app");
        assert!(
            shown.refusal_uri.starts_with(&format!("{BACK}?error={error}&state=")),
            "{shown:?}"
        );
        assert!(shown.approval.is_empty());
    }
    scene.house.people.put_out(&scene.session.user_id);
    assert_eq!(refusal(scene.show(wish()).await).1, "tenant_unknown");
}

#[tokio::test]
async fn a_code_is_good_for_its_app_its_address_and_its_verifier_within_a_minute() {
    let scene = Scene::set().await;
    let wrong = |change: fn(&mut GrantTokensRequest)| change;
    for change in [
        wrong(|request| request.redirect_uri = "https://app.example/".into()),
        wrong(|request| request.code_verifier = String::new()),
        wrong(|request| request.code_verifier = "b".repeat(43)),
        wrong(|request| request.code = format!("{}x", request.code)),
        wrong(|request| request.code = String::new()),
    ] {
        let mut request = scene.redemption(&scene.code().await);
        change(&mut request);
        assert_eq!(scene.refused(request).await, "invalid_grant");
    }
    let mut guessed = scene.redemption(&scene.code().await);
    let right = std::mem::replace(&mut guessed.code_verifier, "b".repeat(43));
    assert_eq!(scene.refused(guessed.clone()).await, "invalid_grant");
    guessed.code_verifier = right;
    assert_eq!(scene.refused(guessed).await, "invalid_grant", "whoever guesses guesses once");
    let late = scene.redemption(&scene.code().await);
    scene.house.clock.advance(Duration::from_secs(60));
    assert_eq!(scene.refused(late).await, "invalid_grant");
    let mut other = scene.redemption(&scene.code().await);
    other.client.as_mut().expect("a proof").client_secret = "ux_wrong".into();
    assert_eq!(scene.refused(other).await, "invalid_client");
    let unknown = GrantTokensRequest { grant_type: "password".into(), ..scene.redemption("") };
    assert_eq!(scene.refused(unknown).await, "unsupported_grant_type");
}

#[tokio::test]
async fn a_code_that_is_shown_again_ends_what_it_gave() {
    let scene = Scene::set().await;
    let request = scene.redemption(&scene.code().await);
    let granted = scene.grant(request.clone()).await.expect("grants");
    assert!(scene.introspect(&access(&granted)).await.active);
    assert_eq!(scene.refused(request).await, "invalid_grant");
    assert!(!scene.introspect(&access(&granted)).await.active);
    assert_eq!(scene.refused(scene.renewal(&granted)).await, "invalid_grant");
    let told = "select count(*)::text from outbox where kind = 'auth.oauth_code.reused'";
    assert_eq!(scene.house.text(told).await, "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_that_redeem_one_code_at_once_one_is_given_and_what_it_got_ends() {
    let scene = Scene::set().await;
    for round in 1..=rounds() {
        let code = scene.code().await;
        let answers = join_all((0..RACERS).map(|_| scene.grant(scene.redemption(&code)))).await;
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for answer in &answers {
            let word = match answer {
                Ok(_) => "granted".to_owned(),
                Err(status) => wire::code_of(status).reason,
            };
            *told.entry(word).or_default() += 1;
        }
        let others = RACERS - 1;
        let expected = [("granted".to_owned(), 1), ("invalid_grant".to_owned(), others)];
        assert_eq!(told, BTreeMap::from(expected), "round {round}");
        let given = answers.into_iter().find_map(Result::ok).expect("one is given");
        assert!(!scene.introspect(&access(&given)).await.active, "somebody else had the code");
        assert_eq!(scene.refused(scene.renewal(&given)).await, "invalid_grant", "round {round}");
        let families = "select count(*)::text from token_families where end_cause = 'reused'";
        assert_eq!(scene.house.text(families).await, round.to_string());
    }
}

#[tokio::test]
async fn tokens_of_an_app_are_its_own() {
    let scene = Scene::set().await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    let shown = granted.tokens.as_ref().expect("tokens").refresh_token.clone();
    let without = RefreshTokensRequest { refresh_token: shown };
    let mut tokens = TokensClient::new(scene.house.mesh_of("gateway"));
    assert_eq!(
        refusal(tokens.refresh_tokens(ask(without)).await).1,
        "bad_token",
        "not without the app"
    );
    let wish =
        CreateOAuthClientRequest { name: "Other".into(), confidential: true, ..Default::default() };
    let other = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
    let other = other.expect("makes").into_inner();
    let proof = ClientProof {
        client_id: other.client.expect("an app").client_id,
        client_secret: other.client_secret,
        ..Default::default()
    };
    let stolen = GrantTokensRequest { client: Some(proof.clone()), ..scene.renewal(&granted) };
    assert_eq!(scene.refused(stolen).await, "invalid_grant");
    let revoke = RevokeTokenRequest { client: Some(proof), token: access(&granted) };
    oauth(&scene.house).revoke_token(ask(revoke)).await.expect("one answer for all");
    assert!(scene.introspect(&access(&granted)).await.active, "another app's");
    let revoke = RevokeTokenRequest { client: scene.proof(), token: access(&granted) };
    oauth(&scene.house).revoke_token(ask(revoke)).await.expect("ends");
    assert!(!scene.introspect(&access(&granted)).await.active);
    assert_eq!(scene.refused(scene.renewal(&granted)).await, "invalid_grant");
}

#[tokio::test]
async fn an_app_acts_for_itself_as_its_service_account_within_its_scopes() {
    let scene = Scene::set().await;
    let robot = testkit::user().to_string();
    scene.house.people.allow(&robot, &["user.members.read", "user.invites.create"]);
    let wish = |scopes: &[&str]| CreateOAuthClientRequest {
        name: "Robot".into(),
        confidential: true,
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        service_account_id: robot.clone(),
        ..Default::default()
    };
    let beyond = call(&scene.admin, wish(&["user.members.read"]));
    let beyond = apps(&scene.house).create_o_auth_client(beyond).await;
    assert_eq!(refusal(beyond).1, "beyond_own_rights", "its maker may not");
    let id = testkit::user().to_string();
    let rights = ["auth.clients.write", "user.members.read"];
    let by_token = scene.house.vouched((&id, &id), Some(scene.tenant), &rights, Credential::Token);
    let mut clients = apps(&scene.house);
    let more = clients.create_o_auth_client(call(&by_token, wish(&rights[1..]))).await;
    assert_eq!(refusal(more).1, "session_required", "a token makes none");
    let able = scene.house.vouched((&id, &id), Some(scene.tenant), &rights, Credential::Session);
    scene.house.people.allow(&robot, &[]);
    let mut at = apps(&scene.house);
    let later = at.create_o_auth_client(call(&able, wish(&["user.invites.create"])));
    assert_eq!(refusal(later.await).1, "beyond_own_rights", "the account may be given it later");
    scene.house.people.allow(&robot, &["user.members.read", "user.invites.create"]);
    let made = call(&able, wish(&["user.members.read"]));
    let made = apps(&scene.house).create_o_auth_client(made).await;
    let app = made.expect("makes").into_inner();
    let scene = Scene { app, ..scene };
    let itself = |scope: &str| GrantTokensRequest {
        client: scene.proof(),
        grant_type: "client_credentials".into(),
        scope: scope.into(),
        ..Default::default()
    };
    let granted = scene.grant(itself("")).await.expect("grants");
    assert_eq!(granted.scope, "user.members.read");
    let told = scene.introspect(&access(&granted)).await;
    assert_eq!((told.active, told.sub.as_str()), (true, robot.as_str()));
    assert!(granted.tokens.as_ref().is_some_and(|tokens| tokens.refresh_token.is_empty()));
    assert_eq!(scene.refused(itself("user.invites.create")).await, "invalid_scope");
    scene.house.people.put_out(&robot);
    assert_eq!(scene.refused(itself("")).await, "unauthorized_client");
    let end = EndOAuthClientRequest { oauth_client_id: scene.name() };
    apps(&scene.house).end_o_auth_client(call(&scene.admin, end)).await.expect("ends");
    assert_eq!(scene.refused(itself("")).await, "invalid_client");
}
