//! Shows something now and at each change, by looking again and again.

use std::time::Duration;

use futures::{Stream, future::BoxFuture, stream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::Result;

/// How soon something that has just changed is looked at again.
const SOON: Duration = Duration::from_millis(200);

/// How seldom something is looked at that has not changed for long.
const LATE: Duration = Duration::from_secs(2);

/// A look at what is watched.
type Look<T> = Box<dyn Fn() -> BoxFuture<'static, Result<T>> + Send>;

/// The state that was seen first, then each change, until one `is_settled` or the process stops. A watcher looks every
/// fifth of a second at most, and less and less while nothing changes: facts alone would not do, since a step's
/// attempts tell none. A look that fails ends the stream with its error.
pub(super) fn watch<T: Clone + PartialEq + Send + Sync + 'static>(
    stopping: CancellationToken,
    first: T,
    is_settled: fn(&T) -> bool,
    look: Look<T>,
) -> impl Stream<Item = Result<T>> + Send {
    let watch = Watch { stopping, is_settled, look, next: Next::Show(first) };
    stream::unfold(watch, async |mut watch| {
        let shown = watch.next().await?;
        Some((shown, watch))
    })
}

/// What a watcher does next.
enum Next<T> {
    Show(T),
    WaitFor(T),
    Nothing,
}

struct Watch<T> {
    stopping: CancellationToken,
    is_settled: fn(&T) -> bool,
    look: Look<T>,
    next: Next<T>,
}

impl<T: Clone + PartialEq + Send + Sync> Watch<T> {
    async fn next(&mut self) -> Option<Result<T>> {
        let shown = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Show(first) => Ok(first),
            Next::WaitFor(last) => self.change_of(&last).await?,
            Next::Nothing => return None,
        };
        if let Ok(state) = &shown
            && !(self.is_settled)(state)
        {
            self.next = Next::WaitFor(state.clone());
        }
        Some(shown)
    }

    /// `None` when the process stops.
    async fn change_of(&mut self, last: &T) -> Option<Result<T>> {
        let mut pause = SOON;
        loop {
            self.stopping.run_until_cancelled(sleep(pause)).await?;
            match (self.look)().await {
                Ok(now) if now == *last => pause = (pause * 3 / 2).min(LATE),
                changed => return Some(changed),
            }
        }
    }
}
