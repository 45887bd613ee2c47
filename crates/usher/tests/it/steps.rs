//! The steps that journeys are made of: what people do over HTTP, and what is waited for.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use testkit::{Actor, Platform, Response, found};

/// A password that may be chosen.
pub(crate) const PASSWORD: &str = "nine grey herons at the weir";

/// A marketplace token of a seller that lives for another while. Only the marketplace could check its signature.
pub(crate) fn wb_token(seller: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let exp = jiff::Timestamp::now().as_second() + 30 * 24 * 3600;
    let claims = part(json!({"sid": seller, "exp": exp}));
    let signature = URL_SAFE_NO_PAD.encode(format!("signature-of-{seller}"));
    format!("{}.{claims}.{signature}", part(json!({"alg": "ES256", "typ": "JWT"})))
}

/// A word that nothing else has: a name for people, sheets and sellers.
pub(crate) fn unique(what: &str) -> String {
    format!("{what}-{}", uuid::Uuid::new_v4().simple())
}

/// Starts the onboarding of a client; answers it as it stands.
pub(crate) async fn onboard(staff: &Actor, email: &str, spreadsheet: &str) -> Value {
    let wish = json!({
        "email": email,
        "name": format!("Name of {email}"),
        "spreadsheetId": spreadsheet,
        "wbToken": wb_token(spreadsheet),
    });
    staff.post("/v1/onboarding/clients", wish).await.json()
}

/// Invites a person; answers the invitation.
pub(crate) async fn invite(staff: &Actor, email: &str, role: &str) -> Value {
    let wish = json!({"email": email, "name": format!("Name of {email}"), "role": role});
    staff.post("/v1/invites", wish).await.json()
}

/// The token of the link in the first mail to this address.
pub(crate) async fn token_for(platform: &Platform, email: &str) -> String {
    let mail = platform.mail_for(email).await;
    token_in(&mail.links).expect("the letter has a link")
}

/// The token of the link in the mail after the first `known` ones to this address.
pub(crate) async fn next_token_for(platform: &Platform, email: &str, known: usize) -> String {
    found("another mail", async || {
        let mails = platform.sandbox().mail.messages();
        let mail = mails.iter().filter(|mail| mail.is_to(email)).nth(known)?.clone();
        token_in(&mail.links)
    })
    .await
}

fn token_in(links: &[String]) -> Option<String> {
    let link = links.iter().find(|link| link.contains("/invite/"))?;
    link.rsplit('/').next().map(str::to_owned)
}

/// Accepts the invitation behind a token.
pub(crate) async fn accept(platform: &Platform, token: &str) -> Response {
    let path = format!("/v1/invitations/{token}/accept");
    platform.anonymous().post(&path, json!({"password": PASSWORD})).await
}

/// What the API says about a client's way.
pub(crate) async fn status(staff: &Actor, client: &str) -> Value {
    staff.get(&format!("/onboarding/clients/{client}/status")).await.json()
}

/// Waits until the client stands at this stage; answers its status.
pub(crate) async fn until_stage(staff: &Actor, client: &str, stage: &str) -> Value {
    found(&format!("{client} becomes {stage}"), async || {
        let status = status(staff, client).await;
        (status["client"]["stage"] == stage).then_some(status)
    })
    .await
}

/// The whole way of one client, from the invitation to `active`; answers the client.
pub(crate) async fn bring_in(platform: &Platform, staff: &Actor, email: &str) -> Value {
    let client = onboard(staff, email, &unique("sheet")).await;
    let token = token_for(platform, email).await;
    accept(platform, &token).await.json();
    until_stage(staff, text(&client, "clientId"), "active").await["client"].clone()
}

/// A text of an answer; panics with the answer where there is none.
pub(crate) fn text<'a>(answer: &'a Value, key: &str) -> &'a str {
    answer[key].as_str().unwrap_or_else(|| panic!("no {key} in {answer}"))
}
