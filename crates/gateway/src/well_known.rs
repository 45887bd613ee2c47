//! `/.well-known/security.txt`: where finders of weaknesses may write to (RFC 9116).

use std::{str::FromStr, time::Duration};

use axum::{Router, extract::State, response::IntoResponse, routing::get};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use kernel::Clock;

/// For how long the file says it holds; told anew with each reading (RFC 9116, 2.5.5 recommends less than a year).
const HOLDS: Duration = Duration::from_secs(180 * 24 * 3600);

/// A `mailto:` or `https:` address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityContact(String);

impl FromStr for SecurityContact {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("mailto:").or_else(|| text.strip_prefix("https://"));
        match rest {
            Some(rest) if !rest.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(
                "give an address such as mailto:security@example.com or https://example.com/security",
            ),
        }
    }
}

/// The file, where there is somebody to write to.
pub(crate) fn router(contact: Option<&SecurityContact>, clock: &Clock) -> Router {
    match contact {
        None => Router::new(),
        Some(contact) => Router::new()
            .route("/.well-known/security.txt", get(file))
            .with_state((contact.clone(), clock.clone())),
    }
}

async fn file(
    State((SecurityContact(contact), clock)): State<(SecurityContact, Clock)>,
) -> impl IntoResponse {
    let expires = clock.now().after(HOLDS).jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\n");
    let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "max-age=86400")];
    (kind, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_a_letter_or_a_page() {
        for text in ["mailto:security@example.com", "https://example.com/security"] {
            assert!(text.parse::<SecurityContact>().is_ok(), "{text}");
        }
        for text in [
            "",
            "security@example.com",
            "http://example.com",
            "mailto:",
            "https://",
            "mailto:a@b\nX: y",
            "mailto:a b",
        ] {
            assert!(text.parse::<SecurityContact>().is_err(), "{text}");
        }
    }
}
