//! The first page: a tenant's onboardings, or the tenants to choose from.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Response,
};
use http::StatusCode;
use serde::Deserialize;
use wire::{
    Mesh,
    tenant::v1::{ListTenantsRequest, Tenant, tenants_client::TenantsClient},
};

use crate::{
    failure::Failure,
    guest::Guest,
    onboardings,
    page::{Shell, page},
};

/// Which part of which list.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    /// Only this stage.
    #[serde(default)]
    pub(crate) stage: String,
    /// Where the page begins.
    #[serde(default)]
    pub(crate) after: String,
    /// The version that the browser shows.
    #[serde(default)]
    pub(crate) seen: String,
}

#[derive(Template)]
#[template(path = "tenants.html")]
struct Page {
    shell: Shell,
    tenants: Vec<Tenant>,
    next: Option<String>,
    may_choose: bool,
    may_count: bool,
}

/// Shows what the address is about.
pub(crate) async fn home(
    State(mesh): State<Mesh>,
    Query(asked): Query<Asked>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    if guest.cx().tenant.is_some() {
        return onboardings::page(&mesh, &guest, &asked).await;
    }
    let may_choose = guest.cx().may("tenant.tenants.read");
    let (mut tenants, mut next) = (Vec::new(), None);
    if may_choose {
        let request = ListTenantsRequest {
            page_size: 100,
            page_token: asked.after,
            ..ListTenantsRequest::default()
        };
        let call = wire::call(guest.cx(), request);
        let listed = TenantsClient::new(mesh.to("tenant")).list_tenants(call).await?.into_inner();
        tenants = listed.tenants;
        next = Some(listed.next_page_token).filter(|token| !token.is_empty());
    }
    let shell = Shell::of(&guest, "Workspaces");
    let may_count = guest.cx().may("provisioning.rollout.read");
    Ok(page(StatusCode::OK, &Page { shell, tenants, next, may_choose, may_count }))
}
