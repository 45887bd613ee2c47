//! What apps push before they ask people (RFC 9126).

use std::time::Duration;

use futures::future::join_all;
use tonic::Status;
use wire::{
    auth::v1::{
        Authorization, AuthorizeRequest, ClientProof, CreateOAuthClientRequest, NewOAuthClient,
        PushAuthorizationRequest, ShowAuthorizationRequest,
    },
    call,
};

use crate::{
    house::{PASSWORD, ask, refusal},
    oauth::{Scene, apps, oauth},
};

async fn push(scene: &Scene, wish: ShowAuthorizationRequest) -> Result<String, Status> {
    push_as(scene, scene.proof(), wish).await
}

async fn push_as(
    scene: &Scene,
    client: Option<ClientProof>,
    wish: ShowAuthorizationRequest,
) -> Result<String, Status> {
    let request = PushAuthorizationRequest { client, wish: Some(wish) };
    let pushed = oauth(&scene.house).push_authorization(ask(request)).await?.into_inner();
    assert_eq!(pushed.expires_in, 90);
    Ok(pushed.request_uri)
}

/// The address that names what was pushed, and nothing else.
fn named(scene: &Scene, uri: &str) -> ShowAuthorizationRequest {
    ShowAuthorizationRequest {
        client_id: scene.name(),
        request_uri: uri.into(),
        ..Default::default()
    }
}

async fn answer(scene: &Scene, uri: &str, shown: &Authorization) -> Result<String, Status> {
    let approval = shown.approval.clone();
    let request = AuthorizeRequest { wish: Some(named(scene, uri)), approval, agreed: true };
    let request = call(&scene.house.of(&scene.session), request);
    Ok(oauth(&scene.house).authorize(request).await?.into_inner().redirect_uri)
}

