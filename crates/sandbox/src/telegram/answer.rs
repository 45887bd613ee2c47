//! How the Bot API says no: `{"ok": false, "error_code", "description", "parameters"?}`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::fault::Told;

/// Every reason not to do what was asked. The texts are those of tdlib/telegram-bot-api where they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    InvalidToken,
    NoSuchMethod,
    ChatNotFound,
    EmptyText,
    LongText,
    Moved { to: i64 },
    Kicked,
    Blocked,
    NotStarted,
    RateLimited { retry_after: u32, told: Told },
    ServerError,
    Scripted { status: u16, description: String },
}

impl Refusal {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Refusal::InvalidToken => StatusCode::UNAUTHORIZED,
            Refusal::NoSuchMethod => StatusCode::NOT_FOUND,
            Refusal::ChatNotFound
            | Refusal::EmptyText
            | Refusal::LongText
            | Refusal::Moved { .. } => StatusCode::BAD_REQUEST,
            Refusal::Kicked | Refusal::Blocked | Refusal::NotStarted => StatusCode::FORBIDDEN,
            Refusal::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Refusal::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Refusal::Scripted { status, .. } => {
                StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    fn description(&self) -> String {
        match self {
            Refusal::RateLimited { retry_after, .. } => {
                return format!("Too Many Requests: retry after {retry_after}");
            }
            Refusal::Scripted { description, .. } => return description.clone(),
            Refusal::InvalidToken => "Unauthorized: invalid token specified",
            Refusal::NoSuchMethod => "Not Found",
            Refusal::ChatNotFound => "Bad Request: chat not found",
            Refusal::EmptyText => "Bad Request: message text is empty",
            Refusal::LongText => "Bad Request: message is too long",
            Refusal::Moved { .. } => "Bad Request: group chat was upgraded to a supergroup chat",
            Refusal::Kicked => "Forbidden: bot was kicked from the group chat",
            Refusal::Blocked => "Forbidden: bot was blocked by the user",
            Refusal::NotStarted => "Forbidden: bot can't initiate conversation with a user",
            Refusal::ServerError => "Internal Server Error",
        }
        .to_owned()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let description = self.description();
        let mut body =
            json!({"ok": false, "error_code": status.as_u16(), "description": description});
        let mut header = None;
        match self {
            Refusal::Moved { to } => body["parameters"] = json!({"migrate_to_chat_id": to}),
            Refusal::RateLimited { retry_after, told } => {
                if told != Told::Header {
                    body["parameters"] = json!({"retry_after": retry_after});
                }
                header = (told != Told::Body).then(|| HeaderValue::from(retry_after));
            }
            _ => {}
        }
        let mut response = (status, Json(body)).into_response();
        if let Some(pause) = header {
            response.headers_mut().insert(header::RETRY_AFTER, pause);
        }
        response
    }
}
