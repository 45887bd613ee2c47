//! Letters that come back: at once, and in reports of mail systems.

use kernel::Code;
use sandbox::mail::Fault;
use tonic::Status;
use uuid::Uuid;
use wire::notifier::v1::{
    ReportBounceRequest, ReportBounceResponse, bounces_client::BouncesClient,
};

use crate::house::House;

const REPORT: &[&str] = &["notifier.bounces.report"];
const TOLD: &str = "select string_agg(kind, ',' order by id) from outbox";
const STANDS: &str =
    "select status || ' ' || coalesce(reason, '') || ' ' || attempts from messages";

async fn report(
    house: &House,
    rights: &[&str],
    mail: &str,
) -> Result<ReportBounceResponse, Status> {
    let mut bounces = BouncesClient::new(house.caller("gateway"));
    let cx = house.staff(rights);
    let asked = ReportBounceRequest { report: mail.into() };
    bounces.report_bounce(wire::call(&cx, asked)).await.map(tonic::Response::into_inner)
}

/// A report about a letter, as a mail system writes it.
fn about(message_id: &str, fields: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: usher@mail.example\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain\r\n\r\nIt did not arrive.\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; ann@example.com\r\n{fields}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
         Message-ID: {message_id}\r\nSubject: x\r\n\r\nHello\r\n--b--\r\n"
    )
}

/// A letter that was sent; its Message-ID.
async fn letter(house: &House) -> String {
    house.invite("ann@example.com", "Ann", "en").await;
    house.until(STANDS, "sent  1").await;
    house.text("select mail_message_id from messages").await
}

#[tokio::test]
async fn a_reported_letter_bounced_once_with_the_reason() {
    let house = House::start().await;
    let id = letter(&house).await;
    let failed = about(&id, "Action: failed\r\nStatus: 5.1.1");
    let seen = report(&house, REPORT, &failed).await.expect("takes it");
    assert_eq!(
        (seen.outcome.as_str(), seen.status.as_str(), seen.reason.as_str(), seen.permanent),
        ("bounced", "5.1.1", "mailbox_unknown", true)
    );
    assert!(id.contains(&seen.message_id));
    assert_eq!(report(&house, REPORT, &failed).await.expect("again"), seen);
    assert_eq!(house.text(STANDS).await, "bounced mailbox_unknown 1");
    assert_eq!(house.text(TOLD).await, "notifier.message.sent,notifier.message.bounced");
    let fact = "select (data->>'status') || ' ' || (data->>'permanent') || ' ' || (data->>'sends')
                from outbox where kind = 'notifier.message.bounced'";
    assert_eq!(house.text(fact).await, "5.1.1 true 1");
    let audited = "select count(*)::text from audit_events where action = 'message.bounce'";
    assert_eq!(house.text(audited).await, "1");
}

#[tokio::test]
async fn what_is_late_is_no_bounce_and_what_was_given_up_is_one_that_may_pass() {
    let house = House::start().await;
    let id = letter(&house).await;
    let late = about(&id, "Action: delayed\r\nStatus: 4.4.1");
    assert_eq!(report(&house, REPORT, &late).await.expect("takes it").outcome, "delayed");
    assert_eq!(house.text(STANDS).await, "sent  1");
    let over = about(&id, "Action: failed\r\nStatus: 4.4.7");
    let seen = report(&house, REPORT, &over).await.expect("takes it");
    assert_eq!((seen.outcome.as_str(), seen.permanent), ("bounced", false));
    assert_eq!(house.text(STANDS).await, "bounced destination_unreachable 1");
}

#[tokio::test]
async fn a_letter_that_is_none_of_ours_and_rubbish_are_refused() {
    let house = House::start().await;
    let id = letter(&house).await;
    let fields = "Action: failed\r\nStatus: 5.1.1";
    for foreign in [format!("<{}@mail.example>", Uuid::now_v7()), "<somebody@else.example>".into()]
    {
        let refused = report(&house, REPORT, &about(&foreign, fields)).await.expect_err("unknown");
        let refusal = wire::code_of(&refused);
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, "message_not_found"));
    }
    let large = format!("{}{}", about(&id, fields), "x".repeat(256 * 1024));
    for bad in ["", "Hello", "Subject: Hello\r\n\r\nHello", &about(&id, "Action: failed"), &large] {
        let refusal = wire::code_of(&report(&house, REPORT, bad).await.expect_err("is refused"));
        assert_eq!(refusal.code, Code::Invalid);
        assert_eq!(refusal.fields[0].field, "report");
    }
    let denied = report(&house, &["notifier.messages.read"], &about(&id, fields)).await;
    assert_eq!(wire::code_of(&denied.expect_err("no right")).code, Code::Denied);
    assert_eq!(house.text(STANDS).await, "sent  1");
}

#[tokio::test]
async fn a_recipient_that_the_mail_server_refuses_has_bounced_at_once() {
    let house = House::start().await;
    house.sandbox.mail.push_fault(Fault::TryLater);
    house.sandbox.mail.push_fault(Fault::NoMailbox);
    house.invite("ann@example.com", "Ann", "en").await;
    house.until(STANDS, "bounced mailbox_unknown 2").await;
    assert_eq!(house.text(TOLD).await, "notifier.message.bounced");
    let fact = "select (data->>'permanent') || ' ' || (data->>'reason') from outbox";
    assert_eq!(house.text(fact).await, "true mailbox_unknown");
}
