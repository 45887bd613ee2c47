//! Translation only: request to op to response.

mod convert;
mod tenants;

use tonic::service::Routes;
use wire::tenant::v1::tenants_server::TenantsServer;

use crate::App;

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(TenantsServer::new(tenants::Rpc(app.clone())))
}
