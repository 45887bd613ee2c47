//! Keeps one worker running for each consumer whose lease this process holds.

use std::{collections::HashMap, sync::Arc};

use tokio::{task::JoinHandle, time::interval};
use tokio_util::sync::CancellationToken;

use super::{
    handler::{Consumers, Spec},
    worker::Worker,
};
use crate::lease::{BEAT, Leases};

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Drop for Running {
    /// Who drops the supervisor means its workers too.
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs the workers of `consumers` until `stop`.
pub(super) async fn run(consumers: Consumers, stop: CancellationToken) {
    let names = consumers.specs.iter().map(|spec| spec.name.clone()).collect();
    let mut leases = Leases::new(consumers.db.clone(), "consumer", names);
    let mut workers: HashMap<String, Running> = HashMap::new();
    let mut beat = interval(BEAT);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = beat.tick() => {}
        }
        match leases.beat().await {
            Ok(change) => {
                end(&mut workers, &change.lost).await;
                for name in &change.gained {
                    if let Some(spec) = consumers.specs.iter().find(|spec| spec.name == *name) {
                        workers.insert(name.clone(), start(&consumers, spec));
                    }
                }
                if !change.surplus.is_empty() {
                    end(&mut workers, &change.surplus).await;
                    if let Err(problem) = leases.release(&change.surplus).await {
                        tracing::warn!(%problem, "consumer leases run out by themselves");
                    }
                }
                revive(&consumers, &mut workers);
            }
            Err(problem) => {
                tracing::warn!(%problem, "consumer leases cannot be renewed");
                if !leases.trusted() {
                    let all: Vec<String> = workers.keys().cloned().collect();
                    end(&mut workers, &all).await;
                    leases.forget();
                }
            }
        }
    }
    let all: Vec<String> = workers.keys().cloned().collect();
    end(&mut workers, &all).await;
    if let Err(problem) = leases.leave().await {
        tracing::debug!(%problem, "consumer leases run out by themselves");
    }
}

fn start(consumers: &Consumers, spec: &Spec) -> Running {
    let stop = CancellationToken::new();
    let worker = Worker::new(
        consumers.db.clone(),
        consumers.nats.clone(),
        consumers.retry,
        Arc::new(spec.clone()),
    );
    let task = tokio::spawn(worker.run(stop.clone()));
    Running { stop, task }
}

/// A worker ends only when told to; one that ended otherwise has met a fault of ours and is started anew.
fn revive(consumers: &Consumers, workers: &mut HashMap<String, Running>) {
    for (name, running) in workers.iter_mut().filter(|(_, running)| running.task.is_finished()) {
        if let Some(spec) = consumers.specs.iter().find(|spec| spec.name == *name) {
            tracing::error!(consumer = %name, "a consumer died and is started again");
            *running = start(consumers, spec);
        }
    }
}

/// Stops workers all at once, and waits for the last.
async fn end(workers: &mut HashMap<String, Running>, names: &[String]) {
    let ended: Vec<Running> = names.iter().filter_map(|name| workers.remove(name)).collect();
    for running in &ended {
        running.stop.cancel();
    }
    for mut running in ended {
        if (&mut running.task).await.is_err() {
            tracing::error!("a consumer died while stopping");
        }
    }
}
