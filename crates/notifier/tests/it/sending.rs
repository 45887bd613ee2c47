//! From a fact to a mail, whatever happens in between.

use std::sync::Arc;

use sandbox::mail::{Fault, Message};
use tokio::net::TcpSocket;
use uuid::Uuid;

use crate::{
    house::House,
    peers::{CANARY, Link},
};

const STATUS: &str = "select string_agg(status, ',' order by message_id) from messages";
const REASON: &str = "select string_agg(status || ' ' || coalesce(reason, ''), ',' order by message_id) from messages";
const TOLD: &str = "select string_agg(kind, ',' order by id) from outbox";

async fn mail_to(house: &House, email: &str) -> Arc<Message> {
    let mail = house.sandbox.mail.wait_for(|mail| mail.is_to(email), testkit::PATIENCE).await;
    mail.expect("a mail arrives")
}

#[tokio::test]
async fn an_invitation_is_mailed_with_its_link_in_the_invited_persons_language() {
    let house = House::start().await;
    house.invite("anna@example.com", "Анна Кузнецова", "ru").await;
    let mail = mail_to(&house, "anna@example.com").await;
    let link = format!("https://usher.example/invitations/{CANARY}-1");
    assert_eq!(mail.links, [link.as_str()]);
    assert_eq!(mail.from, "usher@mail.example");
    assert_eq!(mail.subject.as_deref(), Some("Приглашение: Школа <42>"));
    assert!(
        mail.text.as_deref().is_some_and(|text| text.contains("Здравствуйте, Анна Кузнецова!"))
    );
    assert!(mail.html.as_deref().is_some_and(|html| !html.contains("<42>")), "names are escaped");
    let raw = String::from_utf8_lossy(&mail.raw);
    assert!(raw.contains("Auto-Submitted: auto-generated\r\n"), "{raw}");
    house.until(STATUS, "sent").await;
    let known = house.text("select btrim(mail_message_id, '<>') from messages").await;
    assert_eq!(mail.message_id.as_deref(), Some(known.as_str()));
    assert!(known.ends_with("@mail.example"));
    house.until(TOLD, "notifier.message.sent").await;
}

#[tokio::test]
async fn a_fact_told_twice_makes_one_message_and_a_resent_invitation_another() {
    let house = House::start().await;
    let invite = house.invite("ann@example.com", "Ann", "en").await;
    house.until(STATUS, "sent").await;
    house.tell_created(invite, "ann@example.com", "Ann", "en").await;
    *house.link.lock().expect("not poisoned") = Link::Open { sends: 2 };
    house.tell_resent(invite, "ann@example.com", 2).await;
    // All three were handled, the repeated one as well.
    house.until("select count(*)::text from inbox", "3").await;
    house.until(STATUS, "sent,sent").await;
    let mails = house.sandbox.mail.messages();
    let links: Vec<&str> = mails.iter().map(|mail| mail.links[0].as_str()).collect();
    assert_eq!(links, [1, 2].map(|n| format!("https://usher.example/invitations/{CANARY}-{n}")));
    assert_ne!(mails[0].message_id, mails[1].message_id);
}

#[tokio::test]
async fn a_letter_that_is_sent_again_keeps_its_message_id() {
    let house = House::start().await;
    house.sandbox.mail.push_fault(Fault::TryLater);
    // Taken, but the answer is lost: the same letter comes again.
    house.sandbox.mail.push_fault(Fault::DroppedBeforeReply);
    house.invite("ann@example.com", "Ann", "en").await;
    house.until("select status || ' ' || attempts from messages", "sent 3").await;
    let ids: Vec<_> =
        house.sandbox.mail.messages().iter().map(|mail| mail.message_id.clone()).collect();
    assert_eq!(ids.len(), 2, "the one whose answer was lost, and the one that was answered");
    assert!(ids[0].is_some() && ids[0] == ids[1], "{ids:?}");
    assert_eq!(house.text(TOLD).await, "notifier.message.sent");
}

