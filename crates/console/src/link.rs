//! The sign-in link that `usher dev` prints: a short-lived session in an address.

use axum::{
    extract::{Path, State},
    response::Response,
};
use gateway::Problem;
use http::HeaderMap;
use kernel::{Code, Cx};
use secrecy::{ExposeSecret, SecretString};
use wire::{
    Mesh,
    auth::v1::{IdentifySessionRequest, sessions_client::SessionsClient},
};

use crate::{failure::Failure, guest::Guest, signin::enter_with};

/// Signs the browser in with the session of the link.
pub(crate) async fn enter_by_link(
    State(mesh): State<Mesh>,
    Path(token): Path<SecretString>,
    guest: Guest,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    // A link on another site could sign a reader in as somebody else; one from a terminal comes from no site.
    if headers.get("sec-fetch-site").is_some_and(|site| site != "none" && site != "same-origin") {
        let detail = "Open this link from where it was printed; another site may not sign you in.";
        return Err(Problem::new(Code::Denied, "cross_site", detail).into());
    }
    // Asked for the gateway itself: about a person, not for one, and for no tenant.
    let asking = Cx { tenant: None, passport: None, ..guest.cx().clone() };
    let request = IdentifySessionRequest { token: token.expose_secret().to_owned() };
    let identity = SessionsClient::new(mesh.to("auth"))
        .identify_session(wire::call(&asking, request))
        .await
        .map_err(|status| match wire::code_of(&status).code {
            Code::Unauthenticated | Code::NotFound | Code::Invalid | Code::Gone => {
                let detail = "This sign-in link has ended. Start Usher again for a new one.";
                Problem::new(Code::Gone, "link_ended", detail).into()
            }
            _ => Failure::from(status),
        })?;
    let ends = wire::instant(identity.into_inner().expires_at.as_ref());
    enter_with(&guest, &token, ends, "/")
}
