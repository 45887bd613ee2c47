//! Every move of a run is told in the transaction that makes it.

use std::time::Duration;

use jobs::{JobState, Limits};

use crate::{
    house::{House, quick},
    world::{Fault, Way, away, refused},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_tells_where_it_goes_and_why() {
    let house = House::open().await;
    house.world.tell_moves();
    let moment = away().retry_after(Some(Duration::from_millis(1)));
    house.world.plan("waits", "token", Way::Do, Fault::Before(moment));
    house.world.plan("fails", "verify", Way::Do, Fault::Before(refused()));
    house.world.plan("sticks", "verify", Way::Do, Fault::Before(refused()));
    house.world.plan("sticks", "token", Way::Undo, Fault::Before(refused()));
    let worker = house.worker(Limits::default(), quick());
    for (key, end, told) in [
        ("goes", JobState::Done, vec!["verify 1: running -> done"]),
        (
            "waits",
            JobState::Done,
            vec!["token 1: running -> waiting (backend_away)", "verify 1: running -> done"],
        ),
        ("fails", JobState::Failed, vec!["register 1: running -> failed (token_refused)"]),
        ("sticks", JobState::Stuck, vec!["token 1: running -> stuck (token_refused)"]),
    ] {
        let job = house.start(key).await;
        house.reach(key, end).await;
        let mut marks = house.marks(job).await;
        marks.retain(|mark| mark.starts_with("moved:"));
        let told: Vec<_> = told.iter().map(|told| format!("moved:{told}")).collect();
        assert_eq!(marks, told, "{key}");
    }
    worker.stop().await;
}
