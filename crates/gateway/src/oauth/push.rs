//! What an app is going to ask a person for, kept beforehand (RFC 9126).

use axum::{
    extract::{Request, State},
    response::Response,
};
use http::StatusCode;
use serde_json::json;
use wire::auth::v1::{PushAuthorizationRequest, ShowAuthorizationRequest};

use super::{Failure, Form, Refusal, answer, auth};
use crate::{front::Front, limits::Class};

/// Answers the name of what is kept.
pub(super) async fn push(
    State(front): State<Front>,
    request: Request,
) -> Result<Response, Failure> {
    let mut form = Form::read(&front, Class::Write, request).await?;
    if form.fields.contains_key("request") {
        return Err(Refusal::request("Signed requests are not known here.").into());
    }
    let wish = ShowAuthorizationRequest {
        response_type: form.take("response_type"),
        client_id: form.client.client_id.clone(),
        redirect_uri: form.take("redirect_uri"),
        scope: form.take("scope"),
        state: form.take("state"),
        nonce: form.take("nonce"),
        code_challenge: form.take("code_challenge"),
        code_challenge_method: form.take("code_challenge_method"),
        request_uri: form.take("request_uri"),
        prompt: form.take("prompt"),
    };
    let request = PushAuthorizationRequest { client: Some(form.client), wish: Some(wish) };
    let pushed = auth(&front).push_authorization(wire::call(&form.cx, request)).await?;
    let pushed = pushed.into_inner();
    let body = json!({"request_uri": pushed.request_uri, "expires_in": pushed.expires_in});
    let mut response = answer(&body);
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}
