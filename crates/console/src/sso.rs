//! The way to a tenant's provider and back.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use gateway::{Front, sso_binding, sso_cookie};
use http::{HeaderMap, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use wire::{
    Mesh,
    auth::v1::{
        BeginSsoSignInRequest, FinishSsoRequest, ListSsoChoicesRequest, SsoChoice, SsoJourney,
        sso_sign_ins_client::SsoSignInsClient,
    },
};

use crate::{
    failure::Failure,
    guest::Guest,
    invited_sso,
    page::{Said, redirect, say},
    signin::{enter_with, left},
};

/// Between what the browser holds, where it goes afterwards, and the invitation that is accepted on the way.
pub(crate) const THEN: char = '~';

/// What the provider sends the browser back with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Back {
    state: String,
    code: SecretString,
    iss: String,
    error: String,
}

/// What the tenant's sign-in page offers; nothing where no tenant is named or nobody can say.
pub(crate) async fn choices(mesh: &Mesh, guest: &Guest) -> Vec<SsoChoice> {
    if guest.visitor().tenant.is_none() {
        return Vec::new();
    }
    let call = wire::call(guest.cx(), ListSsoChoicesRequest {});
    match SsoSignInsClient::new(mesh.to("auth")).list_sso_choices(call).await {
        Ok(listed) => listed.into_inner().choices,
        Err(status) => {
            tracing::warn!(%status, "the choices of single sign-on cannot be shown");
            Vec::new()
        }
    }
}

/// Sends the browser to the provider. A link and no form: a form's answer may not lead to another site.
pub(crate) async fn begin(
    State(mesh): State<Mesh>,
    Path(connection_id): Path<String>,
    front: Front,
    guest: Guest,
) -> Result<Response, Failure> {
    front.charge_opening(guest.visitor())?;
    if let Some(there) = elsewhere(&mesh, &guest, &connection_id).await? {
        return Ok(redirect(&format!("{there}/signin/sso/{connection_id}")));
    }
    let call =
        wire::call(guest.cx(), BeginSsoSignInRequest { connection_id, ..Default::default() });
    let begun = SsoSignInsClient::new(mesh.to("auth")).begin_sso_sign_in(call).await?;
    leave_for(&guest, begun.into_inner())
}

/// Sends the browser to the provider, and has it keep what it comes back with.
pub(crate) fn leave_for(guest: &Guest, begun: SsoJourney) -> Result<Response, Failure> {
    let seconds = left(guest, wire::instant(begun.expires_at.as_ref()));
    let held = format!("{}{THEN}{}", begun.binding, guest.prefix()).into();
    let cookie = sso_cookie(guest.visitor().scheme, &held, seconds)?;
    let mut response = redirect(&begun.url);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The tenant's pages where a browser has to begin that is at a tenant's own host: what it holds there is not shown where
/// the provider sends it back to.
pub(crate) async fn elsewhere(
    mesh: &Mesh,
    guest: &Guest,
    connection_id: &str,
) -> Result<Option<String>, Failure> {
    let Some(tenant) = guest.visitor().tenant.as_ref().filter(|_| guest.prefix().is_empty()) else {
        return Ok(None);
    };
    let call = wire::call(guest.cx(), ListSsoChoicesRequest {});
    let listed = SsoSignInsClient::new(mesh.to("auth")).list_sso_choices(call).await?.into_inner();
    let is_offered = listed.choices.iter().any(|choice| choice.connection_id == connection_id);
    let (url, slug) = (listed.public_url, &tenant.slug);
    Ok(is_offered.then(|| format!("{url}/t/{slug}")))
}

/// Signs in by what the browser came back with, and shows it the tenant it began in.
pub(crate) async fn back(
    State(mesh): State<Mesh>,
    Path(connection_id): Path<String>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, Failure> {
    front.charge_login(guest.visitor())?;
    let scheme = guest.visitor().scheme;
    let held = sso_binding(&headers, scheme).unwrap_or_default();
    let mut held = held.expose_secret().splitn(3, THEN);
    let [binding, prefix, invitation] = [(); 3].map(|()| held.next().unwrap_or_default());
    let request = FinishSsoRequest {
        binding: binding.into(),
        state: back.state,
        code: back.code.expose_secret().to_owned(),
        iss: back.iss,
        error: back.error,
        connection_id,
        invitation_token: invitation.into(),
    };
    let finished =
        SsoSignInsClient::new(mesh.to("auth")).finish_sso(wire::call(guest.cx(), request)).await;
    let mut response = match finished {
        Ok(session) => {
            let session = session.into_inner();
            let ends = wire::instant(session.expires_at.as_ref());
            enter_with(&guest, &session.token.into(), ends, &format!("{prefix}/"))?
        }
        Err(status) if !invitation.is_empty() => {
            redirect(&invited_sso::page(invitation, &wire::code_of(&status).reason))
        }
        Err(status) => {
            let words = match wire::code_of(&status).reason.as_str() {
                "sso_refused" => "It did not succeed, or took too long. Begin again.",
                "sso_link_first" => {
                    "There is an account with your address. Sign in to it as you do; it can be linked then."
                }
                "sso_not_admitted" => {
                    "This workspace does not let you in by this way. Ask for an invitation."
                }
                "sso_linked" => "This account, or the one at the provider, is linked already.",
                "account_disabled" => "This account is disabled.",
                _ => return Err(status.into()),
            };
            // Whoever is signed in came to be linked.
            let (title, page, back) = match guest.is_signed_in() {
                true => ("It is not linked", "account", "Back"),
                false => ("You are not signed in", "signin", "Back to sign-in"),
            };
            let address = format!("{prefix}/{page}");
            let said = Said { title, text: words, action: Some((&address, back)) };
            say(&guest, StatusCode::FORBIDDEN, &said)
        }
    };
    let cleared = sso_cookie(scheme, &SecretString::default(), 0)?;
    response.headers_mut().append(header::SET_COOKIE, cleared);
    Ok(response)
}
