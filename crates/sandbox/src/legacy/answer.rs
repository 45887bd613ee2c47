//! How the backend says no: a status and the envelope `{"success": false, "message": ...}`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::json;

/// Every reason not to serve a call.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    Missing(&'static str),
    BadJson,
    BodyTooLarge,
    Unauthorized,
    Forbidden,
    NotRegistered,
    Inactive,
    NoSuchPath,
    RateLimited {
        retry_after: Option<u32>,
    },
    TokenAddFailed,
    ServerError,
    Scripted {
        status: u16,
        message: String,
    },
    /// Of a proxy that stands in front.
    Gateway {
        status: u16,
    },
    Redirect {
        location: String,
    },
}

impl Refusal {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Refusal::Missing(_) | Refusal::BadJson | Refusal::BodyTooLarge => {
                StatusCode::BAD_REQUEST
            }
            Refusal::Unauthorized => StatusCode::UNAUTHORIZED,
            Refusal::Forbidden | Refusal::NotRegistered | Refusal::Inactive => {
                StatusCode::FORBIDDEN
            }
            Refusal::NoSuchPath => StatusCode::NOT_FOUND,
            Refusal::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Refusal::TokenAddFailed | Refusal::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Refusal::Redirect { .. } => StatusCode::TEMPORARY_REDIRECT,
            Refusal::Scripted { status, .. } | Refusal::Gateway { status } => {
                StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    fn message(&self) -> String {
        match self {
            Refusal::Missing(field) => return format!("{field} is required"),
            Refusal::Scripted { message, .. } => return message.clone(),
            Refusal::BadJson => "invalid json",
            Refusal::BodyTooLarge => "body too large",
            Refusal::Unauthorized => "unauthorized",
            Refusal::Forbidden => "forbidden",
            Refusal::NotRegistered => "spreadsheet is not registered",
            Refusal::Inactive => "spreadsheet is inactive",
            Refusal::NoSuchPath => "not found",
            Refusal::RateLimited { .. } => "rate limit exceeded",
            Refusal::TokenAddFailed => "token add failed",
            Refusal::ServerError => "internal server error",
            Refusal::Gateway { .. } => "bad gateway",
            Refusal::Redirect { .. } => "moved",
        }
        .to_owned()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Refusal::Gateway { .. } = self {
            return (self.status(), Html("<html><body><h1>nginx</h1></body></html>"))
                .into_response();
        }
        let body = Json(json!({"success": false, "message": self.message()}));
        let mut response = (self.status(), body).into_response();
        if let Refusal::RateLimited { retry_after: Some(seconds) } = &self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        if let Refusal::Redirect { location } = &self
            && let Ok(location) = HeaderValue::from_str(location)
        {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}
