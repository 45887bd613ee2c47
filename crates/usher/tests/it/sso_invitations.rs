//! An invitation, accepted by the word of the tenant's own provider, as a browser goes.

use reqwest::{Client, RequestBuilder, redirect::Policy};
use sandbox::openid::{self, Person};
use serde_json::{Value, json};
use testkit::Platform;

use crate::steps::{invite, text, token_for};

/// Where an answer sends a browser, what it has it keep, and what it shows.
struct Seen {
    status: u16,
    to: String,
    cookie: String,
    text: String,
}

fn browser() -> Client {
    Client::builder().redirect(Policy::none()).build().expect("a client")
}

/// Opens an address as a person's browser does, with what it keeps.
async fn open(url: &str, cookie: &str) -> Seen {
    see(browser().get(url).header("cookie", cookie)).await
}

/// Goes on with a provider, by the form of the invitation's page and the page that it leads to.
async fn go_on(page: &str, connection: &str) -> Seen {
    let form = browser().post(page).body(format!("with={connection}"));
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let mut seen = see(form.header("sec-fetch-site", "same-origin")).await;
    let to = seen.text.split_once("; url=").and_then(|(_, rest)| rest.split_once('"'));
    seen.to = to.map(|(to, _)| to.replace("&#38;", "&")).unwrap_or_default();
    seen
}

async fn see(request: RequestBuilder) -> Seen {
    let request = request.header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document");
    let answer = request.send().await.expect("answers");
    let header = |name: &str| {
        let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (to, cookie) = (header("location"), header("set-cookie"));
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let status = answer.status().as_u16();
    Seen { status, to, cookie, text: answer.text().await.expect("comes to its end") }
}

#[tokio::test]
async fn somebody_invited_comes_in_by_the_tenants_provider_in_one_way_there_and_back() {
    let trusted = vec![outbound::Trusted::parse("127.0.0.1").expect("a host")];
    let builder = Platform::builder();
    let builder = builder.settings(|all| all.outbound.outbound_trusted_hosts = trusted);
    let platform = builder.start().await;
    let acme = platform.tenant("Acme").await;
    let owner = acme.member("owner").await;
    let back = format!("{}/signin/sso/back", platform.url());
    let provider = openid::start("a secret", &back).await.expect("starts");
    let wish = json!({
        "name": "School's own",
        "issuer": provider.issuer(),
        "clientId": openid::CLIENT,
        "clientSecret": "a secret",
        "enabled": true,
    });
    let connection = owner.post("/v1/sso-connections", wish).await.json();
    let noted = owner.request(reqwest::Method::PUT, "/v1/invite-policy");
    owner.send(noted.json(&json!({"openingsNoted": true}))).await.json();
    let invited = invite(&owner, "ann@school.example", "operator").await;
    let token = token_for(&platform, "ann@school.example").await;

    let page = format!("{}/invite/{token}", platform.url());
    let shown = open(&page, "").await;
    let connection = text(&connection, "connectionId");
    assert!(shown.status == 200 && shown.text.contains(connection), "{}", shown.text);
    let lured = open(&format!("{page}?with={connection}"), "").await;
    assert!(lured.status == 200 && lured.cookie.is_empty(), "no address begins anything");
    // Somebody else at the provider's browser: nothing is accepted, and the page says why.
    for (person, end) in [
        (Person::new("eve-2", "eve@school.example"), "?refused=sso_other_address"),
        (Person::new("ann-1", "ann@school.example"), ""),
    ] {
        let gone = go_on(&page, connection).await;
        assert!(gone.status == 200 && gone.to.starts_with(provider.issuer()), "{}", gone.to);
        assert!(gone.cookie.ends_with(&token), "what the browser holds carries the invitation");
        provider.seat(Some(person));
        let sent_back = open(&gone.to, "").await;
        let stranger = open(&sent_back.to, "").await;
        assert!(stranger.status == 403, "another browser brings nobody in: {}", stranger.status);
        let gone = go_on(&page, connection).await;
        let sent_back = open(&gone.to, "").await;
        let ended = open(&sent_back.to, &gone.cookie).await;
        assert_eq!(ended.status, 303);
        if end.is_empty() {
            assert_eq!(ended.to, format!("/t/{}/", acme.slug));
            assert!(ended.cookie.starts_with("usher="), "a session");
            let home = open(&format!("{}{}", platform.url(), ended.to), &ended.cookie).await;
            assert_eq!(home.status, 200, "is let in");
        } else {
            assert_eq!(ended.to, format!("/invite/{token}{end}"));
            let told = open(&format!("{}{}", platform.url(), ended.to), "").await;
            assert!(told.text.contains("another address than the invited one"));
            let path = format!("/v1/invites/{}", text(&invited, "inviteId"));
            assert_eq!(owner.get(&path).await.json()["status"], "pending");
        }
    }
    let events = format!("/v1/invites/{}/events", text(&invited, "inviteId"));
    let events = owner.get(&events).await.json();
    let kinds: Vec<&Value> =
        events["events"].as_array().expect("a list").iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "opened").count(), 1, "{kinds:?}");
    assert_eq!(**kinds.last().expect("some"), json!("accepted"));
    let again = go_on(&page, connection).await;
    assert_eq!(again.status, 410, "the link is used");
    platform.stop().await;
}
