//! Apps of the platform: for the people of every tenant, with tokens that are good in one.

use kernel::{Credential, Cx, TenantId};
use tonic::Status;
use wire::{
    auth::v1::{
        AuthorizeRequest, ClientProof, CreatePlatformClientRequest, EndOAuthClientRequest,
        EndPlatformClientRequest, GrantTokensRequest, IntrospectTokenRequest, ListConsentsRequest,
        ListOAuthClientsRequest, ListPlatformClientsRequest, NewOAuthClient, RevokeTokenRequest,
        RotatePlatformClientSecretRequest, SetPlatformClientConsentRequest,
        ShowAuthorizationRequest, consents_client::ConsentsClient,
        platform_clients_client::PlatformClientsClient,
    },
    call,
    tokens::{ACCESS_TOKEN, AccessClaims, open},
};

use crate::{
    house::{House, ask, refusal},
    oauth::{Scene, access, apps, oauth},
    signing_keys::public,
};

const RIGHTS: [&str; 2] = ["auth.platform_clients.read", "auth.platform_clients.write"];

fn platform(house: &House) -> PlatformClientsClient<wire::Caller> {
    PlatformClientsClient::new(house.mesh_of("gateway"))
}

/// One of the platform's staff, who may this.
fn staff(house: &House, rights: &[&str]) -> Cx {
    let id = testkit::user().to_string();
    house.vouched((&id, &id), None, rights, Credential::Session)
}

fn wish() -> CreatePlatformClientRequest {
    CreatePlatformClientRequest {
        name: "Usher Mobile".into(),
        confidential: true,
        redirect_uris: vec!["https://app.example/cb".into()],
        scopes: ["openid", "email", "user.members.read"].map(String::from).into(),
        ..Default::default()
    }
}

/// A scene whose app is the platform's, beside the tenant's own.
struct Stage {
    scene: Scene,
    staff: Cx,
    own: NewOAuthClient,
}

impl Stage {
    async fn set() -> Self {
        let scene = Scene::set().await;
        let staff = staff(&scene.house, &RIGHTS);
        let made = platform(&scene.house).create_platform_client(call(&staff, wish())).await;
        let (app, own) = (made.expect("makes").into_inner(), scene.app.clone());
        Self { scene: Scene { app, ..scene }, staff, own }
    }

    /// Has Ann agree at the host of a tenant; the code.
    async fn code(&self, tenant: TenantId) -> Result<String, Status> {
        let cx = self.scene.house.of_in(&self.scene.session, tenant);
        let shown = oauth(&self.scene.house)
            .show_authorization(call(&cx, self.scene.wish()))
            .await?
            .into_inner();
        assert_eq!(shown.tenant_id, tenant.to_string());
        let (wish, approval) = (Some(self.scene.wish()), shown.approval);
        let request = AuthorizeRequest { wish, approval, agreed: true };
        let sent = oauth(&self.scene.house).authorize(call(&cx, request)).await?.into_inner();
        let (_, rest) = sent.redirect_uri.split_once("?code=").expect("a code");
        Ok(rest.split('&').next().expect("a code").to_owned())
    }
}

#[tokio::test]
async fn tokens_are_good_in_the_tenant_at_whose_host_the_person_signed_in() {
    let stage = Stage::set().await;
    let (scene, other) = (&stage.scene, testkit::tenant());
    let keys = public(&scene.house).await;
    for tenant in [scene.tenant, other] {
        let code = stage.code(tenant).await.expect("agrees");
        let granted = scene.grant(scene.redemption(&code)).await.expect("grants");
        let claims: AccessClaims = open(&access(&granted), ACCESS_TOKEN, &keys).expect("holds");
        assert_eq!((claims.tid, claims.client_id), (Some(tenant), scene.name()));
        let next = scene.grant(scene.renewal(&granted)).await.expect("renews");
        let claims: AccessClaims = open(&access(&next), ACCESS_TOKEN, &keys).expect("holds");
        assert_eq!(claims.tid, Some(tenant));
        let told = scene.introspect(&access(&next)).await;
        assert_eq!((told.active, told.tid), (true, tenant.to_string()));
    }
    let nowhere = scene.show(scene.wish()).await;
    assert_eq!(refusal(nowhere).1, "tenant_unknown", "at no tenant's host");
    let itself = GrantTokensRequest {
        client: scene.proof(),
        grant_type: "client_credentials".into(),
        ..Default::default()
    };
    assert_eq!(scene.refused(itself).await, "unauthorized_client");
}

