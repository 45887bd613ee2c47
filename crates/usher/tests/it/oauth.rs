//! An app that acts for a person, as its software and the person's browser go about it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, Method, redirect::Policy};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Actor, Platform, Tenant};

use crate::steps::text;

pub(crate) const BACK: &str = "https://app.example/cb";
pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

/// A browser that is signed in, and shows where it is sent.
pub(crate) struct Browser<'a> {
    http: Client,
    platform: &'a Platform,
    cookie: String,
    /// What the path begins with.
    at: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn of(platform: &'a Platform, member: &Actor) -> Self {
        let http = Client::builder().redirect(Policy::none()).build().expect("a client");
        let cookie = format!("usher={}", member.token().expose_secret());
        Self { http, platform, cookie, at: String::new() }
    }

    /// The same browser, at the address of a tenant.
    pub(crate) fn within(self, tenant: &Tenant) -> Self {
        Self { at: format!("/t/{}", tenant.slug), ..self }
    }

    /// Where a page is.
    pub(crate) fn place(&self, path: &str) -> String {
        format!("{}{}{path}", self.platform.url(), self.at)
    }

    pub(crate) fn address(&self, pairs: &[(&str, &str)]) -> String {
        let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
        let query = pairs.collect::<Vec<_>>().join("&");
        format!("{}?{query}", self.place("/oauth/authorize"))
    }

    pub(crate) async fn look(&self, pairs: &[(&str, &str)]) -> (u16, String, String) {
        self.open(&self.address(pairs)).await
    }

    /// Opens a page: its status, where it leads or else its policy, and what it says.
    pub(crate) async fn open(&self, address: &str) -> (u16, String, String) {
        let asked = self.http.get(address).header("cookie", &self.cookie);
        let answer = asked.send().await.expect("answers");
        let header = |name: &str| {
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (status, to, policy) =
            (answer.status().as_u16(), header("location"), header("content-security-policy"));
        let body = answer.text().await.expect("a body");
        (status, if to.is_empty() { policy } else { to }, body)
    }

    /// Sends the form of the page; where it leads.
    pub(crate) async fn answer(
        &self,
        pairs: &[(&str, &str)],
        approval: &str,
        (answer, site): (&str, &str),
    ) -> (u16, String) {
        let mut form: Vec<(&str, &str)> = pairs.to_vec();
        form.extend([("approval", approval), ("answer", answer)]);
        self.send("/oauth/authorize", &form, site).await
    }

    /// Sends a form as a page of `site` does; where it leads.
    pub(crate) async fn send(
        &self,
        path: &str,
        form: &[(&str, &str)],
        site: &str,
    ) -> (u16, String) {
        let sent = self.http.post(self.place(path));
        let sent = sent.header("cookie", &self.cookie).header("sec-fetch-site", site).form(form);
        let answer = sent.send().await.expect("answers");
        let to = answer.headers().get("location").and_then(|value| value.to_str().ok());
        (answer.status().as_u16(), to.unwrap_or_default().to_owned())
    }
}