#[tokio::test]
async fn an_invitation_that_is_gone_is_not_mailed() {
    let house = House::start().await;
    *house.link.lock().expect("not poisoned") = Link::Revoked;
    house.invite("ann@example.com", "Ann", "en").await;
    house.until(REASON, "failed invitation_revoked").await;
    house.until(TOLD, "notifier.message.failed").await;
    assert!(house.sandbox.mail.attempts().is_empty());
}

#[tokio::test]
async fn a_link_used_after_a_lost_answer_proves_that_the_letter_arrived() {
    let house = House::start().await;
    house.sandbox.mail.push_fault(Fault::DroppedBeforeReply);
    *house.link.lock().expect("not poisoned") = Link::UsedNext;
    house.invite("ann@example.com", "Ann", "en").await;
    house.until("select status || ' ' || attempts from messages", "sent 2").await;
    assert_eq!(house.sandbox.mail.messages().len(), 1);
    // Where no attempt came before, a used link only means that there is nothing to send.
    house.invite("bob@example.com", "Bob", "en").await;
    house.until(REASON, "sent ,failed invitation_used").await;
    assert_eq!(house.sandbox.mail.messages().len(), 1);
}

#[tokio::test]
async fn a_link_that_a_later_letter_carries_is_not_mailed_by_the_earlier_one() {
    let house = House::start().await;
    *house.link.lock().expect("not poisoned") = Link::Open { sends: 2 };
    let invite = house.invite("ann@example.com", "Ann", "en").await;
    house.tell_resent(invite, "ann@example.com", 2).await;
    house.until("select string_agg(status || ' ' || coalesce(reason, ''), ',' order by dedupe_key) from messages", "failed superseded,sent ").await;
    assert_eq!(house.sandbox.mail.messages().len(), 1);
}

#[tokio::test]
async fn a_letter_refused_for_good_is_given_up_at_once() {
    let house = House::start().await;
    house.sandbox.mail.push_fault(Fault::Rejected);
    house.invite("ann@example.com", "Ann", "en").await;
    house.until(REASON, "failed mail_refused").await;
    house.until("select attempts::text from messages", "1").await;
}

#[tokio::test]
async fn what_is_away_is_waited_for() {
    let house = House::start().await;
    *house.link.lock().expect("not poisoned") = Link::Away;
    house.invite("ann@example.com", "Ann", "en").await;
    house.until(REASON, "queued database_unavailable").await;
    *house.link.lock().expect("not poisoned") = Link::Open { sends: 1 };
    house.until(STATUS, "sent").await;
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again() {
    let sandbox = sandbox::start(sandbox::Config::calm()).await.expect("a mail server");
    // A port that is taken, so that nobody else gets it, and that nobody listens on.
    let held = TcpSocket::new_v4().expect("a socket");
    held.bind(([127, 0, 0, 1], 0).into()).expect("binds");
    let closed = held.local_addr().expect("bound");
    let house = House::start_with(sandbox, &format!("smtp://{closed}")).await;
    house.invite("ann@example.com", "Ann", "en").await;
    house.until(REASON, "queued mail_unreachable").await;
}

#[tokio::test]
async fn the_link_stands_in_no_row() {
    let house = House::start().await;
    house.sandbox.mail.push_fault(Fault::TryLater);
    house.invite("ann@example.com", "Ann", "en").await;
    house.until(STATUS, "sent").await;
    let rows = house
        .text(
            "select string_agg(line, ' ') from (
                 select m::text as line from messages m union all
                 select j::text from jobs j union all
                 select s::text from job_steps s union all
                 select o::text from outbox o) as every_row",
        )
        .await;
    assert!(rows.contains("ann@example.com"), "rows were read");
    assert!(!rows.contains(CANARY), "{rows}");
}

#[tokio::test]
async fn a_malformed_fact_sends_nothing() {
    let house = House::start().await;
    let injected = "Ann\r\nBcc: eve@example.com";
    house.tell_created(Uuid::now_v7().into(), "ann@example.com", injected, "en").await;
    house.until("select count(*)::text from dead_letters", "1").await;
    assert_eq!(house.text("select count(*)::text from messages").await, "0");
    assert!(house.sandbox.mail.attempts().is_empty());
}
