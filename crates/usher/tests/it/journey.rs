//! The main job: from an invitation to an active workspace, one client at a time and by the file.

use std::{fmt::Write, time::Duration};

use kernel::Slug;
use reqwest::Method;
use sandbox::legacy::{Fault, Op};
use serde_json::{Value, json};
use testkit::{Actor, Platform};
use usher::{
    api::Api,
    commands::onboard::{Strictness, bring},
    onboard::Format,
};

use crate::steps::{
    accept, bring_in, onboard, status, text, token_for, unique, until_stage, wb_token,
};

/// Longest that a file may take.
const WAIT: Duration = testkit::PATIENCE.saturating_mul(3);

#[tokio::test]
async fn a_client_walks_from_the_invitation_to_an_active_workspace() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let admin = tenant.admin().await;
    let sheet = unique("sheet");
    let client = onboard(&admin, "ann@example.test", &sheet).await;
    let id = text(&client, "clientId");
    assert_eq!(client["stage"], "invited");
    assert!(text(&client, "wbTokenHint").starts_with("***"), "{client}");
    let before = status(&admin, id).await;
    assert_eq!(
        (&before["client"]["stage"], &before["jobState"]),
        (&json!("invited"), &json!("none"))
    );

    let token = token_for(&platform, "ann@example.test").await;
    let nobody = platform.anonymous();
    let path = format!("/v1/invitations/{token}");
    assert_eq!(nobody.send(nobody.request(Method::HEAD, &path)).await.status, 200);
    let shown = nobody.get(&path).await.json();
    assert_eq!(
        (&shown["tenantName"], &shown["email"]),
        (&json!("Acme"), &json!("ann@example.test"))
    );
    assert_eq!(shown["needsPassword"], true);
    assert_eq!(status(&admin, id).await["client"]["stage"], "invited", "looking consumes nothing");

    // The second step is put off once, so that an attempt more is seen.
    platform.sandbox().legacy.push_fault_for(&sheet, Op::TokensAdd, Fault::ServerError);
    let accepted = accept(&platform, &token).await.json();
    assert_eq!(text(&accepted, "tenantId"), tenant.id.to_string());
    let active = until_stage(&admin, id, "active").await;
    assert_eq!(active["client"]["userId"], accepted["userId"]);
    platform.settled().await;

    let ended = status(&admin, id).await;
    let steps = ended["steps"].as_array().expect("steps");
    assert_eq!((steps.len(), &ended["jobState"]), (4, &json!("done")), "{ended}");
    assert!(steps.iter().all(|step| step["state"] == "done"), "{ended}");
    let attempts: Vec<_> =
        steps.iter().map(|step| step["attempts"].as_i64().expect("a number")).collect();
    assert_eq!(attempts, [1, 2, 1, 1]);
    assert_eq!(ended["client"]["attempts"], 5);

    assert_eq!(
        walked(&platform, id).await,
        [
            "invited -> email_confirmed",
            "email_confirmed -> workspace_registered",
            "workspace_registered -> token_added",
            "token_added -> validated",
            "validated -> active",
        ]
    );
    let wish = json!({"email": "ann@example.test", "password": crate::steps::PASSWORD});
    let session = nobody.post("/v1/sessions", wish).await.json();
    assert_eq!(session["userId"], accepted["userId"]);
    platform.stop().await;
}

#[tokio::test]
async fn onboarding_the_same_client_again_changes_nothing() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let sheet = unique("sheet");
    let first = onboard(&admin, "ann@example.test", &sheet).await;
    accept(&platform, &token_for(&platform, "ann@example.test").await).await.json();
    let active = until_stage(&admin, text(&first, "clientId"), "active").await;
    platform.settled().await;
    let (calls, mails) = outside(&platform);
    let again = onboard(&admin, "ann@example.test", &sheet).await;
    platform.settled().await;
    assert_eq!(again["clientId"], first["clientId"]);
    assert_eq!(
        (again["stage"].clone(), again["activeAt"].clone()),
        ("active".into(), active["client"]["activeAt"].clone())
    );
    assert_eq!(outside(&platform), (calls, mails), "nothing more was said outside");
    platform.stop().await;
}

