//! Changing a password.

use futures::future::{join, join_all};
use kernel::Code;
use sqlx::Executor;
use tonic::Status;
use wire::{
    auth::v1::{ChangePasswordRequest, Session},
    call,
};

use crate::house::{House, PASSWORD, refusal};

const NEW: &str = "eight quick amber finches";

async fn change(house: &House, session: &Session, from: &str, to: &str) -> Result<i32, Status> {
    let request = ChangePasswordRequest { current_password: from.into(), new_password: to.into() };
    let changed = house.passwords().change_password(call(&house.of(session), request)).await?;
    Ok(changed.into_inner().ended_sessions)
}

#[tokio::test]
async fn a_change_asks_for_the_current_password_and_ends_the_other_sessions() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let mine = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let other = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let refused = refusal(change(&house, &mine, "not the password at all", NEW).await);
    assert_eq!(refused, (Code::Unauthenticated, "wrong_password".into()));
    assert_eq!(change(&house, &mine, PASSWORD, NEW).await.expect("changes"), 1);
    house.identify(&mine.token).await.expect("this one stays");
    let refused = refusal(house.identify(&other.token).await);
    assert_eq!(refused, (Code::Unauthenticated, "session_ended".into()));
    assert!(house.sign_in("ann@example.com", PASSWORD).await.is_err());
    house.sign_in("ann@example.com", NEW).await.expect("signs in with the new one");
    let told = house
        .text("select string_agg(kind || ' ' || (data->>'cause'), ', ' order by id) from outbox")
        .await;
    assert_eq!(told, "auth.password.changed by_hand, auth.sessions.ended password_changed");
}

#[tokio::test]
async fn a_new_password_that_cannot_be_chosen_is_refused_with_its_field() {
    let house = House::start().await;
    house.signed_up("annette@example.com").await;
    let mine = house.sign_in("annette@example.com", PASSWORD).await.expect("signs in");
    for (new, problem) in [
        ("fourteen chars", "has fewer than 15 characters"),
        ("password1234567", "is among those that are tried first; choose another"),
        ("usher-2026-login", "is among those that are tried first; choose another"),
        ("annette was here once", "contains the e-mail address or its first part"),
        ("northwind-2026!!", "leans on the name of the workspace; choose another"),
        (&"x y".repeat(342), "has more than 1,024 characters"),
    ] {
        let refused = change(&house, &mine, PASSWORD, new).await.expect_err("is refused");
        let refused = wire::code_of(&refused);
        assert_eq!((refused.code, refused.reason.as_str()), (Code::Invalid, "password_refused"));
        assert_eq!(
            (refused.fields[0].field.as_str(), refused.fields[0].problem.as_str()),
            ("newPassword", problem)
        );
    }
    assert_eq!(house.verify(mine.user_id.parse().expect("an id"), PASSWORD).await, Ok(()));
}

#[tokio::test]
async fn of_fifty_parallel_changes_one_wins() {
    let house = House::start_with(auth::Hasher::bounded(2, 200)).await;
    house.signed_up("ann@example.com").await;
    let mine = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let wishes: Vec<String> = (0..50).map(|n| format!("eight quick amber finches {n}")).collect();
    let answers = join_all(wishes.iter().map(|new| change(&house, &mine, PASSWORD, new))).await;
    let won: Vec<usize> = (0..50).filter(|&n| answers[n].is_ok()).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in answers.into_iter().filter(Result::is_err) {
        let refused = refusal(answer);
        let known = ["wrong_password", "too_many_tries"].contains(&refused.1.as_str());
        assert!(known, "{refused:?}");
    }
    house.clock.advance(std::time::Duration::from_secs(3_600));
    house.sign_in("ann@example.com", &wishes[won[0]]).await.expect("the winner's password counts");
    let told =
        house.text("select count(*)::text from outbox where kind = 'auth.password.changed'").await;
    assert_eq!(told, "1");
}

#[tokio::test]
async fn a_password_is_changed_by_its_person_alone() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let request =
        ChangePasswordRequest { current_password: PASSWORD.into(), new_password: NEW.into() };
    let refused = refusal(house.passwords().change_password(crate::house::ask(request)).await);
    assert_eq!(refused.0, Code::Unauthenticated);
}

#[tokio::test]
async fn a_hash_made_at_lower_costs_is_made_anew_at_sign_in() {
    let house = House::start().await;
    let user_id = house.signed_up("ann@example.com").await;
    let mut admin = house.database.admin_of(auth::NAME).await;
    // argon2id, 8 KiB, one pass, of the same password.
    let params = argon2::Params::new(8, 1, 1, None).expect("parameters");
    let cheap = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let cheap = argon2::PasswordHasher::hash_password(&cheap, PASSWORD.as_bytes()).expect("hashes");
    let cheap: argon2::password_hash::phc::PasswordHash = cheap;
    sqlx::query("update credentials set hash = $1")
        .bind(cheap.to_string())
        .execute(&mut admin)
        .await
        .expect("sets");
    house.sign_in("ann@example.com", "not the password at all").await.expect_err("is refused");
    let costs = "select split_part(hash, '$', 4) from credentials";
    assert_eq!(
        house.text(costs).await,
        "m=8,t=1,p=1",
        "only the right password tells what to hash"
    );
    house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    assert_eq!(house.text(costs).await, "m=19456,t=2,p=1");
    assert_eq!(house.verify(user_id, PASSWORD).await, Ok(()));
}

#[tokio::test]
async fn a_password_that_was_changed_while_it_was_checked_opens_no_session() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let mut admin = house.database.admin_of(auth::NAME).await;
    admin.execute("begin; select from credentials for update").await.expect("locks");
    let enter = house.sign_in("ann@example.com", PASSWORD);
    let change = async {
        let checked = "select count(*) >= 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        house.database.until(auth::NAME, checked).await;
        admin
            .execute("update credentials set credential_id = gen_random_uuid(); commit")
            .await
            .expect("changes");
    };
    let (answer, ()) = join(enter, change).await;
    assert_eq!(refusal(answer), (Code::Unauthenticated, "wrong_credentials".into()));
    assert_eq!(house.text("select count(*)::text from sessions").await, "0");
}
