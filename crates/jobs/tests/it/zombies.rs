//! A worker that slept while its leases ran out wakes in every phase of an attempt, and changes nothing.

use std::{sync::Arc, time::Duration};

use jobs::{JobState, JobStatus, Limits, Pace, Worker, Workflow};
use kernel::JobId;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, Running, quick, wait_for},
    shapes::{Part, Shape},
    world::{Fault, Way, refused},
};

const ROUNDS: usize = 50;

/// Never renews: whoever wakes late.
fn asleep() -> Pace {
    Pace { renew: Duration::from_secs(3600), ..quick() }
}

fn worker(house: &House, shape: &Shape) -> Running {
    let workflows: Vec<Arc<dyn Workflow>> =
        vec![Arc::new(house.world.workflow()), Arc::new(shape.clone())];
    let limits = Limits { concurrency: ROUNDS, per_tenant: 2 * ROUNDS };
    let worker = Worker::new(house.other_process(), house.clock.clone(), workflows, limits);
    Running::spawn(worker.with_pace(asleep()))
}

/// Begins a run per round and says how each ends; the workers are cut off before the record, or while undoing, or
/// before they tell their progress.
async fn begin(house: &House, gate: &CancellationToken) -> Vec<(JobId, JobState)> {
    let mut runs = vec![];
    for round in 0..ROUNDS {
        let key = format!("round {round}");
        let cut = Fault::CutOff(gate.clone());
        match round % 3 {
            0 => {
                house.world.plan(&key, "token", Way::Do, cut);
                runs.push((house.start(&key).await, JobState::Done));
            }
            1 => {
                let turned = Fault::After(refused().with_unknown_effect());
                house.world.plan(&key, "verify", Way::Do, turned);
                house.world.plan(&key, "token", Way::Undo, cut);
                runs.push((house.start(&key).await, JobState::Failed));
            }
            _ => {
                let input = json!({"round": round});
                let started = house
                    .operate(async |tx, cx| jobs::start(tx, cx, "telling", 1, &key, &input).await);
                runs.push((started.await.expect("starts").id(), JobState::Done));
            }
        }
    }
    runs
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_wakes_late_in_any_phase_changes_nothing() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let shape = Shape::new("telling", vec![Part::of("tell").behind_once(&gate), Part::of("last")]);
    let runs = begin(&house, &gate).await;
    let telling = (0..ROUNDS).filter(|round| round % 3 == 2).count();
    let zombie = worker(&house, &shape);
    wait_for("every round is cut off", async || {
        let told = shape.log.count("do tell");
        usize::try_from(house.world.cut_off()).expect("few") + told == ROUNDS && told == telling
    })
    .await;
    zombie.ask_to_stop();
    let heir = worker(&house, &shape);
    house.expire_leases().await;
    let mut ended: Vec<JobStatus> = vec![];
    for (id, end) in &runs {
        ended.push(house.reach_of(*id, *end).await);
    }
    let mut marks = vec![];
    for (id, _) in &runs {
        marks.push(house.marks(*id).await);
    }
    let steps = house.text(STEPS).await;
    gate.cancel();
    zombie.stop().await;
    heir.stop().await;
    assert_eq!(shape.log.count("late: worker_lost"), telling);
    for ((id, _), (before, noted)) in runs.iter().zip(ended.iter().zip(&marks)) {
        assert_eq!(&house.status_of(*id).await, before);
        assert_eq!(&house.marks(*id).await, noted);
    }
    assert_eq!(house.text(STEPS).await, steps, "no row of a step changed");
    house.settle().await;
}

/// Every row of every step, its progress and checkpoint included.
const STEPS: &str =
    "select md5(string_agg(s::text, ';' order by job_id, number)) from usher_user.job_steps s";
