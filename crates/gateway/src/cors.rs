//! Pages of other origins: which may read the API from a browser, for which tenant (the Fetch standard, 3.2). The settings
//! of the platform name some, and those of each tenant its own.
//!
//! They bring a bearer token: cookies are never allowed along, so no origin acts with a visitor's session.

use std::{str::FromStr, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts};

use crate::{
    client::sole,
    front::{Front, client},
    limits::{Class, Who},
    problem::Problem,
    tenancy::Tenant,
};

/// Methods that a page may use.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
/// Headers that a page may send.
const SENT: &str = "Accept, Authorization, Captcha-Response, Content-Type, Idempotency-Key, If-Match, If-None-Match, \
                    Last-Event-ID, X-Request-ID, X-Tenant-ID";
/// Headers that a page may read beside those it always may.
const READ: &str = "ETag, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID";
/// Seconds for which a browser need not ask again.
const KNOWN: &str = "600";

/// An origin whose pages may read the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigin {
    /// The slug of the one tenant it may read; every tenant unless told.
    tenant: Option<String>,
    /// As a browser writes it.
    origin: String,
}

impl AllowedOrigin {
    fn fits(&self, origin: &str, tenant: Option<&str>) -> bool {
        self.origin == origin && self.tenant.as_deref().is_none_or(|own| tenant == Some(own))
    }
}

impl FromStr for AllowedOrigin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let problem =
            "give an origin such as https://app.example.com, or slug=origin for one tenant";
        let (tenant, origin) = match text.trim().split_once('=') {
            Some((slug, origin)) => (Some(slug.trim()), origin.trim()),
            None => (None, text.trim()),
        };
        let tenant = tenant.map(|slug| kernel::Slug::parse(slug).map(|slug| slug.to_string()));
        let tenant = tenant.transpose().map_err(|_| problem)?;
        let uri: Uri = origin.parse().map_err(|_| problem)?;
        let (scheme, host) = uri.scheme_str().zip(uri.host()).ok_or(problem)?;
        let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        // A browser writes no path, no upper case, and no port that the scheme has anyway.
        let is_default =
            matches!((scheme, uri.port_u16()), ("http", Some(80)) | ("https", Some(443)));
        let written = format!("{scheme}://{host}{port}").to_ascii_lowercase();
        if !["http", "https"].contains(&scheme) || is_default || written != origin {
            return Err(problem);
        }
        Ok(Self { tenant, origin: written })
    }
}

/// Lets the pages of allowed origins read the answer, and answers their browsers' questions beforehand.
pub(crate) async fn share(State(front): State<Front>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let origin = sole(&parts.headers, header::ORIGIN.as_str());
    let is_question = parts.method == Method::OPTIONS
        && parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let (mut response, allowed) = match &origin {
        Some(origin) if is_question && may_ask(&front, &parts, origin).await => (agree(), true),
        Some(origin) if !is_question => {
            let asked = parts.clone();
            let response = next.run(Request::from_parts(parts, body)).await;
            // By now the tenant is known, and whoever asks too much was sent away.
            let floods = is_flood(&response);
            let allowed = allows(front.cors(), origin, None)
                || !floods && is_allowed(&front, &asked, origin).await;
            (response, allowed)
        }
        _ => (next.run(Request::from_parts(parts, body)).await, false),
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let origin = origin.filter(|_| allowed).and_then(|origin| HeaderValue::try_from(origin).ok());
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        tell(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, READ);
    }
    response
}

/// Whether an origin is let in: by the platform's settings anywhere, or by those of the tenant that host or path name. A
/// browser's question has no credential, and none of the headers that name a tenant; for which tenant an origin of the
/// platform's settings counts is looked at with the request itself.
async fn may_ask(front: &Front, parts: &Parts, origin: &str) -> bool {
    let Ok(client) = client(parts) else { return false };
    let charged = front.charge(Class::Read, Who::Address(client.ip)).await;
    if charged.is_some_and(|standing| standing.verdict().is_err()) {
        return false;
    }
    let is_known = front.cors().iter().any(|allowed| allowed.origin == origin);
    is_known || front.named(parts).await.is_some_and(|tenant| is_own(&tenant, origin))
}

async fn is_allowed(front: &Front, parts: &Parts, origin: &str) -> bool {
    let tenant = front.named(parts).await;
    let tenant = tenant.as_deref();
    allows(front.cors(), origin, tenant.map(|tenant| tenant.slug.as_str()))
        || tenant.is_some_and(|tenant| is_own(tenant, origin))
}

/// Whether the sender's address was sent away for asking too much.
fn is_flood(response: &Response) -> bool {
    let limit = response.extensions().get::<Problem>().and_then(Problem::policy);
    limit.is_some_and(|policy| policy.ends_with(Who::PER_ADDRESS))
}

fn allows(origins: &[AllowedOrigin], origin: &str, tenant: Option<&str>) -> bool {
    origins.iter().any(|allowed| allowed.fits(origin, tenant))
}

fn is_own(tenant: &Tenant, origin: &str) -> bool {
    tenant.allowed_origins.iter().any(|own| own == origin)
}

fn agree() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    tell(headers, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    tell(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, SENT);
    tell(headers, header::ACCESS_CONTROL_MAX_AGE, KNOWN);
    response
}

fn tell(headers: &mut HeaderMap, name: header::HeaderName, text: &'static str) {
    headers.insert(name, HeaderValue::from_static(text));
}

/// The origins that a configuration allows, shared by all requests.
pub(crate) type Origins = Arc<[AllowedOrigin]>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for text in [
            "https://app.example.com",
            "http://localhost:3000",
            "acme=https://a.example",
            "acme = http://[::1]:8080",
        ] {
            assert!(text.parse::<AllowedOrigin>().is_ok(), "{text}");
        }
        for text in [
            "",
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://*.example.com/",
            "https://a.example/",
            "https://a.example/x",
            "https://A.example",
            "https://a.example:443",
            "http://a.example:80",
            "ftp://a.example",
            "https://u@a.example",
            "Acme=https://a.example",
            "=https://a.example",
            "acme=",
            "acme=*",
        ] {
            assert!(text.parse::<AllowedOrigin>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_of_one_tenant_reads_no_other() {
        let origins = ["https://all.example", "acme=https://a.example"]
            .map(|text| text.parse().expect("origin"));
        for (origin, tenant, allowed) in [
            ("https://all.example", None, true),
            ("https://all.example", Some("beta"), true),
            ("https://a.example", Some("acme"), true),
            ("https://a.example", Some("beta"), false),
            ("https://a.example", None, false),
            ("https://a.example.evil", Some("acme"), false),
            ("http://a.example", Some("acme"), false),
            ("null", Some("acme"), false),
        ] {
            assert_eq!(allows(&origins, origin, tenant), allowed, "{origin} {tenant:?}");
        }
    }
}