#[tokio::test]
async fn an_operator_of_the_tenant_brings_a_client_in_and_nobody_higher() {
    let platform = Platform::start().await;
    let operator = platform.tenant("Acme").await.member("operator").await;
    let client = bring_in(&platform, &operator, "ann@example.test").await;
    assert_eq!(client["stage"], "active");
    let wish = json!({"email": "boss@example.test", "name": "A Boss", "role": "admin"});
    let refused = operator.post("/v1/invites", wish).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "role_above_own"));
    platform.stop().await;
}

#[tokio::test]
async fn a_permanent_failure_is_told_in_words_and_retry_finishes_the_way() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let sheet = unique("sheet");
    let refusal =
        Fault::Refused { status: 403, message: "this spreadsheet is locked by its owner".into() };
    platform.sandbox().legacy.push_fault_for(&sheet, Op::Register, refusal);
    let client = onboard(&admin, "ann@example.test", &sheet).await;
    let id = text(&client, "clientId");
    accept(&platform, &token_for(&platform, "ann@example.test").await).await.json();

    let failed = until_stage(&admin, id, "failed").await;
    let reason = text(&failed["client"], "reason");
    assert!(reason.contains("this spreadsheet is locked by its owner"), "{reason}");
    assert_eq!(failed["client"]["reasonCode"], "legacy_forbidden");
    platform.settled().await;
    let failed = status(&admin, id).await;
    assert_eq!(failed["jobState"], "failed", "{failed}");
    assert_eq!(
        (&failed["steps"][0]["state"], &failed["steps"][0]["attempts"]),
        (&json!("failed"), &json!(1))
    );

    let retried = admin.post(&format!("/v1/onboarding/clients/{id}/retry"), json!({})).await.json();
    assert_eq!(retried["reason"].as_str().unwrap_or_default(), "");
    until_stage(&admin, id, "active").await;
    let again = admin.post(&format!("/v1/onboarding/clients/{id}/retry"), json!({})).await.json();
    assert_eq!(again["stage"], "active", "retrying what works changes nothing");
    platform.settled().await;
    assert_eq!(
        platform
            .sandbox()
            .legacy
            .effects()
            .iter()
            .filter(|effect| effect.spreadsheet_id == sheet)
            .count(),
        2
    );
    platform.stop().await;
}

#[tokio::test]
async fn a_file_brings_its_good_rows_to_active_and_names_the_bad_ones() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let file = file(&[
        &row("ann@example.test", "client"),
        &row("not an address", "client"),
        &row("ben@example.test", "emperor"),
        &row("cleo@example.test", ""),
        "dan@example.test,Dan,client,,token",
    ]);
    assert_eq!(run(&platform, &tenant.slug, &file, Strictness::Lenient).await, 0);
    platform.settled().await;
    let admin = tenant.admin().await;
    assert_eq!(
        stages(&admin).await,
        [("ann@example.test", "active"), ("cleo@example.test", "active")]
            .map(|(email, stage)| (email.to_owned(), stage.to_owned()))
    );

    let (before, mails) = outside(&platform);
    let clients = admin.get("/v1/onboarding/clients").await.json();
    assert_eq!(run(&platform, &tenant.slug, &file, Strictness::Lenient).await, 0, "a second run");
    platform.settled().await;
    assert_eq!(outside(&platform), (before, mails), "a second run says nothing outside");
    assert_eq!(
        admin.get("/v1/onboarding/clients").await.json(),
        clients,
        "a second run changes nothing"
    );
    platform.stop().await;
}

#[tokio::test]
async fn a_strict_run_and_a_file_without_good_rows_send_nothing() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let mixed = file(&[&row("ann@example.test", "client"), &row("nobody", "client")]);
    assert_eq!(run(&platform, &tenant.slug, &mixed, Strictness::Strict).await, 1);
    let bad = file(&[&row("nobody", "client")]);
    for bytes in [
        bad.as_bytes(),
        b"",
        b"\xff\xfe\x00",
        b"email;name\n",
        b"email,name,role,spreadsheet_id,wb_token\n",
    ] {
        let api = api(&platform).await;
        let slug = Slug::parse(&tenant.slug).expect("a slug");
        let code = bring(&api, bytes, Some(&slug), Strictness::Lenient, Format::Json, WAIT).await;
        assert_eq!(code.expect("answers"), 1);
    }
    let admin = tenant.admin().await;
    let clients = admin.get("/v1/onboarding/clients").await.json();
    assert!(clients["clients"].as_array().is_none_or(Vec::is_empty), "{clients}");
    assert_eq!(outside(&platform), (0, 0));
    platform.stop().await;
}

