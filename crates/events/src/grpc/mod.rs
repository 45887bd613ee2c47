//! Translation only: request to op to response.

mod convert;
mod events;

use tonic::service::Routes;
use wire::events::v1::events_server::EventsServer;

use crate::App;

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(EventsServer::new(events::Rpc(app.clone())))
}
