//! Accepting an invitation by the word of the tenant's provider.

use askama::Template;
use axum::response::Response;
use gateway::{Front, sso_cookie};
use http::{StatusCode, header};
use kernel::{Actor, Cx, TenantId};
use secrecy::{ExposeSecret, SecretString};
use tonic::Status;
use wire::{
    Mesh,
    auth::v1::{
        BeginSsoSignInRequest, ListSsoChoicesRequest, ListSsoChoicesResponse, SsoChoice,
        sso_sign_ins_client::SsoSignInsClient,
    },
    user::v1::Invitation,
};

use crate::{
    failure::Failure,
    guest::Guest,
    invitation::frame,
    page::{self, Shell},
    signin::left,
    sso::THEN,
    words::Words,
};

/// A page that the browser leaves for another site by itself: the answer of a form may not lead there.
#[derive(Template)]
#[template(path = "onward.html")]
struct Onward<'a> {
    shell: Shell,
    address: &'a str,
}

/// What the page of an invitation offers, whichever tenant its address names.
pub(crate) async fn choices(mesh: &Mesh, guest: &Guest, invitation: &Invitation) -> Vec<SsoChoice> {
    match list(mesh, &outside(guest, invitation)).await {
        Ok(listed) => listed.choices,
        Err(status) => {
            tracing::warn!(%status, "the choices of single sign-on cannot be shown");
            Vec::new()
        }
    }
}

/// Sends the browser to the provider, with the invitation in what it holds until it is back.
pub(crate) async fn begin(
    mesh: &Mesh,
    front: &Front,
    guest: &Guest,
    invitation: &Invitation,
    token: &SecretString,
    connection_id: String,
) -> Result<Response, Failure> {
    front.charge_opening(guest.visitor())?;
    let cx = outside(guest, invitation);
    let token = token.expose_secret();
    let listed = list(mesh, &cx).await?;
    let choice = listed.choices.iter().find(|choice| choice.connection_id == connection_id);
    let words = Words::of(&invitation.locale);
    let name = choice.map_or("", |choice| &choice.name);
    let title = format!("{} {name}", words.or_provider);
    let onward = |address: &str| {
        page::page(StatusCode::OK, &Onward { shell: frame(guest, words, &title), address })
    };
    if choice.is_some() && guest.visitor().tenant.is_some() && guest.prefix().is_empty() {
        // At a tenant's own host: what is held there is not shown where the provider sends people back to. There the person
        // begins again.
        return Ok(onward(&format!("{}/invite/{token}", listed.public_url)));
    }
    let request = BeginSsoSignInRequest { connection_id, invitation_token: token.to_owned() };
    let begun = SsoSignInsClient::new(mesh.to("auth"))
        .begin_sso_sign_in(wire::call(&cx, request))
        .await?
        .into_inner();
    let slug = &invitation.tenant_slug;
    let held = format!("{}{THEN}/t/{slug}{THEN}{token}", begun.binding).into();
    let seconds = left(guest, wire::instant(begun.expires_at.as_ref()));
    let cookie = sso_cookie(guest.visitor().scheme, &held, seconds)?;
    let mut response = onward(&begun.url);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The page of the invitation again, which says why a provider's word did not let somebody in and offers the other ways.
pub(crate) fn page(token: &str, reason: &str) -> String {
    match reason {
        // The page finds out by itself.
        "sso_invitation_closed" => format!("/invite/{token}"),
        reason => format!("/invite/{token}?refused={reason}"),
    }
}

/// The context of whoever is invited: nobody yet, in the tenant that invites.
fn outside(guest: &Guest, invitation: &Invitation) -> Cx {
    let tenant = TenantId::parse(&invitation.tenant_id).ok();
    Cx { actor: Actor::Anonymous, passport: None, tenant, ..guest.cx().clone() }
}

async fn list(mesh: &Mesh, cx: &Cx) -> Result<ListSsoChoicesResponse, Status> {
    let call = wire::call(cx, ListSsoChoicesRequest {});
    Ok(SsoSignInsClient::new(mesh.to("auth")).list_sso_choices(call).await?.into_inner())
}
