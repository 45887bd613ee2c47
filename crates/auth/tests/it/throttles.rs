//! Guessing: counted by account and by source before it is checked, and never a way to keep a person out.

use std::time::Duration;

use auth::Hasher;
use futures::future::join_all;
use kernel::Code;

use crate::house::{House, PASSWORD, refusal};

/// The reason of the refusal of a wrong guess from `ip`.
async fn guess(house: &House, ip: &str, email: &str) -> String {
    refusal(house.sign_in_from(ip, email, "not the password at all").await).1
}

#[tokio::test]
async fn parallel_guesses_never_exceed_what_is_free() {
    let house = House::start_with(Hasher::bounded(2, 200)).await;
    house.signed_up("ann@example.com").await;
    let before = house.app.hasher.checks();
    let ips: Vec<String> = (1..=50).map(|n| format!("198.51.100.{n}")).collect();
    let answers = join_all(ips.iter().map(|ip| guess(&house, ip, "ann@example.com"))).await;
    let checked = answers.iter().filter(|reason| *reason == "wrong_credentials").count();
    assert_eq!(checked, 11, "ten are free, and the next may come at once");
    assert_eq!(house.app.hasher.checks() - before, 11, "the others were not even looked at");
    assert_eq!(answers.iter().filter(|reason| *reason == "too_many_tries").count(), 39);
}

#[tokio::test]
async fn spellings_of_an_address_share_one_tally_cve_2025_24806() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let spellings = ["ann@example.com", "ANN@example.com", " ann@EXAMPLE.com ", "Ann@Example.Com"];
    for n in 0..11 {
        assert_eq!(guess(&house, "198.51.100.1", spellings[n % 4]).await, "wrong_credentials");
    }
    for spelling in spellings {
        assert_eq!(guess(&house, "198.51.100.2", spelling).await, "too_many_tries");
    }
    assert_eq!(guess(&house, "198.51.100.2", "bob@example.com").await, "wrong_credentials");
}

#[tokio::test]
async fn an_unknown_address_is_throttled_as_a_known_one_is_cve_2022_39307() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    for email in ["ann@example.com", "nobody@example.com"] {
        let mut seen = Vec::new();
        for _ in 0..13 {
            let refused = house.sign_in_from("198.51.100.1", email, "wrong words of mine").await;
            let refused = wire::code_of(&refused.expect_err("is refused"));
            seen.push((refused.code, refused.reason, refused.retry_after, refused.message));
        }
        let wrong = seen.iter().filter(|one| one.1 == "wrong_credentials").count();
        let early = seen.iter().filter(|one| one.0 == Code::Exhausted && one.2.is_some()).count();
        assert_eq!((wrong, early), (11, 2), "{email}: {seen:?}");
    }
}

#[tokio::test]
async fn each_further_guess_waits_longer_and_a_right_one_begins_anew() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    for _ in 0..11 {
        guess(&house, "198.51.100.1", "ann@example.com").await;
    }
    for wait in [1, 2, 4, 8] {
        let refused = house.sign_in_from("198.51.100.1", "ann@example.com", PASSWORD).await;
        let refused = wire::code_of(&refused.expect_err("is too early"));
        assert_eq!(refused.retry_after, Some(Duration::from_secs(wait)));
        house.clock.advance(Duration::from_secs(wait));
        assert_eq!(guess(&house, "198.51.100.1", "ann@example.com").await, "wrong_credentials");
    }
    house.clock.advance(Duration::from_secs(16));
    house.sign_in_from("198.51.100.1", "ann@example.com", PASSWORD).await.expect("signs in");
    for _ in 0..11 {
        assert_eq!(guess(&house, "198.51.100.9", "ann@example.com").await, "wrong_credentials");
    }
}

#[tokio::test]
async fn strangers_do_not_keep_a_person_out_where_the_person_has_been() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    house.sign_in_from("192.0.2.7", "ann@example.com", PASSWORD).await.expect("signs in");
    // Guessing from everywhere for a night, more often than is let through.
    let mut let_through = 0;
    for n in 1..=40 {
        let ip = format!("198.51.100.{n}");
        if guess(&house, &ip, "ann@example.com").await == "wrong_credentials" {
            let_through += 1;
        }
        house.clock.advance(Duration::from_secs(864));
    }
    assert!(let_through < 40, "{let_through}");
    guess(&house, "198.51.100.251", "ann@example.com").await;
    assert_eq!(guess(&house, "198.51.100.252", "ann@example.com").await, "too_many_tries");
    house.sign_in_from("192.0.2.7", "ann@example.com", PASSWORD).await.expect("is let in");
}

#[tokio::test]
async fn one_source_cannot_try_one_password_at_many_accounts() {
    let house = House::start_with(Hasher::bounded(2, 200)).await;
    let mut wrong = 0;
    for round in 0..27 {
        let answers = join_all((0..4).map(|n| {
            let (house, email) = (&house, format!("person{}@example.com", round * 4 + n));
            async move { guess(house, "198.51.100.1", &email).await }
        }))
        .await;
        wrong += answers.iter().filter(|reason| *reason == "wrong_credentials").count();
    }
    assert_eq!(wrong, 101, "a hundred are free, and the next may come at once");
    assert_eq!(guess(&house, "198.51.100.1", "another@example.com").await, "too_many_tries");
    assert_eq!(guess(&house, "198.51.100.2", "another@example.com").await, "wrong_credentials");
}

#[tokio::test]
async fn other_processes_know_the_tally_and_filling_the_table_wipes_nothing_cve_2024_21662() {
    let house = House::start().await;
    let user_id = house.signed_up("ann@example.com").await;
    for _ in 0..11 {
        guess(&house, "198.51.100.1", "ann@example.com").await;
    }
    let mut admin = house.database.admin_of(auth::NAME).await;
    sqlx::query(
        "insert into throttles select 'account', sha256(n::text::bytea), 1, now(), now() from generate_series(1, 20000) n",
    )
    .execute(&mut admin)
    .await
    .expect("fills");
    // The tally lies in the database alone: whoever asks, by whatever way in, meets it.
    assert_eq!(guess(&house, "198.51.100.2", "ann@example.com").await, "too_many_tries");
    assert_eq!(house.verify(user_id, PASSWORD).await, Err("too_many_tries".into()));
}

#[tokio::test]
async fn no_table_of_tries_names_anybody() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    house.sign_in_from("192.0.2.7", "ann@example.com", PASSWORD).await.expect("signs in");
    guess(&house, "192.0.2.8", "nobody@example.com").await;
    let rows = house
        .text("select string_agg(line, ' ') from (select t::text as line from throttles t union all select source::text from known_sources) as every_row")
        .await;
    for named in ["example.com", "192.0.2"] {
        assert!(!rows.contains(named), "{rows}");
    }
}
