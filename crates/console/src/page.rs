//! What every page shares: its frame, and the headers that keep it out of caches.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::{assets, guest::Guest};

/// The frame around a page.
#[derive(Debug)]
pub(crate) struct Shell {
    /// The language of the page.
    pub(crate) lang: &'static str,
    pub(crate) title: String,
    /// What links begin with.
    pub(crate) prefix: String,
    /// The tenant's name, where the address names one.
    pub(crate) tenant: Option<String>,
    /// Whether there is a session that can be ended.
    pub(crate) signed_in: bool,
    /// Whether there is a list of tenants above this page.
    pub(crate) has_above: bool,
    /// Whether the guest may see what the tenant decides for itself.
    pub(crate) has_settings: bool,
}

impl Shell {
    /// A frame without a guest.
    pub(crate) fn plain(title: &str) -> Self {
        Self {
            lang: "en",
            title: title.to_owned(),
            prefix: String::new(),
            tenant: None,
            signed_in: false,
            has_above: false,
            has_settings: false,
        }
    }

    /// The frame as this guest sees it.
    pub(crate) fn of(guest: &Guest, title: &str) -> Self {
        Self {
            prefix: guest.prefix().to_owned(),
            tenant: guest.tenant_name(),
            signed_in: guest.is_signed_in(),
            has_settings: guest.cx().tenant.is_some() && guest.cx().may("tenant.settings.read"),
            has_above: !guest.prefix().is_empty() && guest.cx().may("tenant.tenants.read"),
            ..Self::plain(title)
        }
    }

    /// The address of one of the console's files.
    pub(crate) fn asset(&self, file: &str) -> String {
        assets::address(file)
    }
}

/// A page that says one thing.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    /// Where to go from here, as a path of the console and what the link says.
    pub(crate) action: Option<(&'a str, &'a str)>,
}

#[derive(Template)]
#[template(path = "said.html")]
struct SaidPage<'a> {
    shell: Shell,
    good: bool,
    said: &'a Said<'a>,
}

/// Says one thing to a guest.
pub(crate) fn say(guest: &Guest, status: StatusCode, said: &Said<'_>) -> Response {
    let shell = Shell::of(guest, said.title);
    page(status, &SaidPage { shell, good: status == StatusCode::OK, said })
}

/// A page, or a part of one: never kept by a cache, since it may show a secret of its reader.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => html(status, text),
        Err(problem) => {
            tracing::error!(%problem, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A rendered page.
pub(crate) fn html(status: StatusCode, text: String) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Html(text)).into_response()
}

/// Sends the browser elsewhere with GET.
pub(crate) fn redirect(address: &str) -> Response {
    let mut response =
        (StatusCode::SEE_OTHER, [(header::CACHE_CONTROL, "no-store")]).into_response();
    let address = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, address);
    response
}

/// Lets the forms of a page lead to an address that `auth` knows: a browser holds a form to its policy also where our answer
/// sends it on.
pub(crate) fn leading_to(mut response: Response, uri: &str) -> Response {
    let policy = format!(
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
         form-action 'self' {}; frame-ancestors 'none'",
        origin(uri)
    );
    let policy =
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Scheme and host of an address.
fn origin(uri: &str) -> &str {
    let Some((scheme, rest)) = uri.split_once("://") else { return "" };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    &uri[..scheme.len() + 3 + host.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_where_the_browser_is_sent() {
        assert_eq!(origin("https://a.example:8443/cb?x=1"), "https://a.example:8443");
        assert_eq!(origin("http://localhost?x"), "http://localhost");
        assert_eq!(origin("nonsense"), "");
        assert_eq!(origin(""), "");
    }
}
