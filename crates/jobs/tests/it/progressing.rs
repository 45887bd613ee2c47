//! How far an attempt is, and what the next one is told.

use jobs::{JobState, StepState};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    house::House,
    shapes::{Part, Shape},
};

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_seen_and_a_checkpoint_is_given_back_to_the_next_attempt() {
    let house = House::open().await;
    let gate = CancellationToken::new();
    let given = |at: &jobs::Attempt| Ok(json!({"given": at.checkpoint}));
    let shape = Shape::new("long", vec![Part::of("walk").tells().behind(&gate).does(given)]);
    let id = house.start_of("long", 1).await;
    let killed = shape.worker(&house);
    let seen = house
        .see(id, "on its way", |s| s.steps.first().is_some_and(|step| step.progress.is_some()));
    let progress = seen.await.steps[0].progress.clone().expect("seen");
    assert_eq!((progress.percent, progress.message.as_str()), (40, "on the way"));
    drop(killed);
    let heir = shape.worker(&house);
    house.expire_leases().await;
    house.see(id, "tried again", |s| s.steps[0].attempts == 2).await;
    gate.cancel();
    let done = house.reach_of(id, JobState::Done).await;
    heir.stop().await;
    assert_eq!(done.steps[0].state, StepState::Done);
    let given = house.text("select output#>>'{given,at}' from usher_user.job_steps").await;
    assert_eq!(given, "1", "the checkpoint of the first attempt");
    let left = house.text("select checkpoint::text from usher_user.job_steps").await;
    assert_eq!(left, "", "a step that is done needs none");
}
