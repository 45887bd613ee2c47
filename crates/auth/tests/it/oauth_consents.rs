//! What people have agreed to is remembered, asked about only where it is more, and taken back.

use bus::Relay;
use kernel::{Credential, Cx, TenantId};
use testkit::eventually;
use tonic::Status;
use wire::{
    auth::v1::{
        AuthorizeRequest, Consent, CreateOAuthClientRequest, ErasePersonRequest,
        ExportPersonRequest, ListConsentsRequest, ShowAuthorizationRequest, WithdrawConsentRequest,
        consents_client::ConsentsClient, standings_client::StandingsClient,
    },
    call,
    user::v1::MembershipRemoved,
};

use crate::{
    house::{House, PASSWORD, ask, refusal},
    oauth::{Scene, access, apps, oauth},
    oauth_devices::{answered, poll},
};

fn consents(house: &House) -> ConsentsClient<wire::Caller> {
    ConsentsClient::new(house.mesh_of("gateway"))
}

async fn list(scene: &Scene) -> Vec<Consent> {
    let call = call(&scene.house.of(&scene.session), ListConsentsRequest {});
    consents(&scene.house).list_consents(call).await.expect("lists").into_inner().consents
}

async fn withdraw(scene: &Scene, cx: &Cx, id: &str) -> Result<(), Status> {
    let request = WithdrawConsentRequest { consent_id: id.into() };
    consents(&scene.house).withdraw_consent(call(cx, request)).await.map(drop)
}

fn asking(scene: &Scene, scope: &str, prompt: &str) -> ShowAuthorizationRequest {
    ShowAuthorizationRequest { scope: scope.into(), prompt: prompt.into(), ..scene.wish() }
}

/// Has Ann agree to this.
async fn agree(scene: &Scene, scope: &str) {
    let wish = asking(scene, scope, "consent");
    let approval = scene.show(wish.clone()).await.expect("asks").approval;
    let request = AuthorizeRequest { wish: Some(wish), approval, agreed: true };
    let request = call(&scene.house.of(&scene.session), request);
    let sent = oauth(&scene.house).authorize(request).await.expect("agrees").into_inner();
    assert!(sent.redirect_uri.contains("?code="));
}

async fn is_remembered(scene: &Scene, scope: &str) -> bool {
    scene.show(asking(scene, scope, "")).await.expect("asks").remembered
}

#[tokio::test]
async fn people_are_asked_once_and_again_only_for_more() {
    let scene = Scene::set().await;
    assert!(!is_remembered(&scene, "openid").await && list(&scene).await.is_empty());
    agree(&scene, "openid user.members.read").await;
    assert!(is_remembered(&scene, "openid user.members.read").await);
    assert!(is_remembered(&scene, "openid").await, "less than that");
    assert!(!is_remembered(&scene, "openid email").await, "more than that");
    let always = scene.show(asking(&scene, "openid", "consent")).await.expect("asks");
    assert!(!always.remembered, "where the app wants it");
    let first = list(&scene).await.remove(0);
    scene.house.clock.advance(std::time::Duration::from_secs(1));
    agree(&scene, "email").await;
    assert!(is_remembered(&scene, "openid email user.members.read").await);
    let listed = list(&scene).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].scopes, ["email", "openid", "user.members.read"]);
    assert_eq!((&listed[0].client_name, &listed[0].client_id), (&"Calendar".into(), &scene.name()));
    assert_eq!(listed[0].tenant_id, scene.tenant.to_string());
    assert_eq!(
        (&listed[0].consent_id, listed[0].created_at),
        (&first.consent_id, first.created_at)
    );
    assert_ne!(listed[0].agreed_at, first.agreed_at);
}

#[tokio::test]
async fn what_was_agreed_to_before_gives_a_code_without_a_question() {
    let scene = Scene::set().await;
    agree(&scene, "openid user.members.read").await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    assert_eq!(granted.scope, "openid user.members.read");
    let other = scene.house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let elsewhere = Scene { session: other, ..scene };
    assert!(is_remembered(&elsewhere, "openid").await, "in any of their sessions");
    elsewhere.house.signed_up("bob@example.com").await;
    let bob = elsewhere.house.sign_in("bob@example.com", PASSWORD).await.expect("signs in");
    assert!(!is_remembered(&Scene { session: bob, ..elsewhere }, "openid").await, "not for others");
}

