//! kill -9 while people are erased: whoever dies leaves the rest to the next, and each person is erased once.

use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::{
    moments::Moment,
    world::{Ground, World},
};

/// People who wait for their erasure, its time being over.
const DUE: &str = "insert into usher_user.erasures (erasure_id, user_id, status, reason, asked_by, asked_at, due_at)
    select gen_random_uuid(), user_id, 'waiting', 'a test', 'service:test', now() - interval '20 days',
           now() - interval '6 days' + row_number() over (order by user_id) * interval '1 second'
    from usher_user.users where email like '%@clients.example' order by user_id limit $1";

/// What is told and kept of an erasure that was done once; each question counts what should not be.
const WRONG: [(&str, &str); 8] = [
    (
        "an erasure is done once",
        "select count(*) from usher_user.erasures e where e.status = 'done' and 1 <>
         (select count(*) from usher_user.outbox o where o.kind = 'user.person.erased' and o.aggregate_id = e.user_id)",
    ),
    (
        "it is audited once",
        "select count(*) from usher_user.erasures e where 1 <>
         (select count(*) from usher_user.audit_events a
          where a.action = 'person.erase' and a.target = 'user:' || e.user_id)",
    ),
    (
        "the account is closed once",
        "select count(*) from usher_user.erasures e where 1 <>
         (select count(*) from usher_user.outbox o
          where o.kind = 'user.person.disabled' and o.data -> 'standing' ->> 'userId' = e.user_id::text)",
    ),
    (
        "a membership ends once",
        "select count(*) from usher_user.erasures e join usher_user.memberships m using (user_id) where 1 <>
         (select count(*) from usher_user.outbox o
          where o.kind = 'user.membership.removed' and o.data ->> 'userId' = e.user_id::text
            and o.tenant_id = m.tenant_id)",
    ),
    (
        "no membership and no open invitation is left",
        "select (select count(*) from usher_user.memberships m join usher_user.erasures e using (user_id)
                 where m.status <> 'removed')
              + (select count(*) from usher_user.invites i join usher_user.erasures e using (user_id)
                 where i.status = 'pending')",
    ),
    (
        "the user service knows nobody",
        "select count(*) from usher_user.users u join usher_user.erasures e using (user_id)
         where u.email not like 'erased-%' or u.name <> 'Erased person' or u.erased_at is null",
    ),
    (
        "nobody signs in",
        "select (select count(*) from usher_auth.credentials c join usher_user.erasures e using (user_id))
              + (select count(*) from usher_auth.sessions s join usher_user.erasures e using (user_id))",
    ),
    (
        "clients name nobody",
        "select count(*) from usher_provisioning.clients c join usher_user.erasures e using (user_id)
         where c.email not like 'erased-%' or c.name <> 'Erased person'",
    ),
];

/// People who are erased in a round.
const PEOPLE: i64 = 12;

async fn count(admin: &mut PgConnection, question: &str) -> i64 {
    let asked = sqlx::query_scalar(AssertSqlSafe(question.to_owned()));
    asked.fetch_one(admin).await.expect("counts")
}

/// Waits until everybody is erased; how long that took.
async fn all_done(admin: &mut PgConnection) -> Duration {
    let begun = Instant::now();
    let open = "select count(*) from usher_user.erasures where status <> 'done'";
    while count(admin, open).await > 0 {
        assert!(begun.elapsed() < 4 * testkit::PATIENCE, "the erasures do not come to an end");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begun.elapsed()
}

#[tokio::test]
async fn killed_at_any_moment_and_run_again_people_are_erased_once() {
    let kills = crate::wished("USHER_FAULT_ROUNDS").unwrap_or(5);
    let seed = crate::wished("USHER_FAULT_SEED").unwrap_or_else(rand::random::<u64>);
    println!("{kills} kills; USHER_FAULT_SEED={seed} repeats their moments");
    let mut chance = StdRng::seed_from_u64(seed);
    let world = World::new(Ground::Migrated).await;
    let ended = world.job().end().await.expect("the sample is brought in");
    assert!(ended.success(), "{ended}\n{}", world.said());
    let mut admin = world.database.admin().await;

    // One erasure that nobody disturbs tells how long a start and the erasures take.
    let due = async |admin: &mut PgConnection, people: i64| {
        let asked = sqlx::query(DUE).bind(people).execute(admin).await.expect("asks");
        assert_eq!(asked.rows_affected(), u64::try_from(people).expect("a number"));
    };
    due(&mut admin, 1).await;
    let begun = Instant::now();
    let mut platform = world.platform();
    all_done(&mut admin).await;
    let undisturbed = begun.elapsed();
    platform.ready().await.expect("it gets ready");
    assert!(platform.stop().await.expect("it stops").success());

    let known = "delete from usher_user.erasures where status = 'done'";
    sqlx::query(known).execute(&mut admin).await.expect("forgets the first");
    due(&mut admin, PEOPLE).await;
    let done = "select count(*) from usher_user.erasures where status = 'done'";
    let begun_on = "select count(*) from usher_user.erasures where status = 'running'";
    let mut halves = 0;
    for kill in 1..=kills {
        let moment = undisturbed.mul_f64(0.6 + chance.random::<f64>() * 0.6);
        world.platform().kill_at(Moment::OfStart(moment)).await.expect("it is killed");
        let (whole, half) = (count(&mut admin, done).await, count(&mut admin, begun_on).await);
        println!("kill {kill} after {moment:.0?}: {whole} are erased, {half} half");
        halves += half;
    }
    println!("{halves} times somebody was left half erased");
    let mut platform = world.platform();
    all_done(&mut admin).await;
    platform.ready().await.expect("it gets ready");
    assert!(platform.stop().await.expect("it stops").success());
    for (claim, question) in WRONG {
        assert_eq!(count(&mut admin, question).await, 0, "not so: {claim}\n{}", world.said());
    }
    assert_eq!(count(&mut admin, done).await, PEOPLE);
}
