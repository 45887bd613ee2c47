//! Clients who are brought in however often the platform dies on the way.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use sandbox::Sandbox;
use serde_json::{Value, json};
use testkit::Actor;

use crate::clients::{self, Client, PASSWORD};

/// How long a restarted platform may wait for what its forerunner held.
pub(crate) const PATIENCE: Duration = testkit::PATIENCE.saturating_mul(3);

/// How long after the first look an answer is looked at again; each wait is longer than the one before.
const GLANCE: Duration = Duration::from_millis(20);

/// The longest wait between two looks.
const LONG_GLANCE: Duration = Duration::from_millis(500);

/// A client who is asked for in the same words again and again, whatever died meanwhile.
pub(crate) struct Persistent {
    sheet: String,
    email: String,
    wish: Value,
}

impl Persistent {
    pub(crate) fn new() -> Self {
        let (sheet, email, wish) = clients::wish();
        Self { sheet, email, wish }
    }

    /// The client's whole way, from wherever it stands.
    pub(crate) async fn bring_in(&self, staff: &Actor, sandbox: &Sandbox) -> Client {
        let ask = || staff.request(Method::POST, "/v1/onboarding/clients").json(&self.wish);
        let asked = insist(ask, |status, _| status == 200).await;
        let id = asked["clientId"].as_str().expect("an id").to_owned();
        let mail = sandbox.mail.wait_for(|mail| mail.is_to(&self.email), PATIENCE).await;
        let token = clients::token_in(&mail.expect("a letter comes"));
        let path = format!("/v1/invitations/{token}/accept");
        let accept = || staff.request(Method::POST, &path).json(&json!({"password": PASSWORD}));
        // The answer to the first acceptance may have been lost.
        insist(accept, |status, body| status == 200 || body["code"] == "invitation_used").await;
        let path = format!("/v1/onboarding/clients/{id}/status");
        let look = || staff.request(Method::GET, &path);
        insist(look, |_, body| body["client"]["stage"] == "active").await;
        Client { id, email: self.email.clone(), sheet: self.sheet.clone() }
    }
}

/// Asks until the answer is the wished one; a platform that dies answers in many ways.
async fn insist(ask: impl Fn() -> RequestBuilder, is_it: impl Fn(u16, &Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    let (mut last, mut glance) = (String::new(), GLANCE);
    while Instant::now() < deadline {
        if let Ok(answer) = ask().send().await {
            let status = answer.status().as_u16();
            let body = answer.json().await.unwrap_or_default();
            if is_it(status, &body) {
                return body;
            }
            last = format!("{status} {body}");
        }
        tokio::time::sleep(glance).await;
        glance = (glance * 5 / 4).min(LONG_GLANCE);
    }
    panic!("never answered as it should; at last {last}")
}
