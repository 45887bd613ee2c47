//! From a wish for another address to a letter at each of both.

use std::sync::Arc;

use sandbox::mail::{Fault, Message};

use crate::{
    house::House,
    peers::{CANARY, Link},
};

const STATUS: &str =
    "select string_agg(template || ' ' || status, ', ' order by template) from messages";

async fn mail_to(house: &House, email: &str) -> Arc<Message> {
    let mail = house.sandbox.mail.wait_for(|mail| mail.is_to(email), testkit::PATIENCE).await;
    mail.expect("a mail arrives")
}

#[tokio::test]
async fn each_address_gets_a_letter_with_a_link_of_its_own_and_a_stranger_no_name() {
    let house = House::start().await;
    // A letter that is put off comes all the same.
    house.sandbox.mail.push_fault(Fault::TryLater);
    house.tell_wish("ann@example.com", "ann@example.org", "en").await;
    let (old, new) =
        (mail_to(&house, "ann@example.com").await, mail_to(&house, "ann@example.org").await);
    for (mail, side) in [(&old, "old"), (&new, "new")] {
        assert_eq!(mail.links, [format!("https://usher.example/email/{CANARY}-{side}")]);
    }
    assert!(String::from_utf8_lossy(&old.raw).contains("Ann Smith"));
    assert!(!String::from_utf8_lossy(&new.raw).contains("Ann"), "the reader may be a stranger");
    house.until(STATUS, "email_change_new sent, email_change_old sent").await;
    let kept = house.text("select count(*)::text from jobs where jobs::text like '%canary%'").await;
    assert_eq!(kept, "0");
}

#[tokio::test]
async fn letters_about_a_wish_that_is_over_are_not_sent() {
    let house = House::start().await;
    *house.link.lock().expect("not poisoned") = Link::Revoked;
    house.tell_wish("ann@example.com", "ann@example.org", "ru").await;
    house.until(STATUS, "email_change_new failed, email_change_old failed").await;
    assert!(house.sandbox.mail.messages().is_empty());
    let reasons = house.text("select string_agg(distinct reason, ',') from messages").await;
    assert_eq!(reasons, "email_change_withdrawn");
}
