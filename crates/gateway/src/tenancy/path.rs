//! The tenant named by the path: `/t/<slug>/…`, which is taken off before the request is routed.

use http::Uri;

/// The slug as it stood in the path, not yet believed; travels as an extension of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix(pub(crate) String);

/// Takes `/t/<slug>` off the URI, once. `None` where the path does not begin so.
pub(crate) fn split(uri: &Uri) -> Option<(Prefix, Uri)> {
    let rest = uri.path().strip_prefix("/t/")?;
    let (slug, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    // What was a path and a query stays one.
    parts.path_and_query = Some(target.parse().ok()?);
    Some((Prefix(slug.to_owned()), Uri::from_parts(parts).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<(String, String)> {
        let uri: Uri = path.parse().expect("uri");
        split(&uri).map(|(prefix, rest)| (prefix.0, rest.to_string()))
    }

    #[test]
    fn the_prefix_is_taken_off_once_and_the_query_stays() {
        let pair = |slug: &str, rest: &str| Some((slug.to_owned(), rest.to_owned()));
        assert_eq!(of("/t/acme/v1/me?x=1&y"), pair("acme", "/v1/me?x=1&y"));
        assert_eq!(of("/t/acme"), pair("acme", "/"));
        assert_eq!(of("/t/acme/"), pair("acme", "/"));
        assert_eq!(of("/t/acme?x=1"), pair("acme", "/?x=1"));
        assert_eq!(of("/t/acme/t/other/v1/me"), pair("acme", "/t/other/v1/me"));
        assert_eq!(of("/t//v1/me"), pair("", "/v1/me"));
        assert_eq!(of("/t/%61cme/v1/me"), pair("%61cme", "/v1/me"));
        assert_eq!(of("http://h/t/acme/x"), pair("acme", "http://h/x"));
    }

    #[test]
    fn other_paths_are_left_alone() {
        for path in ["/", "/t", "/T/acme/x", "/v1/t/acme", "//t/acme", "/tt/acme"] {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
