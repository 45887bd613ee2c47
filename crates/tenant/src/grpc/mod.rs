//! Translation only: request to op to response.

mod brandings;
mod convert;
mod domains;
mod life_cycles;
mod plans;
mod quotas;
mod settings;
mod tenants;

use kernel::{Cx, TenantId};
use tonic::{Status, service::Routes};
use wire::{
    required,
    tenant::v1::{
        brandings_server::BrandingsServer, domains_server::DomainsServer,
        life_cycles_server::LifeCyclesServer, plans_server::PlansServer,
        quotas_server::QuotasServer, tenant_settings_server::TenantSettingsServer,
        tenants_server::TenantsServer,
    },
};

use crate::App;

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(TenantsServer::new(tenants::Rpc(app.clone())))
        .add_service(TenantSettingsServer::new(settings::Rpc(app.clone())))
        .add_service(BrandingsServer::new(brandings::Rpc(app.clone())))
        .add_service(LifeCyclesServer::new(life_cycles::Rpc(app.clone())))
        .add_service(PlansServer::new(plans::Rpc(app.clone())))
        .add_service(DomainsServer::new(domains::Rpc(app.clone())))
        .add_service(QuotasServer::new(quotas::Rpc(app.clone())))
}

/// The tenant of the call; the guard let none in without.
fn tenant(cx: &Cx) -> Result<TenantId, Status> {
    required("tenant", cx.tenant)
}
