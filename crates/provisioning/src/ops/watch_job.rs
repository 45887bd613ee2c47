//! Shows a job, at each change.

use futures::{FutureExt, Stream};
use kernel::{Cx, JobId};

use super::{
    get_job::{JobView, get_job},
    watch::watch,
};
use crate::{App, Result};

/// The present state, then each change, until the job has ended or the process stops.
///
/// # Errors
/// Those of the first look; a later one that fails ends the stream with its error.
pub(crate) async fn watch_job(
    app: &App,
    cx: &Cx,
    id: JobId,
) -> Result<impl Stream<Item = Result<JobView>> + Send + use<>> {
    let first = get_job(app, cx, id).await?;
    let (looking, cx) = (app.clone(), cx.clone());
    let look = move || {
        let (app, cx) = (looking.clone(), cx.clone());
        async move { get_job(&app, &cx, id).await }.boxed()
    };
    Ok(watch(app.stopping.clone(), first, |view| view.job.state.has_ended(), Box::new(look)))
}