#[tokio::test]
async fn an_app_that_wants_nobody_asked_is_told_why_it_gets_nothing() {
    let scene = Scene::set().await;
    let refused = async |scope: &str| {
        let shown = scene.show(asking(&scene, scope, "none")).await.expect("tells the app");
        assert!(shown.approval.is_empty() || shown.refusal_uri.is_empty());
        shown.refusal_uri
    };
    assert!(refused("openid").await.contains("?error=consent_required&state="));
    agree(&scene, "openid").await;
    assert_eq!(refused("openid").await, "");
    assert!(refused("openid email").await.contains("?error=consent_required&state="));
    for prompt in ["none consent", "login", "select_account", "NONE"] {
        let shown = scene.show(asking(&scene, "openid", prompt)).await.expect("tells the app");
        assert!(shown.refusal_uri.contains("?error=invalid_request&"), "{prompt}");
    }
    let stranger = async |prompt: &str| {
        let wish = ask(asking(&scene, "openid", prompt));
        oauth(&scene.house).show_authorization(wish).await
    };
    let told = stranger("none").await.expect("tells the app").into_inner();
    assert!(told.refusal_uri.contains("?error=login_required&state=s%20t&iss="), "{told:?}");
    assert!(told.client_name.is_empty() && told.approval.is_empty());
    for prompt in ["", "consent", "login"] {
        assert_eq!(refusal(stranger(prompt).await).1, "bad_token", "{prompt:?}");
    }
    let unknown = ShowAuthorizationRequest {
        redirect_uri: "https://evil.example/cb".into(),
        ..asking(&scene, "openid", "none")
    };
    let unknown = oauth(&scene.house).show_authorization(ask(unknown)).await;
    assert_eq!(refusal(unknown).1, "redirect_unknown", "no browser is sent there");
}

#[tokio::test]
async fn what_is_taken_back_ends_codes_and_tokens_of_that_app_and_person() {
    let scene = Scene::set().await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    let unshown = scene.code().await;
    let before = scene.show(scene.wish()).await.expect("remembers");
    assert!(before.remembered);
    scene.house.signed_up("bob@example.com").await;
    let bob = scene.house.sign_in("bob@example.com", PASSWORD).await.expect("signs in");
    let ann = scene.house.of(&scene.session);
    let scene = Scene { session: bob, ..scene };
    let bobs = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    let his = list(&scene).await.remove(0).consent_id;
    assert_eq!(refusal(withdraw(&scene, &ann, &his).await).1, "consent_not_found", "another's");
    let asked = call(&ann, ListConsentsRequest {});
    let hers = consents(&scene.house).list_consents(asked).await.expect("lists").into_inner();
    assert_eq!(hers.consents.len(), 1);
    let id = &hers.consents[0].consent_id;
    withdraw(&scene, &ann, id).await.expect("takes it back");
    assert!(!scene.introspect(&access(&granted)).await.active);
    assert_eq!(scene.refused(scene.renewal(&granted)).await, "invalid_grant");
    assert_eq!(scene.refused(scene.redemption(&unshown)).await, "invalid_grant");
    let request =
        AuthorizeRequest { wish: Some(scene.wish()), approval: before.approval, agreed: true };
    let late = oauth(&scene.house).authorize(call(&ann, request)).await;
    assert_eq!(refusal(late).1, "not_asked", "what was remembered is no more");
    assert_eq!(refusal(withdraw(&scene, &ann, id).await).1, "consent_not_found", "once");
    assert!(scene.introspect(&access(&bobs)).await.active, "another person's");
    let audited = "select count(*)::text from audit_events where action = 'oauth.withdraw'";
    assert_eq!(scene.house.text(audited).await, "1");
}

