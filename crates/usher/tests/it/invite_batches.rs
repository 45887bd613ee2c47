//! Many are invited by a file: over the command line and the API, with letters that go where they should and nowhere else.

use clap::Parser;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Actor, Platform, Tenant, found};
use usher::{api::Problem, cli::Cli};

use crate::steps::{text, token_for};

/// Runs `usher invites import` in somebody's name; answers the exit code, or the stable reason of a refusal.
async fn import(
    platform: &Platform,
    tenant: &Tenant,
    actor: &Actor,
    csv: &[u8],
    more: &[&str],
) -> Result<u8, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("people.csv");
    std::fs::write(&file, csv).expect("writes");
    let (token, id) = (actor.token().expose_secret(), tenant.id.to_string());
    let file = file.to_str().expect("a path");
    let words = ["usher", "invites", "import", file, "--url", platform.url(), "--token", token];
    let line = [&words[..], &["--tenant", &id, "--json"], more].concat();
    let cli = Cli::try_parse_from(line).expect("a command line");
    usher::cli::run(cli).await.map_err(|failure| match failure.downcast::<Problem>() {
        Ok(problem) => problem.code,
        Err(other) => other.to_string(),
    })
}

#[tokio::test]
async fn a_file_is_imported_by_the_command_line_which_tells_of_every_row() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let admin = tenant.admin().await;
    let good = b"email,name\nann@import.test,Ann\nbob@import.test,Bob\n";
    assert_eq!(import(&platform, &tenant, &admin, good, &[]).await, Ok(0));
    assert_eq!(import(&platform, &tenant, &admin, good, &[]).await, Ok(0), "nobody twice");

    let folder = tempfile::tempdir().expect("a folder");
    let results = folder.path().join("results.csv");
    let results = results.to_str().expect("a path");
    let mixed = b"name;email;role\n=cmd();eve@import.test;\nAnn;not-an-address;\nZoe;zoe@import.test;owner\n";
    let ended = import(&platform, &tenant, &admin, mixed, &["--results", results]).await;
    assert_eq!(ended, Ok(3), "some rows were refused");
    let told = std::fs::read_to_string(results).expect("reads");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[1], "1,eve@import.test,'=cmd(),created,,,");
    assert!(lines[2].starts_with("2,not-an-address,Ann,refused,email,bad_row,"), "{told}");
    assert!(lines[3].starts_with("3,zoe@import.test,Zoe,refused,role,role_above_own,"), "{told}");

    let unreadable = import(&platform, &tenant, &admin, b"\xff\xfee\0m\0a\0i\0l\0", &[]).await;
    assert_eq!(unreadable, Err("invalid_argument".into()));
    let huge = vec![b'x'; 3 * 1024 * 1024 + 1];
    let refused = import(&platform, &tenant, &admin, &huge, &[]).await.expect_err("too large");
    assert!(refused.contains("larger than 3 MiB"), "{refused}");
    let user = tenant.member("user").await;
    let denied = import(&platform, &tenant, &user, good, &[]).await;
    assert_eq!(denied, Err("permission_denied".into()));
    platform.stop().await;
}

#[tokio::test]
async fn a_body_beyond_the_methods_own_limit_is_refused_and_one_within_is_not() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let send = async |csv: Vec<u8>| {
        let request = admin.request(Method::POST, "/v1/invite-batches");
        admin.send(request.header("content-type", "text/csv; charset=utf-8").body(csv)).await
    };
    let wide = format!("email,name\nann@wide.test,Ann\n{}", "\n".repeat(2 * 1024 * 1024));
    let batch = send(wide.into_bytes()).await.json();
    assert_eq!(batch["rows"], 1);
    let over = send(vec![b'\n'; 3 * 1024 * 1024 + 1]).await.problem();
    assert_eq!((over.status, over.code.as_str()), (413, "body_too_large"));
    // Elsewhere a body of that size is too large, and CSV is no body at all.
    let elsewhere = admin.request(Method::POST, "/v1/invites").body(vec![b' '; 2 * 1024 * 1024]);
    assert_eq!(admin.send(elsewhere).await.problem().status, 413);
    let csv = admin.request(Method::POST, "/v1/invites").header("content-type", "text/csv");
    assert_eq!(admin.send(csv.body("email\n")).await.problem().status, 415);
    platform.stop().await;
}

#[tokio::test]
async fn each_letter_goes_to_the_stored_address_alone_and_a_hostile_name_stays_a_name() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let names = [
        "<script>alert(1)</script>",
        "Eve <eve@evil.test>, mallory@evil.test",
        "=HYPERLINK(\"http://evil.test\")",
        "{{7*7}} ${7*7} %0d%0aBcc: eve@evil.test",
    ];
    let rows: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(n, name)| json!({"email": format!("p{n}@letters.test"), "name": name}))
        .collect();
    let long = json!({"email": "long@letters.test", "name": "x".repeat(255)});
    let rows = [&rows[..], &[long]].concat();
    let wish = json!({"rows": rows});
    let batch = admin.post("/v1/invite-batches", wish).await.json();
    let path = format!("/v1/invite-batches/{}", text(&batch, "batchId"));
    let done = found("the list ends", async || {
        let seen = admin.get(&path).await.json();
        (seen["status"] == "done").then_some(seen)
    })
    .await;
    assert_eq!((&done["created"], &done["refused"]), (&json!(4), &json!(1)));
    for n in 0..names.len() {
        let address = format!("p{n}@letters.test");
        let mail = platform.mail_for(&address).await;
        assert_eq!(mail.to, std::slice::from_ref(&address));
        let html = mail.html.clone().unwrap_or_default();
        assert!(!html.contains("<script") && !html.contains("http://evil.test"), "{html}");
        let token = token_for(&platform, &address).await;
        let page = platform.anonymous().get(&format!("/invite/{token}")).await.body;
        assert!(!page.contains("<script>alert") && page.contains(&address), "{page}");
    }
    platform.settled().await;
    let strangers = platform.sandbox().mail.messages();
    let strangers = strangers.iter().filter(|mail| mail.to.iter().any(|to| to.contains("evil")));
    assert_eq!(strangers.count(), 0);
    platform.stop().await;
}