#[tokio::test]
async fn what_was_pushed_is_asked_by_its_name_alone_and_counts_once() {
    let scene = Scene::set().await;
    let uri = push(&scene, scene.wish()).await.expect("keeps it");
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");
    let mut beside = named(&scene, &uri);
    beside.scope = "openid email".into();
    beside.redirect_uri = "https://evil.example/cb".into();
    beside.state = "another".into();
    for wish in [named(&scene, &uri), beside] {
        let shown = scene.show(wish).await.expect("asks, as often as the page is looked at");
        assert_eq!(shown.scopes, ["openid", "user.members.read"], "nothing counts beside it");
        assert_eq!(shown.redirect_uri, "https://app.example/cb");
    }
    let shown = scene.show(named(&scene, &uri)).await.expect("asks");
    let sent = answer(&scene, &uri, &shown).await.expect("agrees");
    assert!(sent.starts_with("https://app.example/cb?code=uo_") && sent.contains("&state=s%20t&"));
    let code = sent.split_once("?code=").expect("a code").1.split('&').next().expect("a code");
    scene.grant(scene.redemption(code)).await.expect("grants");
    assert_eq!(refusal(answer(&scene, &uri, &shown).await).1, "request_uri_unknown");
    assert_eq!(refusal(scene.show(named(&scene, &uri)).await).1, "request_uri_unknown");
    let kept = "select encode(pushed_hash, 'escape') from oauth_pushed";
    assert!(!uri.contains(&scene.house.text(kept).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_answers_at_once_one_gets_a_code() {
    let scene = Scene::set().await;
    let uri = push(&scene, scene.wish()).await.expect("keeps it");
    let shown = scene.show(named(&scene, &uri)).await.expect("asks");
    let answers = join_all((0..20).map(|_| answer(&scene, &uri, &shown))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(scene.house.text("select count(*)::text from oauth_codes").await, "1");
}

#[tokio::test]
async fn it_is_shown_for_ninety_seconds_and_whoever_looks_at_it_has_a_little_longer() {
    let scene = Scene::set().await;
    let uri = push(&scene, scene.wish()).await.expect("keeps it");
    let shown = scene.show(named(&scene, &uri)).await.expect("asks");
    scene.house.clock.advance(Duration::from_secs(90));
    assert_eq!(refusal(scene.show(named(&scene, &uri)).await).1, "request_uri_unknown");
    answer(&scene, &uri, &shown).await.expect("agrees");
    let late = push(&scene, ShowAuthorizationRequest { prompt: "consent".into(), ..scene.wish() });
    let late = late.await.expect("keeps it");
    let shown = scene.show(named(&scene, &late)).await.expect("asks");
    scene.house.clock.advance(Duration::from_secs(590));
    assert_eq!(refusal(answer(&scene, &late, &shown).await).1, "request_uri_unknown");
}

#[tokio::test]
async fn it_is_bound_to_its_app_and_its_question_to_its_person() {
    let scene = Scene::set().await;
    let uri = push(&scene, scene.wish()).await.expect("keeps it");
    let wish = CreateOAuthClientRequest {
        name: "Other".into(),
        redirect_uris: vec!["https://app.example/cb".into()],
        scopes: ["openid", "user.members.read"].map(String::from).into(),
        ..Default::default()
    };
    let other = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
    let other = other.expect("makes").into_inner().client.expect("an app").client_id;
    let stolen = ShowAuthorizationRequest { client_id: other, ..named(&scene, &uri) };
    assert_eq!(refusal(scene.show(stolen).await).1, "request_uri_unknown");
    for unknown in ["x", "urn:ietf:params:oauth:request_uri:x", "https://app.example/r", &uri[1..]]
    {
        assert_eq!(refusal(scene.show(named(&scene, unknown)).await).1, "request_uri_unknown");
    }
    let shown = scene.show(named(&scene, &uri)).await.expect("asks");
    let other = scene.house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let request = AuthorizeRequest {
        wish: Some(named(&scene, &uri)),
        approval: shown.approval.clone(),
        agreed: true,
    };
    let elsewhere = oauth(&scene.house).authorize(call(&scene.house.of(&other), request)).await;
    assert_eq!(refusal(elsewhere).1, "not_asked", "and costs nothing");
    answer(&scene, &uri, &shown).await.expect("agrees");
}

#[tokio::test]
async fn what_could_not_be_granted_is_not_kept() {
    let scene = Scene::set().await;
    let wish = || scene.wish();
    for (wish, error) in [
        (
            ShowAuthorizationRequest { response_type: "token".into(), ..wish() },
            "unsupported_response_type",
        ),
        (
            ShowAuthorizationRequest { redirect_uri: "https://evil.example/".into(), ..wish() },
            "invalid_request",
        ),
        (
            ShowAuthorizationRequest { code_challenge_method: "plain".into(), ..wish() },
            "invalid_request",
        ),
        (ShowAuthorizationRequest { code_challenge: String::new(), ..wish() }, "invalid_request"),
        (ShowAuthorizationRequest { nonce: "n".repeat(256), ..wish() }, "invalid_request"),
        (ShowAuthorizationRequest { state: "s".repeat(1_001), ..wish() }, "invalid_request"),
        (ShowAuthorizationRequest { prompt: "login".into(), ..wish() }, "invalid_request"),
        (
            ShowAuthorizationRequest { scope: "user.invites.create".into(), ..wish() },
            "invalid_scope",
        ),
        (ShowAuthorizationRequest { scope: String::new(), ..wish() }, "invalid_scope"),
        (
            ShowAuthorizationRequest {
                request_uri: "urn:ietf:params:oauth:request_uri:x".into(),
                ..wish()
            },
            "invalid_request",
        ),
    ] {
        assert_eq!(refusal(push(&scene, wish).await).1, error);
    }
    let nobody = Some(ClientProof { client_id: scene.name(), ..Default::default() });
    assert_eq!(refusal(push_as(&scene, nobody, wish()).await).1, "invalid_client");
    assert_eq!(refusal(push_as(&scene, None, wish()).await).1, "invalid_client");
    assert_eq!(scene.house.text("select count(*)::text from oauth_pushed").await, "0");
}

#[tokio::test]
async fn an_app_that_has_to_push_is_not_heard_otherwise() {
    let scene = Scene::set().await;
    let wish = CreateOAuthClientRequest {
        name: "Careful".into(),
        confidential: true,
        redirect_uris: vec!["https://app.example/cb".into()],
        scopes: ["openid", "user.members.read"].map(String::from).into(),
        require_pushed_authorization_requests: true,
        ..Default::default()
    };
    let app = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
    let app: NewOAuthClient = app.expect("makes").into_inner();
    let scene = Scene { app, ..scene };
    let shown = scene.show(scene.wish()).await.expect("tells the app");
    assert!(shown.refusal_uri.contains("?error=invalid_request&"), "{shown:?}");
    let uri = push(&scene, scene.wish()).await.expect("keeps it");
    let shown = scene.show(named(&scene, &uri)).await.expect("asks");
    answer(&scene, &uri, &shown).await.expect("agrees");
}

#[tokio::test]
async fn no_more_is_kept_than_what_was_asked_for_and_not_without_end_for_whoever_proves_nothing() {
    let scene = Scene::set().await;
    let wordy = ShowAuthorizationRequest { scope: "openid ".repeat(5_000), ..scene.wish() };
    push(&scene, wordy).await.expect("keeps it");
    assert_eq!(scene.house.text("select scope from oauth_pushed").await, "openid");
    let wish = CreateOAuthClientRequest {
        name: "Open".into(),
        redirect_uris: vec!["https://app.example/cb".into()],
        scopes: ["openid", "user.members.read"].map(String::from).into(),
        ..Default::default()
    };
    let app = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
    let scene = Scene { app: app.expect("makes").into_inner(), ..scene };
    push(&scene, scene.wish()).await.expect("keeps it");
    let fill = "insert into oauth_pushed
                select tenant_id, sha256(n::text::bytea), client_id, redirect_uri, scope, state, nonce, challenge, prompt,
                       created_at, expires_at, used_at
                from oauth_pushed, generate_series(2, 1000) n where scope <> 'openid'";
    sqlx::query(fill).execute(&mut scene.house.admin().await).await.expect("fills");
    assert_eq!(refusal(push(&scene, scene.wish()).await).1, "busy");
    scene.house.clock.advance(Duration::from_secs(90));
    push(&scene, scene.wish()).await.expect("keeps it when they are over");
}
