//! One legacy request from its limits to its answer: the same way in as that of the API.

use axum::{extract::Request, response::Response};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{AUTHORIZATION, COOKIE},
    request::Parts,
};
use kernel::{Clock, Code};

use super::{
    call::Call,
    datasets,
    envelope::{Answer, refuse},
    input::Input,
    ozon, people,
    rows::{Deed, Row},
    sheets, tokens,
};
use crate::{
    client::sole,
    credential,
    front::{Front, Wanted, client},
    limits::Standing,
    problem::Problem,
    transcode::{LONGEST, MAX_BODY, Opens, collect, enter, idempotency_key},
};

/// Carries the token where a caller cannot send `Authorization`.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Serves `row`; the limits' headers stand on every answer.
pub(super) async fn serve(
    front: &Front,
    row: &'static Row,
    vars: Vec<(String, String)>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let request_id = client(&parts).map(|client| client.request_id.clone()).unwrap_or_default();
    let mut standing = None;
    let outcome = match lift_key(&mut parts.headers) {
        Ok(()) => answer(front, row, vars, parts, body, &mut standing).await,
        Err(problem) => Err(problem),
    };
    let mut response = match outcome {
        Ok(answer) => answer.respond(&request_id),
        Err(problem) => refuse(&problem, &request_id),
    };
    if let Some(standing) = standing {
        standing.write(response.headers_mut());
    }
    response
}

async fn answer(
    front: &Front,
    row: &'static Row,
    vars: Vec<(String, String)>,
    parts: Parts,
    body: axum::body::Body,
    standing: &mut Option<Standing>,
) -> Result<Answer, Problem> {
    let visitor =
        enter(front, &parts, row.deed.class(), (Wanted::Person, Opens::Normally), standing).await?;
    let body = collect(body, MAX_BODY).await?;
    let input = Input::read(vars, parts.uri.query().unwrap_or_default(), &body)?;
    let mut cx = visitor.cx;
    if row.deed == Deed::CreateUser {
        let key = Some(input.text("idempotency_key")?).filter(|key| !key.is_empty());
        cx.idempotency_key = idempotency_key(&parts.headers)?.or(key);
    }
    cx.deadline = Some(Clock::system().now().after(LONGEST));
    perform(row.deed, &Call { front, cx, input }).await
}

async fn perform(deed: Deed, call: &Call<'_>) -> Result<Answer, Problem> {
    match deed {
        Deed::ReadUsers => people::read_users(call).await,
        Deed::CreateUser => people::create_user(call).await,
        Deed::ReadUser => people::read_user(call).await,
        Deed::UpdateUser => people::update_user(call).await,
        Deed::ReadSheets => sheets::read_all(call).await,
        Deed::ReadSheet => sheets::read(call).await,
        Deed::AddSheet => sheets::add(call).await,
        Deed::UpdateSheet => sheets::update(call).await,
        Deed::DeleteSheet => sheets::delete(call).await,
        Deed::Register => sheets::register(call).await,
        Deed::ReadTokens => tokens::read(call).await,
        Deed::PutToken => tokens::put(call).await,
        Deed::DeleteToken => tokens::delete(call).await,
        Deed::ReadOzonKeys => ozon::read(call).await,
        Deed::PutOzonKey => ozon::put(call).await,
        Deed::DeleteOzonKey => ozon::delete(call).await,
        Deed::AddToken => tokens::add(call).await,
        Deed::ListTokens => tokens::list(call).await,
        Deed::GetToken => tokens::get(call).await,
        Deed::ReadDataset => datasets::wrapped(call, "read").await,
        Deed::UploadDataset => datasets::wrapped(call, "upload").await,
        Deed::UpdateDataset => datasets::wrapped(call, "update").await,
        Deed::ClearDataset => datasets::wrapped(call, "clear").await,
        Deed::RelayRead => datasets::bare(call, "read").await,
        Deed::RelayUpload => datasets::bare(call, "upload").await,
        Deed::RelayUpdate => datasets::bare(call, "update").await,
        Deed::Unsupported => {
            let detail = "The platform does not support this call of the legacy library.";
            Err(Problem::of_status(StatusCode::NOT_IMPLEMENTED, "not_supported", detail))
        }
    }
}

/// Makes the key of `X-Api-Key` the bearer token that it is. No browser's cookie counts here: the callers are programs.
fn lift_key(headers: &mut HeaderMap) -> Result<(), Problem> {
    headers.remove(COOKIE);
    if !headers.contains_key(&API_KEY) {
        return Ok(());
    }
    let wrong = || credential::refused("X-Api-Key stands once and holds a token.");
    let key = sole(headers, API_KEY.as_str()).ok_or_else(wrong)?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| wrong())?;
    bearer.set_sensitive(true);
    headers.remove(&API_KEY);
    match headers.get(AUTHORIZATION) {
        None => {
            headers.insert(AUTHORIZATION, bearer);
            Ok(())
        }
        Some(shown) if *shown == bearer => Ok(()),
        Some(_) => {
            let detail = "Authorization and X-Api-Key hold different tokens; send one of them.";
            Err(Problem::new(Code::Unauthenticated, "bad_credential", detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifted(pairs: &[(&'static str, &'static str)]) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        lift_key(&mut headers).map_err(|problem| problem.reason().to_owned())?;
        assert!(!headers.contains_key(COOKIE));
        Ok(headers.get(AUTHORIZATION).map(|value| value.to_str().expect("text").to_owned()))
    }

    #[test]
    fn a_key_is_the_bearer_token_and_two_that_differ_are_refused() {
        assert_eq!(lifted(&[("x-api-key", "t1")]), Ok(Some("Bearer t1".into())));
        assert_eq!(lifted(&[("cookie", "usher=t1")]), Ok(None));
        let same = [("x-api-key", "t1"), ("authorization", "Bearer t1")];
        assert_eq!(lifted(&same), Ok(Some("Bearer t1".into())));
        for wrong in [
            [("x-api-key", "t1"), ("authorization", "Bearer t2")],
            [("x-api-key", "t1"), ("x-api-key", "t1")],
        ] {
            assert_eq!(lifted(&wrong), Err("bad_credential".into()));
        }
    }
}
