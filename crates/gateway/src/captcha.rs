//! The proof that no machine calls in bulk: asked for before an operation that the contract marks.

use http::HeaderMap;
use kernel::{Code, Cx};
use wire::{
    Mesh,
    auth::v1::{CheckProofRequest, captchas_client::CaptchasClient},
    code_of,
};

use crate::problem::Problem;

/// Where a caller of the API sends it.
pub(crate) const HEADER: &str = "captcha-response";
/// Longest proof that is looked at, in bytes.
const LONGEST: usize = 4096;

/// The proof of a request; empty where there is none.
pub(crate) fn sent(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let (first, second) = (values.next(), values.next());
    match (first, second) {
        (None, _) => Ok(""),
        (Some(value), None) => value.to_str().map_err(|_| refused()),
        (Some(_), Some(_)) => Err(refused()),
    }
}

/// Has the proof checked and used up. Where nobody can check it, nobody passes.
pub(crate) async fn prove(
    mesh: &Mesh,
    cx: &Cx,
    operation: &str,
    proof: &str,
) -> Result<(), Problem> {
    if proof.len() > LONGEST {
        return Err(refused());
    }
    // Asked for the gateway itself, and for no tenant.
    let asking = Cx { tenant: None, passport: None, ..cx.clone() };
    let request = CheckProofRequest { operation: operation.to_owned(), proof: proof.to_owned() };
    let checked =
        CaptchasClient::new(mesh.to("auth")).check_proof(wire::call(&asking, request)).await;
    checked.map(|_| ()).map_err(|status| match code_of(&status).code {
        Code::Denied => Problem::of_refusal(&status),
        _ => {
            tracing::warn!(error = %status, "a proof could not be checked");
            let detail = "Proofs cannot be checked at the moment; try again shortly.";
            Problem::new(Code::Unavailable, "captcha_unavailable", detail)
        }
    })
}

fn refused() -> Problem {
    let detail = "The proof does not count, or not any more; make a new one and try again.";
    Problem::new(Code::Denied, "captcha_refused", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_proof_stands_once_in_plain_text() {
        let mut headers = HeaderMap::new();
        assert_eq!(sent(&headers).expect("none is sent"), "");
        headers.insert(HEADER, "a.b.1".parse().expect("value"));
        assert_eq!(sent(&headers).expect("one is sent"), "a.b.1");
        headers.append(HEADER, "a.b.1".parse().expect("value"));
        assert_eq!(sent(&headers).expect_err("two are sent").reason(), "captcha_refused");
        headers.clear();
        headers.insert(HEADER, HeaderValue::from_bytes(b"\xe9").expect("value"));
        assert_eq!(sent(&headers).expect_err("is no text").reason(), "captcha_refused");
    }
}
