//! Where a device without a keyboard begins (RFC 8628, sections 3.1 and 3.2).

use axum::{
    extract::{Request, State},
    response::Response,
};
use serde_json::json;
use wire::auth::v1::{BeginDeviceRequest, devices_client::DevicesClient};

use super::{Failure, Form, answer};
use crate::{front::Front, limits::Class};

/// Begins the question; the answer to the device says what it shows to its person.
pub(super) async fn begin(
    State(front): State<Front>,
    request: Request,
) -> Result<Response, Failure> {
    let mut form = Form::read(&front, Class::Write, request).await?;
    let (scope, client) = (form.take("scope"), Some(form.client));
    let asked = wire::call(&form.cx, BeginDeviceRequest { client, scope });
    let begun = DevicesClient::new(front.mesh().to("auth")).begin_device(asked).await?.into_inner();
    Ok(answer(&json!({
        "device_code": begun.device_code,
        "user_code": begun.user_code,
        "verification_uri": begun.verification_uri,
        "verification_uri_complete": format!("{}?user_code={}", begun.verification_uri, begun.user_code),
        "expires_in": begun.expires_in,
        "interval": begun.interval,
    })))
}
