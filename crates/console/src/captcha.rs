//! The proof that a form asks for, where the platform asks for one.

use axum::response::Response;
use gateway::Front;
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use wire::{
    Mesh,
    auth::v1::{ShowCaptchaRequest, captchas_client::CaptchasClient},
};

use crate::{failure::Failure, guest::Guest};

/// What a form shows of it; the template `captcha.html` is made of this.
#[derive(Debug)]
pub(crate) struct Captcha {
    pub(crate) kind: String,
    pub(crate) site_key: String,
    pub(crate) operation: &'static str,
}

/// What a form sends of it: our own field, or that of a provider's widget.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Given {
    #[serde(default)]
    captcha_response: String,
    #[serde(default, rename = "cf-turnstile-response")]
    turnstile: String,
    #[serde(default, rename = "h-captcha-response")]
    hcaptcha: String,
    #[serde(default, rename = "g-recaptcha-response")]
    recaptcha: String,
}

impl Captcha {
    /// Asks which proof the form for this operation needs.
    pub(crate) async fn of(
        mesh: &Mesh,
        guest: &Guest,
        operation: &'static str,
    ) -> Result<Self, Failure> {
        let shown = CaptchasClient::new(mesh.to("auth"))
            .show_captcha(wire::call(guest.cx(), ShowCaptchaRequest {}))
            .await?
            .into_inner();
        Ok(Self { kind: shown.kind, site_key: shown.site_key, operation })
    }

    /// The word for the operation that a provider's widget takes.
    pub(crate) fn action(&self) -> String {
        self.operation.replace('.', "_")
    }

    /// The page, which may load the provider's widget and nothing else from outside.
    pub(crate) fn dress(&self, mut response: Response) -> Response {
        let hosts = match self.kind.as_str() {
            "turnstile" => "https://challenges.cloudflare.com",
            "hcaptcha" => "https://hcaptcha.com https://*.hcaptcha.com",
            "recaptcha" => "https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/",
            _ => return response,
        };
        let policy = format!(
            "default-src 'self'; script-src 'self' {hosts}; frame-src {hosts}; connect-src 'self' {hosts}; \
             style-src 'self' {hosts}; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'"
        );
        if let Ok(policy) = HeaderValue::try_from(policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

impl Given {
    /// Has the proof checked; what to tell the guest where it does not count.
    pub(crate) async fn prove(
        &self,
        front: &Front,
        guest: &Guest,
        operation: &str,
    ) -> Result<Option<&'static str>, Failure> {
        let fields = [&self.captcha_response, &self.turnstile, &self.hcaptcha, &self.recaptcha];
        let given = fields.into_iter().find(|field| !field.is_empty());
        let proof = given.map_or("", String::as_str);
        match front.prove(guest.visitor(), operation, proof).await {
            Ok(()) => Ok(None),
            Err(problem) if problem.status() == StatusCode::FORBIDDEN => {
                Ok(Some("It could not be seen that no machine asks in bulk. Try again."))
            }
            Err(problem) => Err(problem.into()),
        }
    }
}