#[tokio::test]
async fn each_tenant_is_asked_for_alone_and_lets_in_whom_it_likes() {
    let stage = Stage::set().await;
    let (scene, other) = (&stage.scene, testkit::tenant());
    let granted = {
        let code = stage.code(scene.tenant).await.expect("agrees");
        scene.grant(scene.redemption(&code)).await.expect("grants")
    };
    let look = async |tenant| {
        let cx = scene.house.of_in(&scene.session, tenant);
        oauth(&scene.house).show_authorization(call(&cx, scene.wish())).await
    };
    assert!(look(scene.tenant).await.expect("remembers").get_ref().remembered);
    assert!(!look(other).await.expect("asks").get_ref().remembered, "agreed to in another tenant");
    let code = stage.code(other).await.expect("agrees");
    scene.house.others.suspend(other);
    assert_eq!(scene.refused(scene.redemption(&code)).await, "invalid_grant", "it is not served");
    scene.house.others.suspend(scene.tenant);
    assert_eq!(scene.refused(scene.renewal(&granted)).await, "invalid_grant");
    assert!(!scene.introspect(&access(&granted)).await.active);
    scene.house.others.resume(scene.tenant);
    scene.grant(scene.renewal(&granted)).await.expect("goes on");
    let mut admin = scene.house.admin().await;
    let sso = "update sessions set method = 'sso'";
    sqlx::query(sso).execute(&mut admin).await.expect("a provider's");
    let code = stage.code(scene.tenant).await.expect("agrees");
    assert_eq!(scene.refused(scene.redemption(&code)).await, "invalid_grant", "by its own rules");
    scene.house.people.put_out(&scene.session.user_id);
    assert_eq!(refusal(look(scene.tenant).await).1, "tenant_unknown");
}

#[tokio::test]
async fn apps_of_tenants_and_of_the_platform_see_and_end_only_their_own() {
    let stage = Stage::set().await;
    let scene = &stage.scene;
    let code = stage.code(scene.tenant).await.expect("agrees");
    let granted = scene.grant(scene.redemption(&code)).await.expect("grants");
    let own = ClientProof {
        client_id: stage.own.client.as_ref().expect("an app").client_id.clone(),
        client_secret: stage.own.client_secret.clone(),
        ..Default::default()
    };
    let revoke = RevokeTokenRequest { client: Some(own.clone()), token: access(&granted) };
    oauth(&scene.house).revoke_token(ask(revoke)).await.expect("one answer for all");
    assert!(scene.introspect(&access(&granted)).await.active, "another app's");
    let stolen = GrantTokensRequest { client: Some(own.clone()), ..scene.renewal(&granted) };
    assert_eq!(scene.refused(stolen).await, "invalid_grant");
    let code = stage.code(scene.tenant).await.expect("agrees");
    let stolen = GrantTokensRequest { client: Some(own.clone()), ..scene.redemption(&code) };
    assert_eq!(scene.refused(stolen).await, "invalid_grant");
    let looked = IntrospectTokenRequest { client: Some(own), token: access(&granted) };
    let told = oauth(&scene.house).introspect_token(ask(looked)).await.expect("tells");
    assert!(told.get_ref().active, "a token of this tenant, as every other one");
    let revoke = RevokeTokenRequest { client: scene.proof(), token: access(&granted) };
    oauth(&scene.house).revoke_token(ask(revoke)).await.expect("ends");
    assert!(!scene.introspect(&access(&granted)).await.active);
}

#[tokio::test]
async fn its_end_ends_what_it_has_in_every_tenant() {
    let stage = Stage::set().await;
    let scene = &stage.scene;
    let mut all = Vec::new();
    for tenant in [scene.tenant, testkit::tenant(), testkit::tenant()] {
        let code = stage.code(tenant).await.expect("agrees");
        all.push(scene.grant(scene.redemption(&code)).await.expect("grants"));
    }
    let unshown = stage.code(scene.tenant).await.expect("agrees");
    let alive = "select count(*)::text from token_families where ended_at is null";
    assert_eq!(scene.house.text(alive).await, "3");
    for _ in 0..2 {
        let end = EndPlatformClientRequest { oauth_client_id: scene.name() };
        let ended = platform(&scene.house).end_platform_client(call(&stage.staff, end)).await;
        assert!(ended.expect("ends").get_ref().ended_at.is_some());
    }
    assert_eq!(scene.house.text(alive).await, "0");
    assert_eq!(scene.refused(scene.renewal(&all[0])).await, "invalid_client");
    assert_eq!(scene.refused(scene.redemption(&unshown)).await, "invalid_client");
    let cx = scene.house.of_in(&scene.session, scene.tenant);
    let shown = oauth(&scene.house).show_authorization(call(&cx, scene.wish())).await;
    assert_eq!(refusal(shown).1, "oauth_client_not_found");
    let listed = ConsentsClient::new(scene.house.mesh_of("gateway"))
        .list_consents(call(&cx, ListConsentsRequest {}))
        .await;
    assert!(listed.expect("lists").get_ref().consents.is_empty(), "nothing is left to take back");
}

