//! Which proof strangers give, and how a provider is asked about one.

use std::sync::Arc;

use outbound::{
    Call, Method, Outbound, StatusCode, Url,
    header::{ACCEPT, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::domain::CaptchaRefusal;

/// Longest token of a provider that is looked at (Turnstile's have at most 2,048 characters).
const LONGEST: usize = 4_096;
/// Least score of an answer that has one (reCAPTCHA v3: 0 for a machine, 1 for a person).
const LEAST_SCORE: f64 = 0.5;

kernel::closed_set! {
    /// A provider whose `siteverify` is asked.
    pub enum CaptchaProvider {
        /// Cloudflare's.
        Turnstile = "turnstile",
        /// Intuition Machines'.
        Hcaptcha = "hcaptcha",
        /// Google's, version 2 or 3.
        Recaptcha = "recaptcha",
    }
}

/// The proof that the platform asks for. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub enum Captcha {
    /// None.
    #[default]
    Off,
    /// Work of the asking browser: a digest that begins with so many zero bits.
    Work {
        /// How many.
        difficulty: u8,
    },
    /// The answer of a provider.
    Provider(Arc<Siteverify>),
}

/// An account with a provider.
#[derive(Debug)]
pub struct Siteverify {
    /// Whose.
    pub provider: CaptchaProvider,
    /// Where its answers are checked.
    pub url: Url,
    /// The public key of its widget.
    pub site_key: String,
    /// The key by which it knows us.
    pub secret: SecretString,
    /// The hosts on which its widget may be solved, each with all below it.
    pub hosts: Vec<String>,
    /// The way to it.
    pub outbound: Outbound,
}

/// What `siteverify` answers, as far as any of the three says it.
#[derive(Debug, Deserialize)]
struct Verdict {
    success: bool,
    hostname: Option<String>,
    action: Option<String>,
    score: Option<f64>,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

impl Captcha {
    /// The word for it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Work { .. } => "work",
            Self::Provider(account) => account.provider.as_str(),
        }
    }

    /// The public key of the provider's widget.
    pub(crate) fn site_key(&self) -> &str {
        match self {
            Self::Off | Self::Work { .. } => "",
            Self::Provider(account) => &account.site_key,
        }
    }
}

impl CaptchaProvider {
    /// Where its answers are checked unless told otherwise.
    pub(crate) const fn url(self) -> &'static str {
        match self {
            Self::Turnstile => "https://challenges.cloudflare.com/turnstile/v0/siteverify",
            Self::Hcaptcha => "https://api.hcaptcha.com/siteverify",
            Self::Recaptcha => "https://www.google.com/recaptcha/api/siteverify",
        }
    }
}

impl Siteverify {
    /// Asks the provider about a token for `operation`, solved at `ip`. Whatever keeps it from saying yes is a refusal.
    ///
    /// # Errors
    /// [`CaptchaRefusal`]; `Unavailable` where the provider is away or does not know us.
    pub(crate) async fn verify(
        &self,
        operation: &str,
        token: &str,
        ip: Option<&str>,
    ) -> Result<(), CaptchaRefusal> {
        if token.is_empty() {
            return Err(CaptchaRefusal::Required);
        }
        if token.len() > LONGEST || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(CaptchaRefusal::Refused);
        }
        let verdict = self.ask(token, ip).await?;
        if verdict.success && self.fits(&verdict, operation) {
            return Ok(());
        }
        let ours = ["missing-input-secret", "invalid-input-secret", "internal-error"];
        if verdict.error_codes.iter().any(|code| ours.contains(&code.as_str())) {
            tracing::error!(provider = %self.provider, codes = ?verdict.error_codes, "a captcha provider does not serve us");
            return Err(CaptchaRefusal::Unavailable);
        }
        Err(CaptchaRefusal::Refused)
    }

    async fn ask(&self, token: &str, ip: Option<&str>) -> Result<Verdict, CaptchaRefusal> {
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let call = Call::new("captcha", "siteverify", Method::POST, self.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .body(kind, self.form(token, ip));
        let answer = self.outbound.send(call).await.map_err(|fault| {
            tracing::warn!(provider = %self.provider, %fault, "a captcha provider did not answer");
            CaptchaRefusal::Unavailable
        })?;
        let verdict = answer.json().filter(|_| answer.status < StatusCode::INTERNAL_SERVER_ERROR);
        verdict.ok_or_else(|| {
            tracing::warn!(provider = %self.provider, status = %answer.status, "a captcha provider answered what is no verdict");
            CaptchaRefusal::Unavailable
        })
    }

    fn form(&self, token: &str, ip: Option<&str>) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("secret", self.secret.expose_secret()).append_pair("response", token);
        if let Some(ip) = ip {
            form.append_pair("remoteip", ip);
        }
        form.finish()
    }

    /// Whether the token was solved on a page of ours and for this operation: otherwise it was lured from somebody.
    fn fits(&self, verdict: &Verdict, operation: &str) -> bool {
        let host = verdict.hostname.as_deref().unwrap_or_default().to_ascii_lowercase();
        let below = |known: &String| {
            host.strip_suffix(known.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let action = match verdict.action.as_deref() {
            Some(action) if !action.is_empty() => action == action_of(operation),
            // Only a Turnstile widget always says what it was solved for.
            _ => self.provider != CaptchaProvider::Turnstile,
        };
        let score = verdict.score.is_none_or(|score| score >= LEAST_SCORE);
        !host.is_empty() && self.hosts.iter().any(below) && action && score
    }
}

/// The word for an operation that a provider's widget takes: letters, digits and `_`.
fn action_of(operation: &str) -> String {
    operation.replace('.', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marked_operation_has_an_action_that_each_widget_takes() {
        for operation in wire::rules::captcha_operations() {
            let action = action_of(&operation);
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            assert!(action.len() <= 32 && action.bytes().all(plain), "{action}");
        }
    }
}
