//! The load loop: so many requests, a fixed number of them on their way at any time.

use std::time::Instant;

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};

/// Requests on their way at any time.
pub(crate) const AT_ONCE: usize = 4;

/// What came of a load.
#[derive(Debug)]
pub(crate) struct Served<T> {
    /// What each request was answered; not in their order.
    pub(crate) answers: Vec<T>,
    /// How long each took, milliseconds.
    pub(crate) latencies: Vec<f64>,
}

/// Sends the requests `0..count`, [`AT_ONCE`] at a time.
///
/// # Errors
/// That of the first request that fails: a figure of refusals would be a figure of something else.
pub(crate) async fn load<T>(
    count: usize,
    request: impl AsyncFn(usize) -> Result<T>,
) -> Result<Served<T>> {
    let request = &request;
    let timed = |number| async move {
        let sent = Instant::now();
        let answer = request(number).await?;
        anyhow::Ok((answer, sent.elapsed().as_secs_f64() * 1000.0))
    };
    let done: Vec<(T, f64)> =
        stream::iter(0..count).map(timed).buffer_unordered(AT_ONCE).try_collect().await?;
    let (answers, latencies) = done.into_iter().unzip();
    Ok(Served { answers, latencies })
}