#[tokio::test]
async fn people_are_not_asked_what_the_platforms_own_app_may_where_staff_says_so() {
    let stage = Stage::set().await;
    let scene = &stage.scene;
    let cx = scene.house.of_in(&scene.session, scene.tenant);
    let set = async |implicit: bool| {
        let request = SetPlatformClientConsentRequest { oauth_client_id: scene.name(), implicit };
        let request = call(&stage.staff, request);
        let set = platform(&scene.house).set_platform_client_consent(request).await;
        assert_eq!(set.expect("sets").get_ref().implicit_consent, implicit);
    };
    let look = async |prompt: &str| {
        let wish = ShowAuthorizationRequest { prompt: prompt.into(), ..scene.wish() };
        let shown = oauth(&scene.house).show_authorization(call(&cx, wish)).await;
        shown.expect("looks").into_inner()
    };
    assert!(look("none").await.refusal_uri.contains("consent_required"));
    set(true).await;
    assert!(look("").await.remembered && look("none").await.remembered);
    assert!(!look("consent").await.remembered, "where the app wants it");
    let code = stage.code(scene.tenant).await.expect("without a question");
    scene.grant(scene.redemption(&code)).await.expect("grants");
    let agreed = scene.house.text("select count(*)::text from oauth_consents").await;
    assert_eq!(agreed, "0", "nobody agreed to anything");
    set(false).await;
    assert!(!look("").await.remembered);
    let mut admin = scene.house.admin().await;
    let marked = "update oauth_clients set implicit_consent = true where tenant_id <> $1";
    let marked = sqlx::query(marked).bind(TenantId::PLATFORM.uuid()).execute(&mut admin).await;
    marked.expect_err("no tenant's app is ever marked so");
}

#[tokio::test]
async fn the_platforms_staff_alone_runs_its_apps() {
    let stage = Stage::set().await;
    let scene = &stage.scene;
    let reader = staff(&scene.house, &RIGHTS[..1]);
    let mut clients = platform(&scene.house);
    for cx in [&reader, &scene.admin] {
        let made = clients.create_platform_client(call(cx, wish())).await;
        assert_eq!(refusal(made).1, "permission_denied");
        let end = EndPlatformClientRequest { oauth_client_id: scene.name() };
        let ended = clients.end_platform_client(call(cx, end)).await;
        assert_eq!(refusal(ended).1, "permission_denied");
    }
    let id = testkit::user().to_string();
    let by_token = scene.house.vouched((&id, &id), None, &RIGHTS, Credential::Token);
    let made = clients.create_platform_client(call(&by_token, wish())).await;
    assert_eq!(refusal(made).1, "session_required", "a token makes none");
    let listed =
        clients.list_platform_clients(call(&reader, ListPlatformClientsRequest::default()));
    let listed = listed.await.expect("lists").into_inner().clients;
    assert_eq!((listed.len(), listed[0].client_id.as_str()), (1, scene.name().as_str()));
    let request = call(&scene.admin, ListOAuthClientsRequest::default());
    let own = apps(&scene.house).list_o_auth_clients(request).await;
    let own = own.expect("lists").into_inner().clients;
    assert!(own.len() == 1 && own[0].client_id != scene.name(), "no tenant has it");
    let end = EndOAuthClientRequest { oauth_client_id: scene.name() };
    let ended = apps(&scene.house).end_o_auth_client(call(&scene.admin, end)).await;
    assert_eq!(refusal(ended).1, "oauth_client_not_found");
    let tenants = own[0].client_id.clone();
    let end = EndPlatformClientRequest { oauth_client_id: tenants.clone() };
    let ended = clients.end_platform_client(call(&stage.staff, end)).await;
    assert_eq!(refusal(ended).1, "oauth_client_not_found");
    let mark = SetPlatformClientConsentRequest { oauth_client_id: tenants, implicit: true };
    let marked = clients.set_platform_client_consent(call(&stage.staff, mark)).await;
    assert_eq!(refusal(marked).1, "oauth_client_not_found", "a tenant's own");
    let rotate = RotatePlatformClientSecretRequest { oauth_client_id: scene.name() };
    let rotated = clients.rotate_platform_client_secret(call(&stage.staff, rotate)).await;
    let secret = rotated.expect("rotates").into_inner().client_secret;
    assert!(secret.starts_with("ux_") && secret != scene.app.client_secret);
}

#[tokio::test]
async fn an_answer_counts_in_the_tenant_alone_that_was_asked_about() {
    let stage = Stage::set().await;
    let (scene, other) = (&stage.scene, testkit::tenant());
    let at = |tenant| scene.house.of_in(&scene.session, tenant);
    let shown = oauth(&scene.house).show_authorization(call(&at(scene.tenant), scene.wish())).await;
    let approval = shown.expect("asks").into_inner().approval;
    let request =
        || AuthorizeRequest { wish: Some(scene.wish()), approval: approval.clone(), agreed: true };
    let elsewhere = oauth(&scene.house).authorize(call(&at(other), request())).await;
    assert_eq!(refusal(elsewhere).1, "not_asked");
    oauth(&scene.house).authorize(call(&at(scene.tenant), request())).await.expect("agrees");
}
