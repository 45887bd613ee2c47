//! Shows how far a client has come, at each change.

use std::time::Duration;

use futures::{Stream, stream};
use kernel::{ClientId, Cx};
use tokio::time::sleep;

use super::get_client_status::{ClientStatus, get_client_status};
use crate::{App, Result, domain::Stage};

/// How soon a client that has just changed is looked at again.
const SOON: Duration = Duration::from_millis(200);

/// How seldom one is looked at that has not changed for long.
const LATE: Duration = Duration::from_secs(2);

/// The present state, then each change, until nothing more happens by itself or the process stops. A watcher reads
/// two rows at most every fifth of a second, and less and less while nothing changes: facts alone would not do, since
/// a step's attempts tell none.
///
/// # Errors
/// Those of the first look; a later one that fails ends the stream with its error.
pub(crate) async fn watch_client_status(
    app: &App,
    cx: &Cx,
    id: ClientId,
) -> Result<impl Stream<Item = Result<ClientStatus>> + Send + use<>> {
    let first = get_client_status(app, cx, id).await?;
    let watch = Watch { app: app.clone(), cx: cx.clone(), id, next: Next::Show(first) };
    Ok(stream::unfold(watch, async |mut watch| {
        let shown = watch.next().await?;
        Some((shown, watch))
    }))
}

/// What a watcher does next.
enum Next {
    Show(ClientStatus),
    WaitFor(ClientStatus),
    Nothing,
}

struct Watch {
    app: App,
    cx: Cx,
    id: ClientId,
    next: Next,
}

impl Watch {
    async fn next(&mut self) -> Option<Result<ClientStatus>> {
        let shown = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Show(first) => Ok(first),
            Next::WaitFor(last) => self.change_of(&last).await?,
            Next::Nothing => return None,
        };
        if let Ok(status) = &shown
            && !status.is_settled()
        {
            self.next = Next::WaitFor(status.clone());
        }
        Some(shown)
    }

    /// `None` when the process stops.
    async fn change_of(&self, last: &ClientStatus) -> Option<Result<ClientStatus>> {
        let mut pause = SOON;
        loop {
            self.app.stopping.run_until_cancelled(sleep(pause)).await?;
            match get_client_status(&self.app, &self.cx, self.id).await {
                Ok(now) if now == *last => pause = (pause * 3 / 2).min(LATE),
                changed => return Some(changed),
            }
        }
    }
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
