//! An app that passes on less than it was given, as its software goes about it.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use testkit::Platform;

use crate::steps::text;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const KIND: &str = "urn:ietf:params:oauth:token-type:access_token";

async fn form(platform: &Platform, pairs: &[(&str, &str)]) -> (u16, Value) {
    let asked = Client::new().post(format!("{}/oauth/token", platform.url())).form(pairs);
    let answer = asked.send().await.expect("answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_token_is_exchanged_for_one_that_opens_less_and_ends_with_it() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    let wish = json!({"name": "Reports", "confidential": true, "grants": ["token_exchange"],
                      "scopes": ["user.members.read"]});
    let made = admin.post("/v1/oauth-clients", wish).await.json();
    let (name, secret) = (text(&made["client"], "clientId"), text(&made, "clientSecret"));
    let own = admin.post("/v1/tokens", json!({})).await.json();
    let wish = [
        ("grant_type", GRANT),
        ("subject_token", text(&own, "accessToken")),
        ("subject_token_type", KIND),
        ("client_id", name),
        ("client_secret", secret),
    ];
    let (status, given) = form(&platform, &wish).await;
    assert_eq!((status, given["issued_token_type"].as_str()), (200, Some(KIND)), "{given}");
    assert_eq!(
        (text(&given, "token_type"), text(&given, "scope")),
        ("Bearer", "user.members.read")
    );
    assert!(given.get("refresh_token").is_none());
    let (nobody, token) = (platform.anonymous(), text(&given, "access_token"));
    let read =
        async |path: &str| nobody.send(nobody.request(Method::GET, path).bearer_auth(token)).await;
    assert_eq!(read("/v1/members").await.status, 200);
    assert_eq!(read("/v1/invites").await.problem().code, "permission_denied");
    let abroad = [&wish[..], &[("audience", "https://other.example")]].concat();
    let (status, told) = form(&platform, &abroad).await;
    assert_eq!((status, text(&told, "error")), (400, "invalid_target"));
    let revoke = json!({"refreshToken": text(&own, "refreshToken")});
    assert_eq!(admin.post("/v1/tokens/revoke", revoke).await.status, 200);
    platform.eventually("it ends", async || read("/v1/members").await.status == 401).await;
    let (status, told) = form(&platform, &wish).await;
    assert_eq!((status, text(&told, "error")), (400, "invalid_request"));
    platform.stop().await;
}
