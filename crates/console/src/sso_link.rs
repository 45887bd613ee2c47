//! Who vouches for a person: the links to providers of tenants, made and undone.

use axum::{
    extract::{Path, State},
    response::Response,
};
use gateway::{Front, Problem};
use http::HeaderMap;
use kernel::Code;
use wire::{
    Mesh,
    auth::v1::{
        BeginSsoLinkRequest, ListSsoLinksRequest, RemoveSsoLinkRequest, SsoChoice, SsoLink,
        sso_sign_ins_client::SsoSignInsClient,
    },
};

use crate::{
    factor::prove_first,
    failure::Failure,
    guest::Guest,
    page::redirect,
    show::moment,
    sso::{choices, elsewhere, leave_for},
};

/// A link as the account page shows it.
pub(crate) struct Link {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) linked: String,
}

/// The person's links, and the providers of this tenant that they are not linked with.
pub(crate) async fn known(
    mesh: &Mesh,
    guest: &Guest,
) -> Result<(Vec<Link>, Vec<SsoChoice>), Failure> {
    let listed = SsoSignInsClient::new(mesh.to("auth"))
        .list_sso_links(wire::call(guest.cx(), ListSsoLinksRequest {}))
        .await?
        .into_inner();
    let links: Vec<Link> = listed.links.into_iter().map(Link::from).collect();
    let mut offered = choices(mesh, guest).await;
    offered.retain(|choice| links.iter().all(|link| link.id != choice.connection_id));
    Ok((links, offered))
}

/// Sends the browser to the provider, to be linked when it comes back. A link and no form: a form's answer may not lead to
/// another site. Another site's link leads nowhere.
pub(crate) async fn begin(
    State(mesh): State<Mesh>,
    Path(connection_id): Path<String>,
    front: Front,
    guest: Guest,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    if headers.get("sec-fetch-site").is_some_and(|site| site != "none" && site != "same-origin") {
        let detail = "Begin on your account page; another site may not link your account.";
        return Err(Problem::new(Code::Denied, "cross_site", detail).into());
    }
    front.charge_opening(guest.visitor())?;
    if let Some(there) = elsewhere(&mesh, &guest, &connection_id).await? {
        // Coming from another host, the browser would be taken for lured here: the person begins on that account page.
        return Ok(redirect(&format!("{there}/account")));
    }
    let call = wire::call(guest.cx(), BeginSsoLinkRequest { connection_id });
    match SsoSignInsClient::new(mesh.to("auth")).begin_sso_link(call).await {
        Ok(begun) => leave_for(&guest, begun.into_inner()),
        Err(status) => prove_first(&guest, status),
    }
}

/// Undoes a link.
pub(crate) async fn remove(
    State(mesh): State<Mesh>,
    Path(connection_id): Path<String>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), RemoveSsoLinkRequest { connection_id });
    match SsoSignInsClient::new(mesh.to("auth")).remove_sso_link(call).await {
        // Undone already is as good.
        Err(status) if wire::code_of(&status).code != Code::NotFound => prove_first(&guest, status),
        _ => Ok(redirect(&guest.at("/account"))),
    }
}

impl From<SsoLink> for Link {
    fn from(link: SsoLink) -> Self {
        Self {
            linked: moment(wire::instant(link.linked_at.as_ref())),
            id: link.connection_id,
            name: link.name,
            issuer: link.issuer,
        }
    }
}
