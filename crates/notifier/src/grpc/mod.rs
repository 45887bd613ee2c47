//! Translation only: request to op to response.

mod convert;
mod messages;

use tonic::service::Routes;
use wire::notifier::v1::messages_server::MessagesServer;

use crate::App;

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(MessagesServer::new(messages::Rpc(app.clone())))
}
