//! Shows how far a client has come, at each change.

use futures::{FutureExt, Stream};
use kernel::{ClientId, Cx};

use super::{
    get_client_status::{ClientStatus, get_client_status},
    watch::watch,
};
use crate::{App, Result, domain::Stage};

/// The present state, then each change, until nothing more happens by itself or the process stops.
///
/// # Errors
/// Those of the first look; a later one that fails ends the stream with its error.
pub(crate) async fn watch_client_status(
    app: &App,
    cx: &Cx,
    id: ClientId,
) -> Result<impl Stream<Item = Result<ClientStatus>> + Send + use<>> {
    let first = get_client_status(app, cx, id).await?;
    let (looking, cx) = (app.clone(), cx.clone());
    let look = move || {
        let (app, cx) = (looking.clone(), cx.clone());
        async move { get_client_status(&app, &cx, id).await }.boxed()
    };
    Ok(watch(app.stopping.clone(), first, ClientStatus::is_settled, Box::new(look)))
}

impl ClientStatus {
    /// Whether nothing more happens by itself.
    fn is_settled(&self) -> bool {
        let ended = matches!(
            self.client.stage,
            Stage::Active | Stage::Failed | Stage::Expired | Stage::Revoked
        );
        ended && !self.job.as_ref().is_some_and(super::begin_run::is_open)
    }
}
