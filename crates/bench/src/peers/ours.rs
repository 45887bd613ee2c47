//! Our side of the comparison: the engine as a service uses it, in this process.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::future::try_join_all;
use tokio::{task::JoinHandle, time};

use super::task::{Answer, Task};
use crate::{
    engine::{Engine, ONE, PATIENCE, THREE},
    ground,
};

const TENANTS: usize = 16;

/// Attempts at a time; no tenant is held back, since the peers know none.
const CONCURRENCY: usize = 64;

const TEMPO: Duration = Duration::from_millis(20);

/// A service's engine on a database of its own.
#[derive(Clone)]
pub(crate) struct Ours(Engine);

impl Ours {
    /// Connects, as wide as tasks need it.
    ///
    /// # Errors
    /// The database refuses.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let engine = Engine::open(&ground::access(url.to_owned()), TENANTS)?;
        // Held together, so that each is a connection of its own.
        let opened = (0..TENANTS).map(|number| engine.transaction(number));
        drop(try_join_all(opened).await?);
        Ok(Self(engine))
    }

    /// Leaves so many jobs waiting.
    ///
    /// # Errors
    /// The database refuses.
    pub(crate) async fn fill(&self, count: usize) -> Result<()> {
        self.0.fill(ONE, 0..count).await
    }

    /// Makes a task.
    ///
    /// # Errors
    /// The database refuses, or the engine does not get through.
    pub(crate) async fn make(&self, task: Task) -> Result<Answer> {
        let made = async {
            match (task.word(), task.at_once) {
                ("enqueue", producers) => self.enqueue(task.count, producers).await,
                ("drain", _) => Ok(done(task.count, self.0.drain(task.count, CONCURRENCY).await?)),
                ("latency", _) => self.latency(task.count).await,
                (_, 1) => self.steps_alone(task.count).await,
                (_, at_once) => self.steps_together(task.count, at_once).await,
            }
        };
        time::timeout(PATIENCE, made).await.context("the engine does not get through")?
    }

    /// Lets go of the database.
    pub(crate) async fn close(&self) {
        self.0.db.close().await;
    }

    async fn enqueue(&self, count: usize, producers: usize) -> Result<Answer> {
        let begun = Instant::now();
        let produce = |producer: usize| {
            let engine = self.0.clone();
            tokio::spawn(async move {
                for number in (producer..count).step_by(producers) {
                    engine.start(ONE, number).await?;
                }
                anyhow::Ok(())
            })
        };
        together((0..producers).map(produce)).await?;
        Ok(done(count, begun.elapsed()))
    }

    async fn latency(&self, count: usize) -> Result<Answer> {
        let running = self.0.work(CONCURRENCY);
        let mut sent = Vec::with_capacity(count);
        for number in 0..count {
            let due = time::Instant::now() + TEMPO;
            sent.push(Instant::now());
            self.0.start(ONE, number).await?;
            time::sleep_until(due).await;
        }
        self.0.settle(count).await?;
        running.end().await?;
        let starts = self.0.seen.starts();
        let millis = starts.iter().map(|(number, at)| millis(at.duration_since(sent[*number])));
        Ok(Answer { millis: millis.collect(), ..Answer::default() })
    }

    async fn steps_alone(&self, count: usize) -> Result<Answer> {
        let running = self.0.work(CONCURRENCY);
        let mut taken = Vec::with_capacity(count);
        for number in 0..count {
            let begun = Instant::now();
            self.0.run_through(THREE, number).await?;
            taken.push(millis(begun.elapsed()));
        }
        running.end().await?;
        Ok(Answer { millis: taken, ..Answer::default() })
    }

    async fn steps_together(&self, count: usize, at_once: usize) -> Result<Answer> {
        let running = self.0.work(CONCURRENCY);
        let begun = Instant::now();
        let one_after_another = |first: usize| {
            let engine = self.0.clone();
            tokio::spawn(async move {
                for number in (first..count).step_by(at_once) {
                    let told = engine.seen.end_of(number);
                    engine.start(THREE, number).await?;
                    told.await?;
                }
                anyhow::Ok(())
            })
        };
        together((0..at_once).map(one_after_another)).await?;
        self.0.settle(3 * count).await?;
        let answer = done(count, begun.elapsed());
        running.end().await?;
        Ok(answer)
    }
}

async fn together(tasks: impl Iterator<Item = JoinHandle<Result<()>>>) -> Result<()> {
    for ended in try_join_all(tasks).await? {
        ended?;
    }
    Ok(())
}

fn done(count: usize, taken: Duration) -> Answer {
    Answer { count, seconds: taken.as_secs_f64(), ..Answer::default() }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
