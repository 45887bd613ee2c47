//! One round: kills, the job to its end, the platform to its rest, the verdict, and the job once more.

use std::{process::ExitStatus, time::Instant};

use crate::{
    moments::{Measured, Moment},
    rest::{self, Rest},
    verify,
    world::{Ground, World},
};

/// One round in a world of its own.
pub(crate) struct Round(World);

/// Measures a run that nobody disturbs; what a killed run must leave behind, this one must all the more.
pub(crate) async fn undisturbed() -> Measured {
    let round = Round::new(Ground::Empty).await;
    let measure = async {
        let begun = Instant::now();
        let mut job = round.0.job();
        job.ready().await?;
        let cold_start = begun.elapsed();
        good("the undisturbed job", job.end().await?)?;
        let work = begun.elapsed() - cold_start;
        let again = Instant::now();
        let mut platform = round.0.platform();
        platform.ready().await?;
        let warm_start = again.elapsed();
        good("the platform", platform.stop().await?)?;
        round.judge().await?;
        Ok::<_, String>(Measured { cold_start, warm_start, work })
    };
    measure.await.unwrap_or_else(|failure| panic!("undisturbed: {failure}\n{}", round.said()))
}

impl Round {
    pub(crate) async fn new(ground: Ground) -> Self {
        Self(World::new(ground).await)
    }

    /// What its processes have logged.
    pub(crate) fn said(&self) -> String {
        self.0.said()
    }

    /// Plays it and says how it went.
    ///
    /// # Errors
    /// What should not be.
    pub(crate) async fn play(&mut self, kills: &[Moment]) -> Result<String, String> {
        let mut killed = 0;
        for moment in kills {
            match self.0.job().kill_at(*moment).await? {
                None => killed += 1,
                // Work that was nearly done may end before the moment comes.
                Some(ended) => good("a job faster than its killer", ended)?,
            }
        }
        let begun = Instant::now();
        good("the job after the kills", self.0.job().end().await?)?;
        let took = begun.elapsed();
        self.judge().await?;
        Ok(format!("killed {killed} times, then done in {took:.1?}"))
    }

    async fn judge(&self) -> Result<(), String> {
        self.come_to_rest().await?;
        let before = verify::all(&self.0).await?;
        good("the job once more", self.0.job().end().await?)?;
        self.come_to_rest().await?;
        let after = verify::all(&self.0).await?;
        if before == after {
            return Ok(());
        }
        Err(format!("the job once more changed something: {before:?} became {after:?}"))
    }

    /// The job ends as soon as its clients are active; what else was on its way arrives while the platform runs on.
    async fn come_to_rest(&self) -> Result<(), String> {
        let mut platform = self.0.platform();
        platform.ready().await?;
        let mut rest = Rest::of(&self.0).await;
        let mut unrest = rest.unrest().await;
        let deadline = Instant::now() + 2 * testkit::PATIENCE;
        while !unrest.is_empty() && Instant::now() < deadline {
            tokio::time::sleep(rest::GLANCE).await;
            unrest = rest.unrest().await;
        }
        if !unrest.is_empty() {
            return Err(format!("the platform does not come to rest: {}", unrest.join("; ")));
        }
        good("the platform", platform.stop().await?)
    }
}

fn good(what: &str, ended: ExitStatus) -> Result<(), String> {
    if ended.success() { Ok(()) } else { Err(format!("{what} ended with {ended}")) }
}
