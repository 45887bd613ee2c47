//! Parts of a page that renew themselves every second, and stand still while nothing changes.

use std::hash::{DefaultHasher, Hash, Hasher};

use askama::Template;
use axum::response::{IntoResponse, Response};
use gateway::Problem;
use http::{StatusCode, header};
use kernel::Code;

use crate::{failure::Failure, page::html};

/// A part and the address it is renewed from.
#[derive(Template)]
#[template(path = "live.html")]
struct Live<'a> {
    address: &'a str,
    version: &'a str,
    content: &'a str,
}

/// The part as it stands in a page. `address` must already have a query.
pub(crate) fn embed(address: &str, content: &impl Template) -> Result<String, Failure> {
    let content = render(content)?;
    render(&Live { address, version: &version(&content), content: &content })
}

/// The part as an answer to the page that shows it in version `seen`: nothing at all while nothing has changed, so that
/// focus and selection stay.
pub(crate) fn renew(
    address: &str,
    content: &impl Template,
    seen: &str,
) -> Result<Response, Failure> {
    let content = render(content)?;
    let version = version(&content);
    if version == seen {
        return Ok((StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response());
    }
    let live = render(&Live { address, version: &version, content: &content })?;
    Ok(html(StatusCode::OK, live))
}

fn version(content: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn render(template: &impl Template) -> Result<String, Failure> {
    template.render().map_err(|problem| {
        tracing::error!(%problem, "a part of a page cannot be rendered");
        Problem::new(Code::Internal, "unrendered", "The page cannot be shown.").into()
    })
}