#[tokio::test]
async fn a_file_whose_row_fails_for_good_ends_with_three_and_a_second_run_mends_it() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let broken = row("ann@example.test", "client");
    let sheet = broken.split(',').nth(3).expect("a sheet").to_owned();
    let refusal = Fault::Refused { status: 400, message: "unknown spreadsheet".into() };
    platform.sandbox().legacy.push_fault_for(&sheet, Op::Register, refusal);
    let file = file(&[&broken, &row("ben@example.test", "client")]);
    assert_eq!(run(&platform, &tenant.slug, &file, Strictness::Lenient).await, 3);
    assert_eq!(run(&platform, &tenant.slug, &file, Strictness::Lenient).await, 0);
    platform.stop().await;
}

#[tokio::test]
async fn two_runs_of_one_file_at_once_both_end_well() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    // More than are played at a time: whoever finds a link used must not wait for it.
    let rows: Vec<String> = (0..10).map(|n| row(&format!("p{n}@example.test"), "client")).collect();
    let file = file(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let (one, two) = tokio::join!(
        run(&platform, &tenant.slug, &file, Strictness::Lenient),
        run(&platform, &tenant.slug, &file, Strictness::Lenient)
    );
    assert_eq!((one, two), (0, 0));
    platform.stop().await;
}

#[tokio::test]
async fn a_row_of_a_tenant_that_is_not_holds_up_no_other() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let file = format!(
        "email,name,role,spreadsheet_id,wb_token,tenant\n{},nosuch\n{},{}\n",
        row("ann@example.test", "client"),
        row("ben@example.test", "client"),
        tenant.slug
    );
    assert_eq!(run(&platform, &tenant.slug, &file, Strictness::Lenient).await, 3);
    let admin = tenant.admin().await;
    assert_eq!(stages(&admin).await, [("ben@example.test".to_owned(), "active".to_owned())]);
    platform.stop().await;
}

/// Every move of a client that was told as a fact, in order.
async fn walked(platform: &Platform, client: &str) -> Vec<String> {
    let mut admin = platform.database().admin().await;
    let asked = sqlx::query_scalar(
        "select (data->>'from') || ' -> ' || (data->>'to') from usher_provisioning.outbox
         where kind = 'provisioning.client.advanced' and data->>'clientId' = $1 order by aggregate_seq",
    );
    asked.bind(client).fetch_all(&mut admin).await.expect("lists facts")
}

/// How much was said to the outside world: calls of the backend, and mails.
fn outside(platform: &Platform) -> (usize, usize) {
    (platform.sandbox().legacy.calls().len(), platform.sandbox().mail.messages().len())
}

async fn stages(admin: &Actor) -> Vec<(String, String)> {
    let clients = admin.get("/v1/onboarding/clients").await.json();
    let clients = clients["clients"].as_array().expect("clients").iter();
    let mut stages: Vec<_> = clients
        .map(|client: &Value| (text(client, "email").to_owned(), text(client, "stage").to_owned()))
        .collect();
    stages.sort();
    stages
}

async fn run(platform: &Platform, tenant: &str, file: &str, strictness: Strictness) -> u8 {
    let slug = Slug::parse(tenant).expect("a slug");
    let done =
        bring(&api(platform).await, file.as_bytes(), Some(&slug), strictness, Format::Json, WAIT)
            .await;
    done.expect("the platform answers")
}

/// The operator's way in, as the command line has it.
async fn api(platform: &Platform) -> Api {
    let operator = platform.operator().await;
    let sandbox = Some(platform.admin_url().to_owned());
    Api::new(platform.url().to_owned(), Some(operator.token().clone()), sandbox).expect("a client")
}

fn row(email: &str, role: &str) -> String {
    let sheet = unique("sheet");
    format!("{email},Some Body,{role},{sheet},{}", wb_token(&sheet))
}

fn file(rows: &[&str]) -> String {
    let mut file = String::from("email,name,role,spreadsheet_id,wb_token\n");
    for row in rows {
        writeln!(file, "{row}").expect("text takes text");
    }
    file
}
