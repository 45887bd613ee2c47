//! Every step goes wrong in every way, doing and undoing: the outside and the domain always agree in the end.

use jobs::{JobState, Limits, StepState};
use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, quick},
    world::{Fault, STEPS, Way, away, refused},
};

/// Every way to go wrong once.
fn faults(cut: &CancellationToken) -> Vec<(&'static str, Fault)> {
    vec![
        ("before", Fault::Before(away())),
        ("after", Fault::After(away())),
        ("silence", Fault::Silence),
        ("panic", Fault::Panic),
        ("twice", Fault::CutOff(cut.clone())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_once_while_doing_a_run_is_done_and_every_effect_stands_once() {
    let house = House::open().await;
    house.world.hurry();
    let cut = CancellationToken::new();
    let mut runs = vec![];
    for step in STEPS {
        let unrecorded = ("unrecorded", Fault::Unrecorded(away()));
        for (name, fault) in faults(&cut).into_iter().chain([unrecorded]) {
            let key = format!("{step} {name}");
            house.world.plan(&key, step, Way::Do, fault);
            runs.push((key.clone(), step, house.start(&key).await));
        }
    }
    let limits = Limits { concurrency: 32, per_tenant: 64 };
    let workers = [house.worker(limits, quick()), house.worker(limits, quick())];
    expire_the_cut_off(&house, 3).await;
    for (key, step, job) in runs {
        let status = house.reach(&key, JobState::Done).await;
        assert!(status.steps.iter().all(|step| step.state == StepState::Done), "{status:#?}");
        assert_eq!(house.world.standing(job), STEPS, "{key}");
        assert_eq!(house.world.calls(&key, step, Way::Do), 2, "{key} went wrong at {step}, once");
        assert!(house.world.undone(&key).is_empty(), "{key}");
        let marks = house.marks(job).await;
        assert_eq!(
            marks,
            ["register:recorded", "run:finished", "token:recorded", "verify:recorded"],
            "{key}"
        );
    }
    // The workers that were cut off come back, and change nothing.
    cut.cancel();
    for worker in workers {
        worker.stop().await;
    }
    house.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_once_while_undoing_nothing_is_left_standing() {
    let house = House::open().await;
    house.world.hurry();
    let cut = CancellationToken::new();
    let mut runs = vec![];
    for step in STEPS {
        for (name, fault) in faults(&cut) {
            let key = format!("{step} {name}");
            house.world.plan(
                &key,
                "verify",
                Way::Do,
                Fault::After(refused().with_unknown_effect()),
            );
            house.world.plan(&key, step, Way::Undo, fault);
            runs.push((key.clone(), step, house.start(&key).await));
        }
    }
    let limits = Limits { concurrency: 32, per_tenant: 64 };
    let workers = [house.worker(limits, quick()), house.worker(limits, quick())];
    expire_the_cut_off(&house, 3).await;
    for (key, step, job) in runs {
        let status = house.reach(&key, JobState::Failed).await;
        assert!(status.steps.iter().all(|step| step.state == StepState::Undone), "{status:#?}");
        assert_eq!(house.world.standing(job), [""; 0], "{key}");
        let mut undone = house.world.undone(&key);
        undone.dedup();
        assert_eq!(undone, ["verify", "token", "register"], "{key}");
        assert_eq!(house.world.calls(&key, step, Way::Undo), 2, "{key} went wrong at {step}, once");
        let marks = house.marks(job).await;
        assert_eq!(
            marks,
            ["register:recorded", "run:failed token_refused", "token:recorded"],
            "{key}"
        );
    }
    cut.cancel();
    for worker in workers {
        worker.stop().await;
    }
    house.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_for_good_turns_the_run_at_itself_unless_it_did_nothing() {
    let house = House::open().await;
    for (at, step) in STEPS.into_iter().enumerate() {
        let (acted, nothing) = (format!("{step} acted"), format!("{step} nothing"));
        house.world.plan(&acted, step, Way::Do, Fault::After(refused().with_unknown_effect()));
        house.world.plan(&nothing, step, Way::Do, Fault::Before(refused()));
        house.start(&acted).await;
        house.start(&nothing).await;
        let worker = house.worker(Limits::default(), quick());
        house.reach(&acted, JobState::Failed).await;
        house.reach(&nothing, JobState::Failed).await;
        worker.stop().await;
        let reversed = |end: usize| STEPS[..end].iter().rev().copied().collect::<Vec<_>>();
        assert_eq!(house.world.undone(&acted), reversed(at + 1));
        assert_eq!(house.world.undone(&nothing), reversed(at));
        assert_eq!(house.world.calls(&nothing, step, Way::Do), 1, "a person must mend it first");
    }
    house.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_bounded_by_the_class_of_the_failure() {
    let house = House::open().await;
    for _ in 0..9 {
        house.world.plan("away", "token", Way::Do, Fault::Before(away()));
        house.world.plan("ours", "token", Way::Do, Fault::Panic);
    }
    house.start("away").await;
    house.start("ours").await;
    let worker = house.worker(Limits::default(), quick());
    let away = house.reach("away", JobState::Failed).await;
    let ours = house.reach("ours", JobState::Failed).await;
    worker.stop().await;
    assert_eq!(away.failure.expect("a failure").reason, "backend_away");
    assert_eq!(ours.failure.expect("a failure").reason, "step_panicked");
    assert_eq!(house.world.calls("away", "token", Way::Do), 5);
    assert_eq!(house.world.calls("ours", "token", Way::Do), 3);
}

/// Waits for the calls that are cut off, then lets their leases run out.
async fn expire_the_cut_off(house: &House, calls: u32) {
    crate::house::wait_for("the faulty calls are cut off", async || house.world.cut_off() == calls)
        .await;
    house.expire_leases().await;
}
