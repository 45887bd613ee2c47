//! Migrations: six starters at once, and again.

use std::collections::BTreeSet;

use futures::future::join_all;
use sqlx::AssertSqlSafe;

use crate::database::Database;

/// Service, version, success and moment of every applied migration.
async fn history(database: &Database) -> Vec<(String, i64, bool, String)> {
    let mut admin = database.admin().await;
    let mut all = Vec::new();
    for service in pg::services() {
        let rows: Vec<(i64, bool, String)> = sqlx::query_as(AssertSqlSafe(format!(
            "select version, success, installed_on::text from usher_{service}._sqlx_migrations order by version"
        )))
        .fetch_all(&mut admin)
        .await
        .expect("every service has a history");
        all.extend(
            rows.into_iter()
                .map(|(version, success, at)| (service.to_owned(), version, success, at)),
        );
    }
    all
}

#[tokio::test]
async fn six_starters_at_once_on_an_empty_database_all_succeed_and_each_file_is_applied_once() {
    let database = Database::empty().await;
    let access = database.access(1);
    let outcomes = join_all((0..6).map(|_| {
        let access = access.clone();
        tokio::spawn(async move { pg::migrate(&access).await })
    }))
    .await;
    for outcome in outcomes {
        outcome.expect("no panic").expect("every starter succeeds");
    }
    let first = history(&database).await;
    let distinct: BTreeSet<_> =
        first.iter().map(|(service, version, ..)| (service, version)).collect();
    assert_eq!(distinct.len(), first.len());
    assert!(first.iter().all(|(_, _, success, _)| *success));
    for service in pg::services() {
        let shared =
            first.iter().filter(|(of, version, ..)| of == service && *version < 10_000_000).count();
        assert!(shared >= 1, "{service} has the shared tables");
    }

    pg::migrate(&access).await.expect("again");
    assert_eq!(history(&database).await, first, "a later start applies nothing");
}

#[tokio::test]
async fn a_database_that_is_away_is_named_unavailable_and_a_bad_address_is_told() {
    use kernel::{Code, Failure};
    let away = pg::Access {
        url: "postgres://nobody@127.0.0.1:1/nothing".to_owned().into(),
        login_secret: String::from("x").into(),
        connections: 1,
    };
    assert_eq!(pg::migrate(&away).await.expect_err("nobody listens").code(), Code::Unavailable);
    let bad = pg::Access { url: String::from("not an address").into(), ..away };
    let refused = pg::migrate(&bad).await.expect_err("no address");
    assert!(matches!(refused, pg::Error::Address(_)), "{refused:?}");
}
