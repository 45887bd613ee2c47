//! Who lost the lease changes nothing; who vanished is replaced.

use jobs::{JobState, Limits};
use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, quick, wait_for},
    world::{Fault, STEPS, Way},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_late_finisher_is_fenced_off_while_another_works_and_after() {
    let house = House::open().await;
    let [slow_gate, slower_gate, last_gate] = [(); 3].map(|()| CancellationToken::new());
    for gate in [&slow_gate, &slower_gate, &last_gate] {
        house.world.plan("late", "token", Way::Do, Fault::CutOff(gate.clone()));
    }
    let job = house.start("late").await;
    let mut workers = vec![];
    // Each worker in turn hangs in the step, is thought dead, and loses the run to the next.
    for hanging in 1..=3 {
        workers.push(house.worker(Limits::default(), quick()));
        if hanging > 1 {
            house.expire_leases().await;
        }
        wait_for("the worker is in the step", async || house.world.cut_off() == hanging).await;
        workers.last().expect("a worker").ask_to_stop();
    }
    let mut workers = workers.into_iter();
    // The first comes back while the third is at it.
    slow_gate.cancel();
    workers.next().expect("the first").stop().await;
    let status = house.status("late").await;
    assert_eq!((status.state, status.steps[1].attempts), (JobState::Running, 3));
    assert_eq!(house.marks(job).await, ["register:recorded"]);
    // The second comes back when all is over.
    last_gate.cancel();
    let slower = workers.next().expect("the second");
    workers.next().expect("the third").stop().await;
    let other = house.worker(Limits::default(), quick());
    let done = house.reach("late", JobState::Done).await;
    other.stop().await;
    slower_gate.cancel();
    slower.stop().await;
    assert_eq!(house.status("late").await, done, "a late finisher changed the run");
    let marks = house.marks(job).await;
    assert_eq!(marks, ["register:recorded", "run:finished", "token:recorded", "verify:recorded"]);
    assert_eq!(house.world.calls("late", "token", Way::Do), 3);
    assert_eq!(house.world.calls("late", "verify", Way::Do), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_runs_are_taken_up() {
    let house = House::open().await;
    for step in STEPS {
        let never = CancellationToken::new();
        house.world.plan(step, step, Way::Do, Fault::CutOff(never));
        house.start(step).await;
    }
    let killed = house.worker(Limits::default(), quick());
    wait_for("every run is under way", async || house.world.cut_off() == 3).await;
    drop(killed);
    let heir = house.worker(Limits::default(), quick());
    house.expire_leases().await;
    for step in STEPS {
        let status = house.reach(step, JobState::Done).await;
        let attempts: Vec<_> = status.steps.iter().map(|step| step.attempts).collect();
        assert_eq!(attempts.iter().sum::<u32>(), 4, "one attempt was lost: {attempts:?}");
    }
    heir.stop().await;
    house.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_do_no_step_twice() {
    let house = House::open().await;
    let keys: Vec<String> = (0..60).map(|n| format!("run {n}")).collect();
    let limits = Limits { concurrency: 8, per_tenant: 100 };
    let workers = [house.worker(limits, quick()), house.worker(limits, quick())];
    for key in &keys {
        house.start(key).await;
    }
    for key in &keys {
        house.reach(key, JobState::Done).await;
        for step in STEPS {
            assert_eq!(house.world.calls(key, step, Way::Do), 1, "{key} {step}");
        }
    }
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stops_lets_its_attempts_end_and_takes_no_more() {
    let house = House::open().await;
    let released = CancellationToken::new();
    house.world.plan("last", "register", Way::Do, Fault::CutOff(released.clone()));
    house.start("last").await;
    let worker = house.worker(Limits::default(), quick());
    wait_for("the attempt is under way", async || house.world.cut_off() == 1).await;
    worker.ask_to_stop();
    released.cancel();
    worker.stop().await;
    let status = house.status("last").await;
    assert_eq!(status.steps[0].state, jobs::StepState::Done);
    assert_eq!(house.world.calls("last", "token", Way::Do), 0);
    let depth = jobs::depth(&house.db, house.clock.now()).await.expect("a depth");
    assert_eq!((depth.ready, depth.running), (1, 0));
}
