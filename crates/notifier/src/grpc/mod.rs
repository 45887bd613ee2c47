//! Translation only: request to op to response.

mod bounces;
mod convert;
mod messages;
mod recipients;

use tonic::service::Routes;
use wire::notifier::v1::{
    bounces_server::BouncesServer, messages_server::MessagesServer,
    recipients_server::RecipientsServer,
};

use crate::App;

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(MessagesServer::new(messages::Rpc(app.clone())))
        .add_service(RecipientsServer::new(recipients::Rpc(app.clone())))
        .add_service(BouncesServer::new(bounces::Rpc(app.clone())))
}
