//! A remote host is called no more often than allowed, and whoever finds no permit comes again without a mark.

use std::collections::BTreeMap;

use jobs::{Class, Effect, HostRate, Hosts, JobState, Limits};

use crate::{
    house::{House, quick, wait_for},
    world::Way,
};

const HOST: &str = "api.example";

/// So slow that no permit comes by itself while a test runs.
fn slow(burst: f64) -> BTreeMap<String, HostRate> {
    BTreeMap::from([(HOST.to_owned(), HostRate { per_second: 0.000_1, burst })])
}

async fn permits_left(house: &House) -> f64 {
    sqlx::query_scalar("select floor(permits) from usher_user.job_hosts where host = $1")
        .bind(HOST)
        .fetch_one(&mut house.admin().await)
        .await
        .expect("a bucket")
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_the_permits_of_a_host() {
    let house = House::open().await;
    let processes = [(); 3].map(|()| Hosts::new(house.other_process(), slow(10.0)));
    let ask = processes.iter().flat_map(|hosts| (0..8).map(|_| hosts.permit(HOST)));
    let answers = futures::future::join_all(ask).await;
    let given = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(given, 10, "exactly the burst");
    let put_off = answers.into_iter().find_map(Result::err).expect("the rest is put off");
    assert!(put_off.is_put_off(), "{put_off:?}");
    assert_eq!((put_off.class, put_off.effect), (Class::Transient, Effect::None));
    assert!(put_off.retry_after.is_some_and(|pause| !pause.is_zero()));
    processes[0].permit("another.example").await.expect("a host without a rate is not limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn permits_are_taken_several_at_a_time() {
    let house = House::open().await;
    let rate = HostRate { per_second: 400.0, burst: 100.0 };
    let hosts = Hosts::new(house.other_process(), [(HOST.to_owned(), rate)]);
    hosts.permit(HOST).await.expect("a permit");
    assert_eq!(permits_left(&house).await, 0.0, "a quarter of a second's permits in one statement");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_put_off_get_turns_of_their_own() {
    let house = House::open().await;
    let rate = HostRate { per_second: 0.01, burst: 1.0 };
    let hosts = Hosts::new(house.other_process(), [(HOST.to_owned(), rate)]);
    hosts.permit(HOST).await.expect("a permit");
    let mut last = 0.0;
    for nth in 1..=4 {
        let put_off = hosts.permit(HOST).await.expect_err("none is left");
        let pause = put_off.retry_after.expect("a pause").as_secs_f64();
        assert!(pause > last + 90.0 || nth == 1, "turn {nth} comes {pause} s from now");
        last = pause;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_finds_no_permit_comes_again_and_no_attempt_is_counted() {
    let house = House::open().await;
    let rate = HostRate { per_second: 20.0, burst: 1.0 };
    let hosts = Hosts::new(house.other_process(), [(HOST.to_owned(), rate)]);
    hosts.permit(HOST).await.expect("the only permit");
    house.world.need_permits(hosts, HOST);
    let mut admin = house.admin().await;
    let mut empty = async || {
        sqlx::query("update usher_user.job_hosts set permits = -1, filled_at = clock_timestamp()")
            .execute(&mut admin)
            .await
            .expect("empties");
    };
    empty().await;
    let job = house.start("k").await;
    let worker = house.worker(Limits::default(), quick());
    wait_for("it was put off twice", async || {
        empty().await;
        house.world.refused_permits() >= 2
    })
    .await;
    assert_eq!(house.world.calls("k", "register", Way::Do), 0, "it never began");
    let done = house.reach("k", JobState::Done).await;
    worker.stop().await;
    let attempts: Vec<_> = done.steps.iter().map(|step| step.attempts).collect();
    assert_eq!(attempts, [1, 1, 1]);
    assert_eq!(house.marks(job).await.len(), 4);
}