#[tokio::test]
async fn nobody_takes_back_but_the_person_signed_in_and_no_nonsense_is_read() {
    let scene = Scene::set().await;
    agree(&scene, "openid").await;
    let id = list(&scene).await.remove(0).consent_id;
    let of = (scene.session.user_id.as_str(), scene.session.session_id.as_str());
    for credential in [Credential::Token, Credential::Delegated] {
        let cx = scene.house.vouched(of, None, &[], credential);
        assert_eq!(refusal(withdraw(&scene, &cx, &id).await).1, "session_required");
    }
    let nobody = testkit::cx_of_platform();
    assert_eq!(refusal(withdraw(&scene, &nobody, &id).await).1, "sign_in_required");
    let ann = scene.house.of(&scene.session);
    for bad in ["", "x", &format!("{id}x")] {
        let refused = withdraw(&scene, &ann, bad).await.expect_err("is refused");
        assert_eq!(wire::code_of(&refused).fields[0].field, "consentId");
    }
    assert_eq!(list(&scene).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_is_redeemed_while_it_is_taken_back_is_ended() {
    let scene = Scene::set().await;
    for _ in 0..10 {
        let code = scene.code().await;
        let (ann, id) = (scene.house.of(&scene.session), list(&scene).await.remove(0).consent_id);
        let redemption = scene.grant(scene.redemption(&code));
        let (granted, withdrawn) = tokio::join!(redemption, withdraw(&scene, &ann, &id));
        withdrawn.expect("takes it back");
        if let Ok(granted) = granted {
            assert!(!scene.introspect(&access(&granted)).await.active);
        }
        let alive = "select count(*)::text from token_families where ended_at is null";
        assert_eq!(scene.house.text(alive).await, "0");
    }
}

#[tokio::test]
async fn whoever_leaves_or_is_erased_has_agreed_to_nothing() {
    let scene = Scene::set().await;
    let relay = Relay::new(scene.house.database.db("user"), scene.house.app.nats.clone());
    scene.house.host.spawn("user relay", async move |stop| Ok(relay.run(stop).await?));
    agree(&scene, "openid").await;
    let request = ExportPersonRequest { user_id: scene.session.user_id.clone() };
    let mut standings = StandingsClient::new(scene.house.mesh_of("user"));
    let told = standings.export_person(ask(request)).await.expect("tells").into_inner();
    let told = told.consents.first().expect("one consent");
    assert_eq!((told.client_name.as_str(), told.scopes.len()), ("Calendar", 1));
    assert_eq!(told.tenant_id, scene.tenant.to_string());
    remove(&scene, scene.tenant).await;
    eventually("the word is heard", async || list(&scene).await.is_empty()).await;
    agree(&scene, "openid").await;
    let request = ErasePersonRequest { user_id: scene.session.user_id.clone() };
    standings.erase_person(ask(request)).await.expect("erases");
    assert_eq!(scene.house.text("select count(*)::text from oauth_consents").await, "0");
}

/// Ann is no member of the tenant any more.
async fn remove(scene: &Scene, tenant: TenantId) {
    let user_id = scene.session.user_id.clone();
    let fact = MembershipRemoved { user_id: user_id.clone(), ..Default::default() };
    let mut tx = scene.house.database.db("user").tenant(tenant, "tell").await.expect("opens");
    let aggregate = user_id.parse::<kernel::UserId>().expect("an id").uuid();
    bus::emit(&mut tx, &testkit::cx(tenant), aggregate, &fact).await.expect("emits");
    tx.commit().await.expect("commits");
}

#[tokio::test]
async fn what_listens_on_the_persons_machine_is_asked_about_each_time() {
    let scene = Scene::set().await;
    let (machine, site) = ("http://127.0.0.1:4711/cb", "https://app.example/cb");
    let wish = CreateOAuthClientRequest {
        name: "Tool".into(),
        redirect_uris: [machine, site].map(String::from).into(),
        scopes: ["openid", "user.members.read"].map(String::from).into(),
        ..Default::default()
    };
    let made = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
    let scene = Scene { app: made.expect("makes").into_inner(), ..scene };
    agree(&scene, "openid").await;
    assert!(is_remembered(&scene, "openid").await, "only the app has its site");
    let local =
        ShowAuthorizationRequest { redirect_uri: machine.into(), ..asking(&scene, "openid", "") };
    assert!(!scene.show(local.clone()).await.expect("asks").remembered, "any program may listen");
    let unasked = ShowAuthorizationRequest { prompt: "none".into(), ..local };
    let told = scene.show(unasked).await.expect("tells the app").refusal_uri;
    assert!(told.contains("?error=consent_required&"), "{told}");
}

#[tokio::test]
async fn a_device_that_was_let_in_is_listed_and_taken_back_before_it_has_tokens_and_after() {
    let scene = Scene::set().await;
    let ann = scene.house.of(&scene.session);
    answered(&scene, false).await;
    assert!(list(&scene).await.is_empty(), "nothing was agreed to");
    let (first, second) = (answered(&scene, true).await, answered(&scene, true).await);
    let granted = scene.grant(poll(&scene, &first)).await.expect("grants");
    let listed = list(&scene).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].scopes, ["openid", "user.members.read"]);
    withdraw(&scene, &ann, &listed[0].consent_id).await.expect("takes it back");
    assert!(!scene.introspect(&access(&granted)).await.active);
    assert_eq!(scene.refused(poll(&scene, &second)).await, "invalid_grant");
}

#[tokio::test]
async fn whoever_comes_back_finds_no_code_and_no_device_of_before() {
    let scene = Scene::set().await;
    let relay = Relay::new(scene.house.database.db("user"), scene.house.app.nats.clone());
    scene.house.host.spawn("user relay", async move |stop| Ok(relay.run(stop).await?));
    let (code, device) = (scene.code().await, answered(&scene, true).await);
    remove(&scene, scene.tenant).await;
    eventually("the word is heard", async || list(&scene).await.is_empty()).await;
    assert_eq!(scene.refused(scene.redemption(&code)).await, "invalid_grant");
    assert_eq!(scene.refused(poll(&scene, &device)).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_is_agreed_to_while_the_person_is_erased_is_forgotten_too() {
    let mut scene = Scene::set().await;
    let standings = StandingsClient::new(scene.house.mesh_of("user"));
    for round in 0..10 {
        let email = format!("person{round}@example.com");
        scene.house.signed_up(&email).await;
        let session = scene.house.sign_in(&email, PASSWORD).await.expect("signs in");
        scene = Scene { session, ..scene };
        let approval = scene.show(scene.wish()).await.expect("asks").approval;
        let request = ErasePersonRequest { user_id: scene.session.user_id.clone() };
        let mut standings = standings.clone();
        let (_, erased) =
            tokio::join!(scene.answer(&approval, true), standings.erase_person(ask(request)));
        erased.expect("erases");
        let left = "select (select count(*) from oauth_consents) + (select count(*) from oauth_codes) || ''";
        assert_eq!(scene.house.text(left).await, "0", "round {round}");
    }
}
