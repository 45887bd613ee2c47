//! A device without a keyboard, as it and the person's browser go about it.

use reqwest::{Client, Method};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Actor, Platform};

use crate::steps::text;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn form(platform: &Platform, path: &str, pairs: &[(&str, &str)]) -> (u16, Value) {
    let asked = Client::new().post(format!("{}{path}", platform.url())).form(pairs);
    let answer = asked.send().await.expect("answers");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// What a signed-in browser is shown.
async fn look(platform: &Platform, member: &Actor, path: &str) -> (u16, String) {
    let asked = Client::new().get(format!("{}{path}", platform.url()));
    let cookie = format!("usher={}", member.token().expose_secret());
    let answer = asked.header("cookie", cookie).send().await.expect("answers");
    (answer.status().as_u16(), answer.text().await.expect("a page"))
}

/// Sends the form of the page, from a page of this site or another.
async fn send(
    platform: &Platform,
    member: &Actor,
    pairs: &[(&str, &str)],
    site: &str,
) -> (u16, String) {
    let sent = Client::new().post(format!("{}/device", platform.url())).form(pairs);
    let cookie = format!("usher={}", member.token().expose_secret());
    let sent = sent.header("cookie", cookie).header("sec-fetch-site", site);
    let answer = sent.send().await.expect("answers");
    (answer.status().as_u16(), answer.text().await.expect("a page"))
}

fn approval(page: &str) -> &str {
    let (_, rest) = page.split_once(r#"name="approval" value=""#).expect("a form");
    rest.split('"').next().expect("a value")
}

#[tokio::test]
async fn a_person_lets_a_device_act_by_typing_what_it_shows() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    let wish = json!({"name": "<b>Television</b>", "confidential": false, "grants": ["device_code"],
                      "scopes": ["openid", "user.members.read"]});
    let made = admin.post("/v1/oauth-clients", wish).await.json();
    let name = text(&made["client"], "clientId");
    let told = platform.anonymous().get("/.well-known/openid-configuration").await.json();
    let at = text(&told, "device_authorization_endpoint").strip_prefix(platform.url());
    let at = at.expect("an address of ours").to_owned();
    assert!(told["grant_types_supported"].as_array().expect("a list").contains(&GRANT.into()));
    let wish = [("client_id", name), ("scope", "openid user.members.read")];
    let (status, begun) = form(&platform, &at, &wish).await;
    assert_eq!((status, &begun["interval"]), (200, &5.into()), "{begun}");
    let poll =
        [("grant_type", GRANT), ("client_id", name), ("device_code", text(&begun, "device_code"))];
    let (status, told) = form(&platform, "/oauth/token", &poll).await;
    assert_eq!((status, text(&told, "error")), (400, "authorization_pending"));
    let (status, told) = form(&platform, "/oauth/token", &poll).await;
    assert_eq!((status, text(&told, "error")), (400, "slow_down"));
    let page = text(&begun, "verification_uri_complete").strip_prefix(platform.url());
    let page = page.expect("an address of ours");
    assert_eq!(platform.anonymous().get(page).await.status, 303, "to sign in first");
    assert_eq!(look(&platform, &admin, "/device").await.0, 200);
    let (status, wrong) = look(&platform, &admin, "/device?user_code=BCDFGHJK").await;
    assert_eq!(status, 404, "{wrong}");
    let (status, shown) = look(&platform, &admin, page).await;
    let user_code = text(&begun, "user_code");
    assert!(status == 200 && shown.contains(user_code), "{shown}");
    assert!(shown.contains("&#60;b&#62;Television") && !shown.contains("<b>Television"), "{shown}");
    let answer = |approval| [("user_code", user_code), ("approval", approval), ("answer", "yes")];
    let approval = approval(&shown);
    let elsewhere = send(&platform, &admin, &answer(approval), "cross-site").await;
    assert_eq!(elsewhere.0, 403, "another site's form");
    let forged = send(&platform, &admin, &answer("forged"), "same-origin").await;
    assert_eq!(forged.0, 403, "a form that was shown to nobody");
    let (status, said) = send(&platform, &admin, &answer(approval), "same-origin").await;
    assert_eq!(status, 200, "{said}");
    let (status, granted) = form(&platform, "/oauth/token", &poll).await;
    assert_eq!((status, text(&granted, "token_type")), (200, "Bearer"), "{granted}");
    let (nobody, token) = (platform.anonymous(), text(&granted, "access_token"));
    let read = nobody.request(Method::GET, "/v1/members").bearer_auth(token);
    assert_eq!(nobody.send(read).await.status, 200);
    let (status, told) = form(&platform, "/oauth/token", &poll).await;
    assert_eq!((status, text(&told, "error")), (400, "invalid_grant"), "once");
    platform.stop().await;
}

#[tokio::test]
async fn a_device_is_refused_in_the_words_of_the_standard() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    let wish = json!({"name": "Calendar", "confidential": false, "scopes": ["openid"]});
    let made = admin.post("/v1/oauth-clients", wish).await.json();
    let name = text(&made["client"], "clientId");
    for (pairs, status, error) in [
        (&[("scope", "openid")][..], 401, "invalid_client"),
        (&[("client_id", name), ("scope", "openid")], 400, "unauthorized_client"),
        (&[("client_id", name), ("scope", "a"), ("scope", "b")], 400, "invalid_request"),
    ] {
        let (told, body) = form(&platform, "/oauth/device", pairs).await;
        assert_eq!((told, text(&body, "error")), (status, error), "{pairs:?}");
    }
    platform.stop().await;
}