pub(crate) fn approval(page: &str) -> &str {
    let (_, rest) = page.split_once(r#"name="approval" value=""#).expect("a form");
    rest.split('"').next().expect("a value")
}

pub(crate) async fn form(platform: &Platform, path: &str, pairs: &[(&str, &str)]) -> (u16, Value) {
    let asked = Client::new().post(format!("{}{path}", platform.url())).form(pairs);
    let answer = asked.send().await.expect("answers");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_person_lets_an_app_act_within_what_it_asked_for() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    let wish = json!({"name": "<b>Calendar</b>", "redirectUris": [BACK], "confidential": true,
                      "scopes": ["openid", "email", "user.members.read"]});
    let made = admin.post("/v1/oauth-clients", wish).await.json();
    let (name, secret) = (text(&made["client"], "clientId"), text(&made, "clientSecret"));
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
    let pairs = [
        ("response_type", "code"),
        ("client_id", name),
        ("redirect_uri", BACK),
        ("scope", "openid email user.members.read"),
        ("state", "s1"),
        ("nonce", "n1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let browser = Browser::of(&platform, &admin);
    let (status, policy, page) = browser.look(&pairs).await;
    assert_eq!(status, 200, "{page}");
    assert!(policy.contains("form-action 'self' https://app.example;"), "{policy}");
    assert!(page.contains("&#60;b&#62;Calendar") && !page.contains("<b>Calendar"), "{page}");
    let approval = approval(&page).to_owned();
    let elsewhere = browser.answer(&pairs, &approval, ("yes", "cross-site")).await;
    assert_eq!(elsewhere.0, 403, "another site's form");
    let forged = browser.answer(&pairs, "forged", ("yes", "same-origin")).await;
    assert_eq!(forged.0, 403, "a form that was shown to nobody");
    let (status, to) = browser.answer(&pairs, &approval, ("no", "same-origin")).await;
    assert_eq!(status, 303);
    assert!(to.starts_with("https://app.example/cb?error=access_denied&state=s1&iss="), "{to}");
    let (status, to) = browser.answer(&pairs, &approval, ("yes", "same-origin")).await;
    assert_eq!(status, 303);
    let code = to.split_once("?code=").expect("a code").1.split('&').next().expect("a code");
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
        ("client_id", name),
        ("client_secret", secret),
    ];
    let (status, granted) = form(&platform, "/oauth/token", &redeem).await;
    assert_eq!((status, granted["token_type"].as_str()), (200, Some("Bearer")), "{granted}");
    let token = text(&granted, "access_token");
    let nobody = platform.anonymous();
    let read =
        async |path: &str| nobody.send(nobody.request(Method::GET, path).bearer_auth(token)).await;
    assert_eq!(read("/v1/members").await.status, 200);
    assert_eq!(read("/v1/invites").await.problem().code, "permission_denied", "not agreed to");
    assert_eq!(read("/v1/sessions").await.problem().code, "session_required");
    let told = read("/oauth/userinfo").await.json();
    assert_eq!((&told["sub"], &told["email"]), (&admin.user_id().into(), &admin.email().into()));
    let proof = [("client_id", name), ("client_secret", secret), ("token", token)];
    let (_, told) = form(&platform, "/oauth/introspect", &proof).await;
    assert_eq!((&told["active"], &told["client_id"]), (&true.into(), &name.into()));
    let renew = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&granted, "refresh_token")),
        ("client_id", name),
        ("client_secret", secret),
    ];
    assert_eq!(form(&platform, "/oauth/token", &renew).await.0, 200);
    assert_eq!(form(&platform, "/oauth/revoke", &proof).await.0, 200);
    platform
        .eventually("what was revoked is refused", async || read("/v1/members").await.status == 401)
        .await;
    let (_, told) = form(&platform, "/oauth/introspect", &proof).await;
    assert_eq!(told, json!({"active": false}));
    platform.stop().await;
}

#[tokio::test]
async fn the_provider_says_where_everything_is_and_refuses_in_the_words_of_the_standard() {
    let platform = Platform::start().await;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        let told = platform.anonymous().get(path).await.json();
        assert_eq!(told["issuer"], platform.url());
        assert_eq!(told["token_endpoint"], format!("{}/oauth/token", platform.url()));
        assert_eq!(told["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(told["response_types_supported"], json!(["code"]));
    }
    for (pairs, status, error) in [
        (&[("grant_type", "client_credentials")][..], 401, "invalid_client"),
        (&[("grant_type", "authorization_code"), ("client_id", "uc_x")], 401, "invalid_client"),
        (&[("a", "1"), ("a", "2")], 400, "invalid_request"),
    ] {
        let (told, body) = form(&platform, "/oauth/token", pairs).await;
        assert_eq!((told, body["error"].as_str()), (status, Some(error)), "{pairs:?}");
        assert!(body["error_description"].is_string());
    }
    let nobody = platform.anonymous();
    let json = nobody.post("/oauth/token", json!({"grant_type": "client_credentials"})).await;
    assert_eq!(json.status, 400, "{json:?}");
    let without = nobody.get("/oauth/userinfo").await;
    assert_eq!(without.status, 401);
    assert!(without.headers["www-authenticate"].to_str().expect("text").starts_with("Bearer"));
    platform.stop().await;
}
