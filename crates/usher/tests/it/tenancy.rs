//! What a tenant decides for itself and what the platform decides about it, as people meet it over HTTP.

use std::time::Duration;

use clap::Parser;
use kernel::{Clock, TenantId};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Actor, Platform, found};
use usher::cli::Cli;

use crate::steps::{accept, invite, onboard, text, token_for, unique, until_stage};

async fn put(actor: &Actor, path: &str, body: &Value) -> testkit::Response {
    actor.send(actor.request(Method::PUT, path).json(body)).await
}

/// Runs `usher tenant …` in an operator's name; answers with which code it ended.
async fn tenant(platform: &Platform, words: &[&str]) -> u8 {
    let operator = platform.operator().await;
    let token = operator.token().expose_secret();
    let target = ["--url", platform.url(), "--token", token, "--json"];
    let line = [&["usher", "tenant"][..], words, &target].concat();
    usher::cli::run(Cli::try_parse_from(line).expect("a command line")).await.expect("is served")
}

#[tokio::test]
async fn settings_of_a_tenant_bind_its_invitations() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    let held = admin.get("/v1/settings").await.json();
    assert_eq!(held["invitationLinksShown"], true);
    let wish = json!({"version": 0, "allowedEmailDomains": ["school.example"], "invitationLinksShown": false});
    let set = put(&admin, "/v1/settings", &wish).await.json();
    assert_eq!(set["version"], "1");
    let stale = put(&admin, "/v1/settings", &json!({"version": 0})).await.problem();
    assert_eq!((stale.status, stale.code.as_str()), (409, "changed_since"));
    let refused = found("the settings are heard", async || {
        let address = format!("{}@else.example", unique("ann"));
        let wish = json!({"email": address, "name": "Ann"});
        let answer = admin.post("/v1/invites", wish).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    let problem = refused.problem();
    assert_eq!((problem.status, problem.code.as_str()), (400, "address_not_allowed"));
    assert_eq!(problem.fields, ["email"]);
    let made = invite(&admin, "ann@school.example", "user").await;
    let link = format!("/v1/invites/{}/link", text(&made, "inviteId"));
    let hidden = admin.send(admin.request(Method::POST, &link)).await.problem();
    assert_eq!((hidden.status, hidden.code.as_str()), (403, "links_not_shown"));
    let token = token_for(&platform, "ann@school.example").await;
    assert_eq!(accept(&platform, &token).await.status, 200, "the letter carries the link");
    platform.settled().await;
    platform.stop().await;
}

#[tokio::test]
async fn a_suspended_tenant_is_shut_on_every_channel_and_goes_on_when_resumed() {
    let platform = Platform::start().await;
    let (acme, beta) = (platform.tenant("Acme").await, platform.tenant("Beta").await);
    let (admin, other) = (acme.admin().await, beta.admin().await);
    let mut stream = admin.request(Method::GET, "/v1/stream").send().await.expect("answers");
    assert_eq!(stream.status(), 200);
    let client = onboard(&admin, "client@acme.test", &unique("sheet")).await;
    let token = token_for(&platform, "client@acme.test").await;

    assert_eq!(tenant(&platform, &["suspend", &acme.slug, "--reason", "unpaid"]).await, 0);
    let problem = found("the gateway refuses", async || {
        let answer = admin.get("/v1/members").await;
        (answer.status != 200).then(|| answer.problem())
    })
    .await;
    assert_eq!((problem.status, problem.code.as_str()), (403, "tenant_suspended"));
    let ended = async { while let Ok(Some(_)) = stream.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the stream ends");
    let refused = accept(&platform, &token).await.problem();
    assert_eq!(refused.code, "tenant_suspended", "nobody comes in");
    assert_eq!(other.get("/v1/members").await.status, 200, "nobody else is shut");
    for service in ["provisioning", "notifier"] {
        let held = async || {
            let mut conn = platform.database().admin_of(service).await;
            let held: i64 = sqlx::query_scalar("select count(*) from job_suspensions where held")
                .fetch_one(&mut conn)
                .await
                .expect("counts");
            held == 1
        };
        platform.eventually("its jobs wait", held).await;
    }

    assert_eq!(tenant(&platform, &["resume", &acme.slug]).await, 0);
    let served = async || admin.get("/v1/members").await.status == 200;
    platform.eventually("the gateway serves again", served).await;
    assert_eq!(accept(&platform, &token).await.status, 200);
    until_stage(&admin, text(&client, "clientId"), "active").await;
    platform.settled().await;
    platform.stop().await;
}

#[tokio::test]
async fn a_plan_gives_seats_and_a_closing_tenant_is_restored() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.admin().await;
    assert_eq!(tenant(&platform, &["plan", &acme.slug, "starter"]).await, 0);
    platform
        .eventually("the seats follow", async || admin.get("/v1/seats").await.json()["limit"] == 10)
        .await;
    let limits = admin.get("/v1/limits").await.json();
    let users = limits["limits"].as_array().expect("limits").iter();
    let users = users.clone().find(|line| line["resource"] == "users").expect("a line");
    assert_eq!(users["most"], "10");
    assert_eq!(
        tenant(&platform, &["close", &acme.slug, "--reason", "over", "--grace-days", "1"]).await,
        0
    );
    let closing = async || admin.get("/v1/members").await.status == 403;
    platform.eventually("the gateway refuses", closing).await;
    assert_eq!(admin.get("/v1/members").await.problem().code, "tenant_closing");
    assert_eq!(tenant(&platform, &["restore", &acme.slug]).await, 0);
    assert_eq!(tenant(&platform, &["show", &acme.id.to_string()]).await, 0);
    let served = async || admin.get("/v1/members").await.status == 200;
    platform.eventually("it is restored", served).await;
    platform.settled().await;
    platform.stop().await;
}

/// Ends the terms that are over, as one more process would.
async fn end_terms(platform: &Platform) {
    let app = tenant::App {
        db: platform.database().db(tenant::NAME),
        nats: platform.stream().nats().await,
        clock: Clock::system(),
        dns: tenant::Dns::new(&[([127, 0, 0, 1], 53).into()]).expect("a resolver"),
    };
    app.end_terms().await.expect("ends terms");
}

#[tokio::test]
async fn a_closed_tenant_is_gone_for_good_with_its_secrets() {
    let platform = Platform::start().await;
    let (acme, beta) = (platform.tenant("Acme").await, platform.tenant("Beta").await);
    let (admin, other) = (acme.admin().await, beta.admin().await);
    for (admin, address) in [(&admin, "client@acme.test"), (&other, "client@beta.test")] {
        let client = onboard(admin, address, &unique("sheet")).await;
        let token = token_for(&platform, address).await;
        assert_eq!(accept(&platform, &token).await.status, 200);
        until_stage(admin, text(&client, "clientId"), "active").await;
    }
    let close = ["close", &acme.slug, "--reason", "over", "--grace-days", "0"];
    assert_eq!(tenant(&platform, &close).await, 0);
    end_terms(&platform).await;
    let gone = async || admin.get("/v1/members").await.status == 410;
    platform.eventually("the tenant is gone", gone).await;
    assert_eq!(admin.get("/v1/members").await.problem().code, "tenant_closed");
    let keys = async || {
        let mut conn = platform.database().admin_of("provisioning").await;
        sqlx::query_scalar::<_, TenantId>(
            "select distinct tenant_id from data_keys where shredded_at is null",
        )
        .fetch_all(&mut conn)
        .await
        .expect("reads")
    };
    platform.eventually("its keys are gone", async || keys().await == [beta.id]).await;
    let restore = format!("/v1/tenants/{}/restore", acme.id);
    let late = platform.operator().await.post(&restore, json!({})).await.problem();
    assert_eq!((late.status, late.code.as_str()), (409, "tenant_status_forbids"));
    assert_eq!(other.get("/v1/members").await.status, 200, "nobody else is");
    platform.settled().await;
    platform.stop().await;
}

#[tokio::test]
async fn a_file_of_tenants_is_brought_in_once_however_often_it_is_run() {
    let platform = Platform::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tenants.csv");
    let rows = "name,slug,locale,plan,trial_days\n\
                Art School,art-school,ru,team,14\n\
                Music,music-school,,,\n";
    std::fs::write(&file, rows).expect("writes");
    let path = file.to_str().expect("a path");
    let operator = platform.operator().await;
    let shown = async |slug: &str| {
        let listed = operator.get(&format!("/v1/tenants?slug={slug}")).await.json();
        listed["tenants"].as_array().expect("tenants").clone()
    };
    assert_eq!(tenant(&platform, &["import", path]).await, 0);
    let first = shown("art-school").await;
    assert_eq!((&first[0]["status"], &first[0]["plan"]), (&json!("trial"), &json!("team")));
    assert_eq!(first[0]["locale"], "ru");
    assert_eq!(tenant(&platform, &["import", path]).await, 0, "nothing is refused the second time");
    assert_eq!(shown("art-school").await, first);
    assert_eq!(shown("music-school").await.len(), 1);
    let more =
        format!("{rows}Other,art-school-2,xx,,\nOther,music-school,,,\nPlan,plan,,nowhere,\n");
    std::fs::write(&file, more).expect("writes");
    assert_eq!(
        tenant(&platform, &["import", path]).await,
        3,
        "the good rows stand, the bad are told"
    );
    assert_eq!(shown("plan").await.len(), 0);
    platform.settled().await;
    platform.stop().await;
}
