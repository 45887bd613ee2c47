//! Translation only: request to op to response.

mod convert;
mod credentials;
mod sessions;
mod standings;

use tonic::service::Routes;
use wire::auth::v1::{
    credentials_server::CredentialsServer, sessions_server::SessionsServer,
    standings_server::StandingsServer,
};

use crate::App;

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(SessionsServer::new(sessions::Rpc(app.clone())))
        .add_service(CredentialsServer::new(credentials::Rpc(app.clone())))
        .add_service(StandingsServer::new(standings::Rpc(app.clone())))
}
