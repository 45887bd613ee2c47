//! The REST API as the load uses it: three requests, over connections that are kept.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{child::Child, load::AT_ONCE};

/// The tenant that `usher dev` seeds.
const TENANT: &str = "demo";

/// A platform, in the name of its operator.
pub(crate) struct Door {
    http: reqwest::Client,
    url: String,
    token: String,
    /// Tells the addresses of this door from those of others.
    mark: String,
    invited: AtomicU64,
}

impl Door {
    /// The way into `child` for the bearer of `token`.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub(crate) fn new(child: &Child, token: String) -> Result<Self> {
        let http = reqwest::Client::builder().pool_max_idle_per_host(AT_ONCE);
        Ok(Self {
            http: http.build()?,
            url: child.url.clone(),
            token,
            mark: Uuid::now_v7().simple().to_string(),
            invited: AtomicU64::new(0),
        })
    }

    /// Shows a member: gateway, gRPC, a select under row-level security.
    pub(crate) async fn read(&self, member: &str) -> Result<Value> {
        let path = format!("{}/v1/members/{member}", self.url);
        answer(self.authorized(self.http.get(path))).await
    }

    /// Invites somebody new: the row, its audit row and its fact.
    pub(crate) async fn invite(&self) -> Result<Value> {
        let number = self.invited.fetch_add(1, Ordering::Relaxed);
        let wish = json!({
            "email": format!("person-{number}@{}.example", self.mark),
            "name": "Somebody Invited",
            "role": "user",
            "locale": "en",
        });
        let request = self.http.post(format!("{}/v1/invites", self.url));
        answer(self.authorized(request).json(&wish)).await
    }

    /// Accepts as the invited person does, with nothing but the link.
    pub(crate) async fn accept(&self, token: &str) -> Result<Value> {
        let path = format!("{}/v1/invitations/{token}/accept", self.url);
        let body = json!({"password": "nine lanterns over a quiet fjord"});
        answer(self.http.post(path).json(&body)).await
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.token).header("x-tenant-id", TENANT)
    }
}

async fn answer(request: RequestBuilder) -> Result<Value> {
    let response = request.send().await.context("no answer")?;
    let status = response.status();
    let body: Value = response.json().await.context("the answer is not JSON")?;
    if !status.is_success() {
        bail!("the platform refused with {status}: {}", body["detail"]);
    }
    Ok(body)
}
