//! In which order a run and what the domain keeps of it are locked.

use tokio_util::sync::CancellationToken;

use crate::{
    house::{House, quick, wait_for},
    world::{Fault, Way, refused},
};

/// How many sessions wait for a lock.
const WAITING: &str = "select count(*)::text from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'";

/// The domain's note, which the hook of the run's end locks as well.
const NOTES: &str = "create table usher_user.notes (note integer primary key);
     insert into usher_user.notes values (1);
     grant select, update on usher_user.notes to public;
     create function usher_user.lock_note() returns trigger language plpgsql as
         'begin perform from usher_user.notes for update; return new; end';
     create trigger marks_lock_note before insert on usher_user.marks
         for each row execute function usher_user.lock_note()";

/// Whoever stops a client locks the client and then its run, and the end of a run locks the client in a hook.
#[tokio::test(flavor = "multi_thread")]
async fn a_paused_run_that_fails_for_good_locks_after_its_hooks_as_people_do() {
    let house = House::open().await;
    house.as_admin(NOTES).await;
    let id = house.start("k").await;
    let worker = house.by_hand(quick());
    let gate = CancellationToken::new();
    house.world.plan("k", "register", Way::Do, Fault::HeldUp(gate.clone(), refused()));
    let mut people = house.db.tenant(house.tenant, "stop_sample").await.expect("a transaction");
    let ended = {
        let attempt = worker.step();
        tokio::pin!(attempt);
        tokio::select! {
            _ = &mut attempt => panic!("it is held up"),
            () = wait_for("the attempt is under way", async || house.world.cut_off() == 1) => {}
        }
        house.operate(async |tx, cx| jobs::pause(tx, cx, id, "look").await).await.expect("paused");
        let locked = sqlx::query("select from notes for update").execute(&mut *people).await;
        locked.expect("locks the note");
        gate.cancel();
        tokio::select! {
            _ = &mut attempt => panic!("its hook waits for the note"),
            () = wait_for("the hook waits", async || house.text(WAITING).await != "0") => {}
        }
        let cancelled = jobs::cancel(&mut people, &house.cx(), id).await;
        cancelled.expect("nobody waits for whoever waits for them");
        people.commit().await.expect("commits");
        attempt.await
    };
    assert!(ended.expect("the end is written"));
    while worker.step().await.expect("an answer") {}
    assert!(house.status("k").await.state.has_ended());
}
