//! An app's wish that its person signs out: read, and led back only where the app is known.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Credential;
use tonic::Status;
use wire::{
    auth::v1::{
        CreateOAuthClientRequest, EndOAuthClientRequest, EndSessionRequest, Logout,
        ReadLogoutRequest, RotateSigningKeysRequest, logouts_client::LogoutsClient,
        signing_keys_client::SigningKeysClient,
    },
    call,
};

use crate::{
    house::{ask, refusal},
    oauth::{Scene, access, apps},
};

const OUT: &str = "https://app.example/out?x=1";

/// The scene with an app that is told, there, of sessions that end.
pub(crate) async fn scene_told_at(backchannel_logout_uri: &str) -> Scene {
    with_app_told_at(Scene::set().await, backchannel_logout_uri).await
}

/// The same scene with such an app of its tenant.
pub(crate) async fn with_app_told_at(scene: Scene, backchannel_logout_uri: &str) -> Scene {
    let wish = CreateOAuthClientRequest {
        name: "Calendar".into(),
        confidential: true,
        redirect_uris: vec!["https://app.example/cb".into()],
        scopes: ["openid", "user.members.read"].map(String::from).into(),
        grants: vec!["device_code".into()],
        post_logout_redirect_uris: vec![OUT.into()],
        backchannel_logout_uri: backchannel_logout_uri.into(),
        backchannel_logout_session_required: true,
        ..Default::default()
    };
    let made = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
    let app = made.expect("makes").into_inner();
    let told = app.client.as_ref().expect("an app");
    assert_eq!(told.post_logout_redirect_uris, [OUT]);
    assert_eq!(told.backchannel_logout_uri, backchannel_logout_uri);
    assert!(told.backchannel_logout_session_required);
    Scene { app, ..scene }
}

async fn read(scene: &Scene, wish: ReadLogoutRequest) -> Result<Logout, Status> {
    let mut logouts = LogoutsClient::new(scene.house.mesh_of("gateway"));
    Ok(logouts.read_logout(ask(wish)).await?.into_inner())
}

fn back(client_id: &str, hint: &str) -> ReadLogoutRequest {
    ReadLogoutRequest {
        id_token_hint: hint.into(),
        client_id: client_id.into(),
        post_logout_redirect_uri: OUT.into(),
        state: "s t&".into(),
    }
}

#[tokio::test]
async fn an_id_token_however_old_says_who_asks_and_about_which_session() {
    let scene = scene_told_at("").await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    scene.house.clock.advance(Duration::from_secs(3_600));
    for client_id in [String::new(), scene.name()] {
        let told = read(&scene, back(&client_id, &granted.id_token)).await.expect("reads");
        assert_eq!((told.client_id, told.client_name), (scene.name(), "Calendar".into()));
        assert_eq!(told.session_id, scene.session.session_id);
        assert_eq!(told.redirect_uri, format!("{OUT}&state=s+t%26"));
        assert!(told.session_lives);
    }
    let nowhere = ReadLogoutRequest { id_token_hint: granted.id_token, ..Default::default() };
    assert_eq!(read(&scene, nowhere.clone()).await.expect("reads").redirect_uri, "");
    let request = call(&scene.house.of(&scene.session), EndSessionRequest {});
    scene.house.sessions().end_session(request).await.expect("ends");
    assert!(!read(&scene, nowhere).await.expect("reads").session_lives);
}

#[tokio::test]
async fn what_we_have_not_signed_as_an_id_token_is_no_hint() {
    let scene = scene_told_at("").await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    let (rest, _) = granted.id_token.rsplit_once('.').expect("a signature");
    let (header, _) = rest.split_once('.').expect("a header");
    let claims = URL_SAFE_NO_PAD.encode(r#"{"iss":"https://usher.example"}"#);
    for hint in [
        "",
        "x",
        &access(&granted),
        &format!("{rest}."),
        &format!("{rest}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        &format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
    ] {
        let told = read(&scene, back(&scene.name(), hint)).await.expect("reads");
        assert_eq!((told.session_id.as_str(), told.client_id), ("", scene.name()), "{hint}");
        let unnamed = read(&scene, back("", hint)).await;
        assert_eq!(refusal(unnamed).1, "redirect_unknown", "{hint}");
    }
    let id = testkit::user().to_string();
    let rights = ["auth.signing_keys.rotate"];
    let keeper = scene.house.vouched((&id, &id), None, &rights, Credential::Session);
    let request = call(&keeper, RotateSigningKeysRequest { compromised: true });
    let mut keys = SigningKeysClient::new(scene.house.mesh_of("gateway"));
    keys.rotate_signing_keys(request).await.expect("rotates");
    let told = read(&scene, back(&scene.name(), &granted.id_token)).await.expect("reads");
    assert_eq!(told.session_id, "", "its key was given up");
}

#[tokio::test]
async fn no_browser_is_led_back_but_where_the_app_is_known_to_the_letter() {
    let scene = scene_told_at("").await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    for uri in [
        "https://app.example/out",
        "https://app.example/out?x=1&y=2",
        "https://app.example/out?x=1#z",
        "https://APP.example/out?x=1",
        "http://app.example/out?x=1",
        "https://app.example/cb",
        "https://evil.example/",
        "javascript:alert(1)",
        " https://app.example/out?x=1",
    ] {
        let wish = ReadLogoutRequest {
            post_logout_redirect_uri: uri.into(),
            ..back(&scene.name(), &granted.id_token)
        };
        assert_eq!(refusal(read(&scene, wish).await).1, "redirect_unknown", "{uri}");
    }
    for (wish, reason) in [
        (back("uc_AAAA", ""), "oauth_client_not_found"),
        (back("uc_AAAA", &granted.id_token), "invalid_request"),
        (
            ReadLogoutRequest { state: "s".repeat(1_001), ..back(&scene.name(), "") },
            "invalid_request",
        ),
    ] {
        assert_eq!(refusal(read(&scene, wish).await).1, reason);
    }
    let end = EndOAuthClientRequest { oauth_client_id: scene.name() };
    apps(&scene.house).end_o_auth_client(call(&scene.admin, end)).await.expect("ends");
    let ended = read(&scene, back("", &granted.id_token)).await;
    assert_eq!(refusal(ended).1, "oauth_client_not_found");
}

#[tokio::test]
async fn addresses_for_after_signing_out_and_for_being_told_are_safe_ones() {
    let scene = Scene::set().await;
    let app = |out: &str, told: &str| CreateOAuthClientRequest {
        name: "X".into(),
        post_logout_redirect_uris: vec![out.into()],
        backchannel_logout_uri: told.into(),
        ..Default::default()
    };
    for wish in [
        app("http://app.example/out", ""),
        app("https://app.example/out#x", ""),
        app("javascript:alert(1)", ""),
        app(OUT, "http://app.example/told"),
        app(OUT, "https://user@app.example/told"),
        app(OUT, "https://app.example/told#x"),
        app(OUT, "ftp://app.example/told"),
    ] {
        let made = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
        assert_eq!(refusal(made).1, "client_refused");
    }
}
