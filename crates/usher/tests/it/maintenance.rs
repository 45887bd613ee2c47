//! The switch of maintenance as an operator turns it: each turn is noted with who and why.

use std::ffi::OsString;

use gateway::Switch;
use testkit::{Database, MASTER_KEY, Stream};
use usher::cli::run;

/// Runs `usher maintenance` with these words.
async fn maintenance(database: &str, stream: &Stream, words: &[&str]) -> anyhow::Result<u8> {
    let place = stream.place();
    let ground: [[&str; 2]; 5] = [
        ["--database-url", database],
        ["--nats-url", stream.url()],
        ["--stream", &place.name],
        ["--master-key", MASTER_KEY],
        ["--login-key", MASTER_KEY],
    ];
    let line = ["usher", "maintenance"].iter().chain(words).chain(ground.iter().flatten());
    let line: Vec<_> = line.map(OsString::from).collect();
    run(boot::config::parse(line).expect("a command line")).await
}

#[tokio::test]
async fn each_turn_of_the_switch_is_noted_with_who_and_why() {
    let (database, stream) = (Database::new().await, Stream::new().await);
    let switch = look(&stream).await;
    let turn = async |words: &[&str]| {
        let ended = maintenance(&database.url(), &stream, words).await;
        assert_eq!(ended.expect("turns"), 0, "{words:?}");
    };
    turn(&["on", "--reason", "Back at noon.", "--by", "ann@example.com"]).await;
    let notice = switch.read().await.expect("reads").expect("is on");
    assert_eq!(notice.reason, "Back at noon.");
    turn(&["off"]).await;
    assert_eq!(switch.read().await.expect("reads"), None);
    let mut admin = database.admin_of(tenant::NAME).await;
    let noted: Vec<String> = sqlx::query_scalar(
        "select actor || ': ' || action || ': ' || target from audit_events
         where action like 'maintenance.%' order by id",
    )
    .fetch_all(&mut admin)
    .await
    .expect("reads");
    let expected = [
        "service:usher/ann@example.com: maintenance.on: platform Back at noon.",
        "service:usher: maintenance.off: platform",
    ];
    assert_eq!(noted, expected);
    clean(&stream).await;
}

#[tokio::test]
async fn a_turn_that_cannot_be_noted_is_made_only_where_that_is_said() {
    let stream = Stream::new().await;
    let switch = look(&stream).await;
    let away = format!("postgres://postgres@127.0.0.1:{}/usher", testkit::free_ports(1)[0]);
    let refused = maintenance(&away, &stream, &["on"]).await.expect_err("nobody notes it");
    assert!(format!("{refused:#}").contains("--unrecorded"), "{refused:#}");
    assert_eq!(switch.read().await.expect("reads"), None);
    assert_eq!(maintenance(&away, &stream, &["on", "--unrecorded"]).await.expect("turns"), 0);
    assert!(switch.read().await.expect("reads").is_some());
    clean(&stream).await;
}

/// The switch, once NATS answers.
async fn look(stream: &Stream) -> Switch {
    let switch = Switch::of(&stream.nats().await);
    testkit::eventually("NATS answers", async || switch.read().await.is_ok()).await;
    switch
}

async fn clean(stream: &Stream) {
    let name = format!("KV_{}_door", stream.place().name);
    stream.jetstream().await.delete_stream(name).await.expect("cleaned up");
}
