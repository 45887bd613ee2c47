//! The REST API of a running platform, as the commands use it.

use std::{path::Path, time::Duration};

use anyhow::Context;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::cli::Target;

/// What a data folder tells about the platform that runs on it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Running {
    /// Address of the public listener.
    pub url: String,
    /// Address of the admin listener.
    pub admin_url: String,
    /// Whether the sandbox answers under `/sandbox` there.
    pub sandbox: bool,
    /// The operator's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Running {
    /// The file that holds it.
    #[must_use]
    pub fn file(data: &Path) -> std::path::PathBuf {
        data.join("platform.json")
    }

    /// Reads it from the data folder.
    ///
    /// # Errors
    /// No platform ran there.
    pub fn read(data: &Path) -> anyhow::Result<Self> {
        let file = Self::file(data);
        let text = std::fs::read_to_string(&file).with_context(|| {
            format!("no platform is known in {}; start one with `usher dev --data`", data.display())
        })?;
        serde_json::from_str(&text).with_context(|| format!("{} cannot be read", file.display()))
    }
}

/// What the platform refused, in its own words (RFC 9457).
#[derive(Debug, Clone, thiserror::Error)]
#[error("{status}: {detail} ({code})")]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable reason.
    pub code: String,
    /// The sentence.
    pub detail: String,
    /// When trying again may help.
    pub retry_after: Option<Duration>,
}

/// A client of one platform, in an operator's name.
#[derive(Clone, Debug)]
pub struct Api {
    http: reqwest::Client,
    url: String,
    token: Option<SecretString>,
    /// Where the sandbox's pages are, if the platform runs with one.
    pub sandbox: Option<String>,
}

impl Api {
    /// The platform that the options name.
    ///
    /// # Errors
    /// Neither an address nor a data folder of a running platform was given.
    pub fn of(target: &Target) -> anyhow::Result<Self> {
        let running = target.data.as_deref().map(Running::read).transpose()?;
        let url = target.url.clone().or_else(|| running.as_ref().map(|known| known.url.clone()));
        let url = url.ok_or(boot::ConfigError::Missing {
            key: "USHER_URL",
            remedy: "say which platform: --url, or --data with the folder of a running `usher dev`",
        })?;
        let token = target.token.as_ref().map(|token| token.secret().clone());
        let known = running.as_ref().and_then(|known| known.token.clone()).map(SecretString::from);
        let sandbox = running.filter(|known| known.sandbox).map(|known| known.admin_url);
        Self::new(url, token.or(known), sandbox)
    }

    /// A client of the platform at `url`.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(
        url: String,
        token: Option<SecretString>,
        sandbox: Option<String>,
    ) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), token, sandbox })
    }

    /// Asks for a resource.
    ///
    /// # Errors
    /// [`Problem`] when refused; the transport's when not answered.
    pub async fn get<T: DeserializeOwned>(
        &self,
        tenant: Option<&str>,
        path: &str,
    ) -> anyhow::Result<T> {
        self.send(Method::GET, tenant, path, None).await
    }

    /// Posts a body.
    ///
    /// # Errors
    /// [`Problem`] when refused; the transport's when not answered.
    pub async fn post<T: DeserializeOwned>(
        &self,
        tenant: Option<&str>,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<T> {
        self.send(Method::POST, tenant, path, Some(body)).await
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// [`Problem`] when refused; the transport's when not answered.
    pub async fn delete(&self, tenant: Option<&str>, path: &str) -> anyhow::Result<()> {
        let _: Value = self.send(Method::DELETE, tenant, path, None).await?;
        Ok(())
    }

    /// Posts a file, once for this key however often it is sent.
    ///
    /// # Errors
    /// [`Problem`] when refused; the transport's when not answered.
    pub async fn post_file<T: DeserializeOwned>(
        &self,
        tenant: Option<&str>,
        path: &str,
        kind: &'static str,
        file: Vec<u8>,
        key: &str,
    ) -> anyhow::Result<T> {
        let request = self.request(Method::POST, tenant, path).header("content-type", kind);
        let request = request.header("idempotency-key", key).body(file);
        self.answer(request.timeout(Duration::from_secs(60))).await
    }

    /// Every item of a list, page after page.
    ///
    /// # Errors
    /// [`Problem`] when refused; the transport's when not answered.
    pub async fn list(
        &self,
        tenant: Option<&str>,
        path: &str,
        items: &str,
    ) -> anyhow::Result<Vec<Value>> {
        let (mut all, mut after) = (Vec::new(), String::new());
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let page: Value =
                self.get(tenant, &format!("{path}{joint}pageSize=250&pageToken={after}")).await?;
            all.extend(page[items].as_array().cloned().unwrap_or_default());
            match page["nextPageToken"].as_str() {
                Some(next) if !next.is_empty() => after = next.to_owned(),
                _ => return Ok(all),
            }
        }
    }

    /// Like [`Api::post`], again and again while the platform says that later helps.
    ///
    /// # Errors
    /// [`Problem`] when refused for good, or when it was put off for two minutes.
    pub async fn post_patiently<T: DeserializeOwned>(
        &self,
        tenant: Option<&str>,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<T> {
        let begun = tokio::time::Instant::now();
        let mut pause = Duration::from_millis(200);
        loop {
            let failure = match self.post(tenant, path, body).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let wait = match failure.downcast_ref::<Problem>() {
                Some(problem) if matches!(problem.status, 429 | 503 | 504) => problem.retry_after,
                Some(_) => return Err(failure),
                None => None,
            };
            if begun.elapsed() > Duration::from_secs(120) {
                return Err(failure);
            }
            tokio::time::sleep(wait.unwrap_or(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    /// Opens a stream of server-sent events.
    ///
    /// # Errors
    /// [`Problem`] when refused; the transport's when not answered.
    pub async fn stream(
        &self,
        tenant: Option<&str>,
        path: &str,
    ) -> anyhow::Result<reqwest::Response> {
        let request = self.request(Method::GET, tenant, path).header("accept", "text/event-stream");
        let response =
            request.send().await.with_context(|| format!("no answer from {}", self.url))?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(problem(response).await.into())
        }
    }

    fn request(&self, method: Method, tenant: Option<&str>, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        if let Some(tenant) = tenant {
            request = request.header("x-tenant-id", tenant);
        }
        request
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        tenant: Option<&str>,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<T> {
        let mut request = self.request(method, tenant, path).timeout(Duration::from_secs(60));
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(request).await
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> anyhow::Result<T> {
        let response =
            request.send().await.with_context(|| format!("no answer from {}", self.url))?;
        if !response.status().is_success() {
            return Err(problem(response).await.into());
        }
        response.json().await.context("the answer is not the JSON that was expected")
    }
}

async fn problem(response: reqwest::Response) -> Problem {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body {
        code: String,
        detail: String,
        errors: Vec<Value>,
    }
    let status: StatusCode = response.status();
    let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let retry_after = after.and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let body: Body = response.json().await.unwrap_or_default();
    let fallback = status.canonical_reason().unwrap_or("refused").to_owned();
    let mut detail = if body.detail.is_empty() { fallback } else { body.detail };
    for error in &body.errors {
        if let (Some(field), Some(problem)) = (error["field"].as_str(), error["problem"].as_str())
            && !detail.contains(field)
        {
            detail.push_str(&format!("; {field} {problem}"));
        }
    }
    Problem { status: status.as_u16(), code: body.code, detail, retry_after }
}
