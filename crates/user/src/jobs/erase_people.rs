//! Erases from time to time the people whose time has come.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{App, ops};

/// Between two looks: an erasure begins at most this much after its time.
const EVERY: Duration = Duration::from_secs(300);

/// After the first look that left something undone: a service that was away is mostly back by then.
const SOON: Duration = Duration::from_secs(1);

/// Erases until `stop`. What fails is made up for by the next look, which comes soon and, while that fails too, ever later.
pub(crate) async fn erase_people(app: &App, stop: &CancellationToken) {
    let mut failures = 0;
    loop {
        let look = ops::erase_people(app).await;
        if let Ok(look) = &look
            && look.erased > 0
        {
            tracing::info!(look.erased, "people were erased");
        }
        failures = match look {
            Ok(look) if look.interrupted == 0 => 0,
            Ok(_) => failures + 1,
            Err(problem) => {
                tracing::warn!(%problem, "people could not be erased");
                failures + 1
            }
        };
        if stop.run_until_cancelled(sleep(pause(failures))).await.is_none() {
            return;
        }
    }
}

/// How long to wait after so many looks in a row that left something undone.
fn pause(failures: u32) -> Duration {
    match failures {
        0 => EVERY,
        again => SOON.saturating_mul(2_u32.saturating_pow(again - 1)).min(EVERY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_left_something_is_followed_soon() {
        let seconds = [0, 1, 2, 5, 9, 10, u32::MAX].map(|failures| pause(failures).as_secs());
        assert_eq!(seconds, [300, 1, 2, 16, 256, 300, 300]);
    }
}
