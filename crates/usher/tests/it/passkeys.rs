//! Passkeys over HTTP: the first one of somebody invited, and those beside a password.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Authenticator, Platform};

use crate::steps::{invite, text, token_for};

/// A device whose browser shows the platform's pages: a machine's own address goes by the name `localhost` there.
fn device(platform: &Platform) -> Authenticator {
    Authenticator::new(&platform.url().replace("127.0.0.1", "localhost"))
}

async fn sign_in(platform: &Platform, device: &mut Authenticator) -> Value {
    let nobody = platform.anonymous();
    let begun = nobody.post("/v1/passkey-sign-ins", json!({})).await.json();
    let credential = device.get(text(&begun, "options"));
    let wish = json!({"token": text(&begun, "token"), "credential": credential});
    nobody.post("/v1/passkey-sign-ins/finish", wish).await.json()
}

#[tokio::test]
async fn somebody_invited_comes_in_by_a_passkey_and_signs_in_without_a_password() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    invite(&admin, "ann@example.test", "client").await;
    let token = token_for(&platform, "ann@example.test").await;
    let nobody = platform.anonymous();
    let begun = nobody.post(&format!("/v1/invitations/{token}/passkey"), json!({})).await.json();
    let mut device = device(&platform);
    let accept = json!({
        "passkeyToken": text(&begun, "passkeyToken"),
        "passkeyCredential": device.create(text(&begun, "options")),
    });
    let path = format!("/v1/invitations/{token}/accept");
    let accepted = nobody.post(&path, accept.clone()).await.json();
    let again = nobody.post(&path, accept).await.problem();
    assert_eq!((again.status, again.code.as_str()), (410, "invitation_used"));
    let session = sign_in(&platform, &mut device).await;
    assert_eq!(session["userId"], accepted["userId"]);
    let me = nobody.request(Method::GET, "/v1/me/factors").bearer_auth(text(&session, "token"));
    let set = nobody.send(me).await.json();
    assert_eq!(set["passkeys"], 1);
    assert_ne!(set["password"], true);
    platform.stop().await;
}

#[tokio::test]
async fn a_member_adds_a_passkey_and_needs_it_beside_the_password_from_then_on() {
    let platform = Platform::start().await;
    let member = platform.tenant("Acme").await.member("user").await.outside();
    let mut device = device(&platform);
    let begun = member.post("/v1/me/passkeys/begin", json!({})).await.json();
    let wish = json!({
        "token": text(&begun, "token"),
        "credential": device.create(text(&begun, "options")),
        "name": "Phone",
    });
    let added = member.post("/v1/me/passkeys", wish).await.json();
    assert_eq!(added["recoveryCodes"].as_array().expect("codes").len(), 10);
    let nobody = platform.anonymous();
    let wish = json!({"email": member.email(), "password": member.password()});
    let waiting = nobody.post("/v1/sessions", wish).await.json();
    assert_eq!(waiting["secondFactorRequired"], true);
    let token = text(&waiting, "token");
    let begun = nobody.post("/v1/sessions/confirm/passkey", json!({"sessionToken": token})).await;
    let begun = begun.json();
    let wish = json!({
        "sessionToken": token,
        "token": text(&begun, "token"),
        "credential": device.get(text(&begun, "options")),
    });
    let session = nobody.post("/v1/sessions/confirm/passkey/finish", wish).await.json();
    assert_eq!(session["userId"], member.user_id());
    assert_eq!(sign_in(&platform, &mut device).await["userId"], member.user_id());
    platform.stop().await;
}
