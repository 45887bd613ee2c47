//! Staging, activating and verifying passwords.

use std::time::Duration;

use futures::future::{join, join_all};
use kernel::{Code, UserId};
use sqlx::Executor;
use tonic::Status;
use uuid::Uuid;
use wire::auth::v1::{ActivateCredentialRequest, StageCredentialRequest, VerifyPasswordRequest};

use crate::house::{House, PASSWORD, ask, refusal};

async fn activate(house: &House, user_id: UserId, credential_id: &str) -> Result<(), Status> {
    let request = ActivateCredentialRequest {
        user_id: user_id.to_string(),
        credential_id: credential_id.into(),
    };
    house.credentials().activate_credential(ask(request)).await.map(|_| ())
}

#[tokio::test]
async fn a_staged_password_does_nothing_until_it_is_activated() {
    let house = House::start().await;
    let user_id = testkit::user();
    let staged = house.stage(user_id, "ann@example.com", PASSWORD).await;
    assert_eq!(house.verify(user_id, PASSWORD).await, Err("wrong_password".into()));
    for _ in 0..2 {
        activate(&house, user_id, &staged).await.expect("activates, however often");
    }
    assert_eq!(house.verify(user_id, PASSWORD).await, Ok(()));
    assert_eq!(
        house.verify(user_id, "another password altogether").await,
        Err("wrong_password".into())
    );
    let audited = house
        .text("select count(*)::text from audit_events where action = 'credential.activate'")
        .await;
    assert_eq!(audited, "1");
}

#[tokio::test]
async fn a_person_who_has_a_password_keeps_it() {
    let house = House::start().await;
    let user_id = house.signed_up("ann@example.com").await;
    let other = house.stage(user_id, "ann@example.com", "an entirely new password").await;
    activate(&house, user_id, &other).await.expect("changes nothing");
    assert_eq!(house.verify(user_id, PASSWORD).await, Ok(()));
    assert_eq!(
        house.verify(user_id, "an entirely new password").await,
        Err("wrong_password".into())
    );
}

#[tokio::test]
async fn of_fifty_parallel_activations_one_becomes_the_password() {
    let house = House::start().await;
    let user_id = testkit::user();
    let first = house.stage(user_id, "ann@example.com", PASSWORD).await;
    // Copies of the hash spare the test fifty hashes.
    let mut admin = house.database.admin_of(auth::NAME).await;
    sqlx::query(
        "insert into credentials select gen_random_uuid(), user_id, email, hash, state, created_at
         from credentials, generate_series(2, 50)",
    )
    .execute(&mut admin)
    .await
    .expect("copies");
    let staged: Vec<Uuid> = sqlx::query_scalar("select credential_id from credentials")
        .fetch_all(&mut admin)
        .await
        .expect("lists");
    assert_eq!(staged.len(), 50);
    let staged: Vec<String> = staged.iter().map(ToString::to_string).collect();
    // Nobody may write until a crowd stands at the door.
    admin.execute("begin; lock table credentials in exclusive mode").await.expect("locks");
    let crowd = join_all(staged.iter().map(|id| activate(&house, user_id, id)));
    let open = async {
        let crowded = "select count(*) >= 4 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        house.database.until(auth::NAME, crowded).await;
        admin.execute("commit").await.expect("unlocks");
    };
    let (answers, ()) = join(crowd, open).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let left = house.text("select string_agg(state, ',') from credentials").await;
    assert_eq!(left, "active");
    let audited = house
        .text("select count(*)::text from audit_events where action = 'credential.activate'")
        .await;
    assert_eq!(audited, "1", "the others found the person's password");
    activate(&house, user_id, &first).await.expect("whoever won, the person has a password");
}

#[tokio::test]
async fn a_credential_of_another_person_or_of_nobody_is_missing() {
    let house = House::start().await;
    let staged = house.stage(testkit::user(), "ann@example.com", PASSWORD).await;
    let refused = refusal(activate(&house, testkit::user(), &staged).await);
    assert_eq!(refused, (Code::NotFound, "credential_not_found".into()));
    let refused = refusal(activate(&house, testkit::user(), &Uuid::new_v4().to_string()).await);
    assert_eq!(refused, (Code::NotFound, "credential_not_found".into()));
    let refused = refusal(activate(&house, testkit::user(), "rubbish").await);
    assert_eq!(refused, (Code::Invalid, "invalid_argument".into()));
}

#[tokio::test]
async fn an_e_mail_signs_in_one_person() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let impostor = testkit::user();
    let staged = house.stage(impostor, "ann@example.com", "password of the impostor").await;
    let refused = refusal(activate(&house, impostor, &staged).await);
    assert_eq!(refused, (Code::Conflict, "email_taken".into()));
}

#[tokio::test]
async fn a_password_that_cannot_be_chosen_is_refused_with_its_field() {
    let house = House::start().await;
    for (password, problem) in [
        ("fourteen chars", "has fewer than 15 characters"),
        ("passwordpassword", "is among those that are tried first; choose another"),
        ("annette was here once", "contains the e-mail address or its first part"),
        ("northwind-2026!!", "leans on the name of the workspace; choose another"),
    ] {
        let request = StageCredentialRequest {
            user_id: testkit::user().to_string(),
            email: "annette@example.com".into(),
            password: password.into(),
            words: vec!["Northwind Music".into()],
        };
        let refused = house.credentials().stage_credential(ask(request)).await;
        let refused = wire::code_of(&refused.expect_err("is refused"));
        assert_eq!((refused.code, refused.reason.as_str()), (Code::Invalid, "password_refused"));
        assert_eq!(
            (refused.fields[0].field.as_str(), refused.fields[0].problem.as_str()),
            ("password", problem)
        );
        assert!(!refused.message.contains(password));
    }
}

#[tokio::test]
async fn a_person_without_a_password_is_refused_after_the_same_work() {
    let house = House::start().await;
    let before = house.app.hasher.checks();
    assert_eq!(house.verify(testkit::user(), PASSWORD).await, Err("wrong_password".into()));
    assert_eq!(house.app.hasher.checks(), before + 1);
}

#[tokio::test]
async fn nobody_but_the_services_named_reaches_credentials() {
    let house = House::start().await;
    let request =
        VerifyPasswordRequest { user_id: testkit::user().to_string(), password: PASSWORD.into() };
    let refused = refusal(house.credentials_for("gateway").verify_password(ask(request)).await);
    assert_eq!(refused.0, Code::Unauthenticated);
}

#[tokio::test]
async fn the_sweep_removes_staged_hashes_after_thirty_days_and_nothing_else() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    house.stage(testkit::user(), "old@example.com", PASSWORD).await;
    house.clock.advance(Duration::from_secs(30 * 24 * 3_600 + 1));
    house.stage(testkit::user(), "new@example.com", PASSWORD).await;
    // A fresh start sweeps at once.
    let host = boot::Host::new();
    auth::start(&house.app, wire::identity::Trust::default(), &host).expect("starts");
    let swept = "select string_agg(email, ' ' order by email) = 'ann@example.com new@example.com' from credentials";
    house.database.until(auth::NAME, swept).await;
    host.drain(Duration::from_secs(5)).await;
}
