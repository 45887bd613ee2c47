//! A whole platform per test.

use std::time::Duration;

use serde_json::json;
use testkit::Platform;
use tokio::net::TcpStream;

#[tokio::test]
async fn a_platform_starts_a_tenant_is_created_over_http_and_it_stops_clean() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    assert_eq!(tenant.slug, "acme");

    let shown = platform.operator().await.get(&format!("/v1/tenants/{}", tenant.id)).await.json();
    assert_eq!(shown["name"], "Acme");
    let taken =
        platform.operator().await.post("/v1/tenants", json!({"name": "Acme"})).await.problem();
    assert_eq!((taken.status, taken.code.as_str()), (409, "slug_taken"));
    assert_eq!(taken.fields, ["slug"]);
    let nobody = platform.anonymous().get("/v1/tenants").await.problem();
    assert_eq!(nobody.status, 401);

    let admin = tenant.admin().await;
    let me = admin.get("/v1/me").await.json();
    assert_eq!(me["userId"].as_str().or(me["user"]["userId"].as_str()), Some(admin.user_id()));
    platform.stop().await;
}

#[tokio::test]
async fn an_invitation_arrives_by_mail_and_the_platform_comes_to_rest() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let wish = json!({"email": "ann@example.test", "name": "Ann", "role": "client"});
    admin.post("/v1/invites", wish).await.json();
    let mail = platform.mail_for("ann@example.test").await;
    assert!(mail.links.iter().any(|link| link.starts_with(platform.url())));
    platform.settled().await;
    platform.stop().await;
}

#[tokio::test]
async fn a_twin_serves_the_same_people_from_another_port() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let twin = platform.twin().await;
    assert_ne!(twin.url(), platform.url());
    platform.stop().await;
    let path = format!("/v1/tenants/{}", tenant.id);
    assert_eq!(twin.operator().await.get(&path).await.json()["slug"], "acme");
    twin.stop().await;
}

#[tokio::test]
async fn a_killed_platform_is_gone_and_asks_nothing() {
    let platform = Platform::start().await;
    platform.tenant("Acme").await;
    let address = platform.url().trim_start_matches("http://").to_owned();
    platform.spawn("doomed", async move |_| anyhow::bail!("as was to be expected"));
    platform.kill();
    testkit::eventually("the port is closed", async || TcpStream::connect(&address).await.is_err())
        .await;
}

#[tokio::test]
#[should_panic(expected = "doomed")]
async fn a_dead_task_makes_stop_fail() {
    let platform = Platform::builder().without_sandbox().start().await;
    platform.spawn("doomed", async move |_| anyhow::bail!("as was to be expected"));
    platform.stop().await;
}

#[tokio::test]
#[should_panic(expected = "doomed")]
async fn a_dead_task_makes_a_mere_drop_fail() {
    let platform = Platform::builder().without_sandbox().start().await;
    platform.spawn("doomed", async move |_| panic!("as was to be expected"));
    drop(platform);
}

#[tokio::test]
#[should_panic(expected = "unpublished")]
async fn a_fact_that_nobody_will_publish_makes_stop_fail() {
    let impatient = Platform::builder().without_sandbox().patience(Duration::from_millis(200));
    let platform = impatient.start().await;
    // The relay is told to leave, and ends in good order.
    platform.host().drain(Duration::from_secs(10)).await;
    let (db, id) = (platform.database().db("tenant"), testkit::tenant());
    let mut tx = db.tenant(id, "probe").await.expect("opens");
    let told =
        bus::emit_json(&mut tx, &testkit::cx(id), "tenant.tenant.created", id.uuid(), &json!({}))
            .await;
    told.expect("emits");
    tx.commit().await.expect("commits");
    platform.stop().await;
}
