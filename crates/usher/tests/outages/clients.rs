//! Clients on their way over HTTP: asked for, invited by mail, accepted, active.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::join_all;
use sandbox::mail::Message;
use serde_json::{Value, json};
use testkit::{Actor, Platform, Response};
use uuid::Uuid;

/// A password that may be chosen.
pub(crate) const PASSWORD: &str = "seven slow barges on the canal";

/// A client on its way.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) sheet: String,
}

/// Asks for that many new clients, all at once.
pub(crate) async fn invite(staff: &Actor, count: usize) -> Vec<Client> {
    join_all((0..count).map(|_| invite_one(staff))).await
}

async fn invite_one(staff: &Actor) -> Client {
    let (sheet, email, wish) = wish();
    let answer = staff.post("/v1/onboarding/clients", wish).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let id = answer.json()["clientId"].as_str().expect("an id").to_owned();
    Client { id, email, sheet }
}

/// The spreadsheet and the address of a client nobody knows yet, and what asks for the client.
pub(crate) fn wish() -> (String, String, Value) {
    let sheet = format!("sheet-{}", Uuid::new_v4().simple());
    let email = format!("{sheet}@example.test");
    let wish = json!({
        "email": email,
        "name": "A client",
        "spreadsheetId": sheet,
        "wbToken": wb_token(&sheet),
    });
    (sheet, email, wish)
}

/// Each client accepts the invitation of the letter, all at once.
pub(crate) async fn accept(platform: &Platform, clients: &[Client]) {
    let token = async |client: &Client| token_for(platform, &client.email).await;
    accept_by(&platform.anonymous(), &join_all(clients.iter().map(token)).await).await;
}

/// The invitations behind these tokens are accepted, all at once.
pub(crate) async fn accept_by(anybody: &Actor, tokens: &[String]) {
    for answer in join_all(tokens.iter().map(|token| answer_to(anybody, token))).await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

/// Accepts one invitation.
pub(crate) async fn answer_to(anybody: &Actor, token: &str) -> Response {
    let path = format!("/v1/invitations/{token}/accept");
    anybody.post(&path, json!({"password": PASSWORD})).await
}

/// The token of the link in the first letter to this address.
pub(crate) async fn token_for(platform: &Platform, email: &str) -> String {
    token_in(&*platform.mail_for(email).await)
}

/// The token of the link in this letter.
pub(crate) fn token_in(mail: &Message) -> String {
    let link = mail.links.iter().find(|link| link.contains("/invite/"));
    let token = link.and_then(|link| link.rsplit('/').next());
    token.expect("the letter has a link").to_owned()
}

/// Waits until all of them are active.
pub(crate) async fn become_active(platform: &Platform, staff: &Actor, clients: &[Client]) {
    for client in clients {
        let path = format!("/v1/onboarding/clients/{}/status", client.id);
        let what = format!("{} becomes active", client.email);
        platform
            .eventually(&what, async || {
                let stage = staff.get(&path).await.json()["client"]["stage"].take();
                assert_ne!(stage, "failed", "{}", client.email);
                stage == "active"
            })
            .await;
    }
}

/// The whole way of that many clients.
pub(crate) async fn bring_in(platform: &Platform, staff: &Actor, count: usize) -> Vec<Client> {
    let clients = invite(staff, count).await;
    accept(platform, &clients).await;
    become_active(platform, staff, &clients).await;
    clients
}

/// A marketplace token of a seller. Only the marketplace could check its signature.
fn wb_token(seller: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let exp = jiff::Timestamp::now().as_second() + 30 * 24 * 3600;
    let head = part(json!({"alg": "ES256", "typ": "JWT"}));
    let claims = part(json!({"sid": seller, "exp": exp}));
    format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(seller))
}
