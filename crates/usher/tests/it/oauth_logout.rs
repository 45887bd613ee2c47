//! Signing out where an app wants it, as its software and the person's browser go about it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, RequestBuilder, redirect::Policy};
use sandbox::logouts;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Actor, Platform};

use crate::steps::text;

const BACK: &str = "https://app.example/cb";
const OUT: &str = "https://app.example/out";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

/// A browser that is signed in, and shows where it is sent.
struct Browser<'a> {
    http: Client,
    platform: &'a Platform,
    cookie: String,
}

impl<'a> Browser<'a> {
    fn of(platform: &'a Platform, member: &Actor) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().expect("a client");
        let cookie = format!("usher={}", member.token().expose_secret());
        Self { http, platform, cookie }
    }

    fn get(&self, path: &str, pairs: &[(&str, &str)]) -> RequestBuilder {
        let url = format!("{}{path}", self.platform.url());
        self.http.get(url).query(pairs).header("cookie", &self.cookie)
    }

    fn post(&self, path: &str, pairs: &[(&str, &str)], site: &str) -> RequestBuilder {
        let sent = self.http.post(format!("{}{path}", self.platform.url())).form(pairs);
        sent.header("cookie", &self.cookie).header("sec-fetch-site", site)
    }
}

/// Status, where it leads, and the page.
async fn shown(request: RequestBuilder) -> (u16, String, String) {
    let answer = request.send().await.expect("answers");
    let to = answer.headers().get("location").and_then(|value| value.to_str().ok());
    let (status, to) = (answer.status().as_u16(), to.unwrap_or_default().to_owned());
    (status, to, answer.text().await.expect("a page"))
}

