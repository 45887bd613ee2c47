//! Translation only: request to op to response.

mod convert;
mod feed;
mod structure;

use tonic::service::Routes;
use wire::activity::v1::feed_server::FeedServer;

use crate::App;

/// The service's RPCs.
pub(crate) fn routes(app: &App) -> Routes {
    Routes::new(FeedServer::new(feed::Rpc(app.clone())))
}
