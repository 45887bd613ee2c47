//! A letter that came back, from the mail system's pipe to the list of invitations.

use clap::Parser;
use secrecy::ExposeSecret;
use serde_json::Value;
use testkit::{Platform, found};
use usher::cli::Cli;

use crate::steps::{invite, text};

#[tokio::test]
async fn a_report_of_the_mail_system_shows_at_the_invitation() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let invited = invite(&admin, "ann@school.example", "client").await;
    let mail = platform.mail_for("ann@school.example").await;
    let id = mail.message_id.as_deref().expect("a Message-ID");
    let report = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Action: failed\r\nStatus: 5.2.2\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         Message-ID: <{id}>\r\n--b--\r\n"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.eml");
    std::fs::write(&path, report).expect("writes");
    let operator = platform.operator().await;
    let path = path.to_str().expect("text");
    let target = ["--url", platform.url(), "--token", operator.token().expose_secret()];
    let line = [&["usher", "bounces", "read", path][..], &target].concat();
    let ended = usher::cli::run(Cli::try_parse_from(line).expect("a command line")).await;
    assert_eq!(ended.expect("is taken"), 0);
    let listed = found("the letter is told to have bounced", async || {
        let list = admin.get("/v1/invites?delivery=bounced").await.json();
        list["invites"].as_array().and_then(|invites| invites.first().cloned())
    })
    .await;
    assert_eq!((&listed["inviteId"], &listed["status"]), (&invited["inviteId"], &"pending".into()));
    let events = format!("/v1/invites/{}/events", text(&invited, "inviteId"));
    let events = admin.get(&events).await.json();
    let events = events["events"].as_array().expect("a list");
    let bounced =
        events.iter().find(|event| event["kind"] == "bounced").expect("is in the history");
    assert_eq!(bounced["detail"], Value::from("permanent: mailbox_full 5.2.2"));
    platform.stop().await;
}