/// An app that the person has let in: its name, and its ID token.
async fn app(browser: &Browser<'_>, admin: &Actor, told: &str) -> (String, String) {
    let wish = json!({"name": "Calendar", "redirectUris": [BACK], "confidential": false,
                      "scopes": ["openid"], "postLogoutRedirectUris": [OUT],
                      "backchannelLogoutUri": told, "backchannelLogoutSessionRequired": true});
    let made = admin.post("/v1/oauth-clients", wish).await.json();
    let name = text(&made["client"], "clientId").to_owned();
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", name.as_str()),
        ("redirect_uri", BACK),
        ("scope", "openid"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let (_, _, page) = shown(browser.get("/oauth/authorize", &pairs)).await;
    let (_, rest) = page.split_once(r#"name="approval" value=""#).expect("a form");
    let approval = rest.split('"').next().expect("a value");
    // The form sends every field that it shows.
    pairs.extend([("state", ""), ("nonce", ""), ("request_uri", ""), ("prompt", "")]);
    pairs.extend([("approval", approval), ("answer", "yes")]);
    let (_, to, page) = shown(browser.post("/oauth/authorize", &pairs, "same-origin")).await;
    let code = to.split_once("?code=").expect(&page).1.split('&').next().expect("a code");
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("client_id", &name),
    ];
    let url = format!("{}/oauth/token", browser.platform.url());
    let granted = browser.http.post(url).form(&redeem).send().await.expect("answers");
    let granted: Value = granted.json().await.expect("JSON");
    let hint = text(&granted, "id_token").to_owned();
    (name, hint)
}

#[tokio::test]
async fn an_app_signs_its_person_out_and_every_app_is_told() {
    let trusted = vec![outbound::Trusted::parse("127.0.0.1").expect("a host")];
    let builder = Platform::builder();
    let builder = builder.settings(|all| all.outbound.outbound_trusted_hosts = trusted);
    let platform = builder.start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    let ear = logouts::start().await.expect("starts");
    let browser = Browser::of(&platform, &admin);
    let (name, hint) = app(&browser, &admin, &ear.url()).await;
    let told = platform.anonymous().get("/.well-known/openid-configuration").await.json();
    assert_eq!(told["end_session_endpoint"], format!("{}/oauth/logout", platform.url()));
    assert_eq!(told["backchannel_logout_supported"], true);
    assert_eq!(told["backchannel_logout_session_supported"], true);
    let wish = |uri| {
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", uri), ("state", "s1")]
    };
    let evil = shown(browser.get("/oauth/logout", &wish("https://evil.example/"))).await;
    assert_eq!((evil.0, evil.1.as_str()), (400, ""), "no browser is led astray");
    assert_eq!(admin.get("/v1/sessions").await.status, 200, "and nothing has ended");
    let posted = browser.post("/oauth/logout", &[("client_id", &name)], "cross-site");
    let (status, to, _) = shown(posted).await;
    assert_eq!((status, to), (303, format!("?client_id={name}")), "asked again in the address");
    let (status, to, _) = shown(browser.get("/oauth/logout", &wish(OUT))).await;
    assert_eq!((status, to), (303, format!("{OUT}?state=s1")));
    platform
        .eventually("the session ends", async || admin.get("/v1/sessions").await.status == 401)
        .await;
    platform.eventually("the app is told", async || !ear.tokens().is_empty()).await;
    let (status, to, _) = shown(browser.get("/oauth/logout", &wish(OUT))).await;
    assert_eq!((status, to), (303, format!("{OUT}?state=s1")), "once more is no trouble");
    platform.stop().await;
}

#[tokio::test]
async fn without_a_hint_the_person_is_asked_first() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    let browser = Browser::of(&platform, &admin);
    let (name, _) = app(&browser, &admin, "").await;
    let wish = [("client_id", name.as_str()), ("post_logout_redirect_uri", OUT), ("state", "s1")];
    let (status, _, page) = shown(browser.get("/oauth/logout", &wish)).await;
    assert!(status == 200 && page.contains("Calendar wants you to be signed out"), "{page}");
    assert_eq!(admin.get("/v1/sessions").await.status, 200, "looking ends nothing");
    let elsewhere = browser.post("/oauth/logout/end", &wish, "cross-site");
    assert_eq!(shown(elsewhere).await.0, 403, "another site's form");
    let (status, to, _) = shown(browser.post("/oauth/logout/end", &wish, "same-origin")).await;
    assert_eq!((status, to), (303, format!("{OUT}?state=s1")));
    platform
        .eventually("the session ends", async || admin.get("/v1/sessions").await.status == 401)
        .await;
    let (status, _, page) = shown(browser.get("/oauth/logout", &[])).await;
    assert!(status == 200 && page.contains("You are signed out"), "{page}");
    platform.stop().await;
}

#[tokio::test]
async fn whoever_signs_out_where_they_have_no_place_is_signed_out_all_the_same() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let beta = platform.tenant("Beta").await;
    let admin = acme.admin().await;
    let browser = Browser::of(&platform, &admin);
    let (_, hint) = app(&browser, &admin, "").await;
    let wish = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", OUT)];
    let there = format!("/t/{}/oauth/logout", beta.slug);
    let (status, to, _) = shown(browser.get(&there, &wish)).await;
    assert_eq!((status, to.as_str()), (303, OUT));
    platform
        .eventually("the session ends", async || admin.get("/v1/sessions").await.status == 401)
        .await;
    platform.stop().await;
}

#[tokio::test]
async fn nobody_is_told_to_be_signed_out_whose_session_goes_on_at_another_address() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    let browser = Browser::of(&platform, &admin);
    let (_, hint) = app(&browser, &admin, "").await;
    let wish = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", OUT)];
    // A host is shown the cookies that it has set, and no others.
    let elsewhere = Browser { cookie: String::new(), ..browser };
    let (status, to, page) = shown(elsewhere.get("/oauth/logout", &wish)).await;
    assert_eq!((status, to.as_str()), (409, ""));
    assert!(page.contains("You are still signed in"), "{page}");
    assert_eq!(admin.get("/v1/sessions").await.status, 200, "as it says");
    platform.stop().await;
}
