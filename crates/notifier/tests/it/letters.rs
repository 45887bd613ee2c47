//! Letters that let a person in.

use uuid::Uuid;

use crate::{house::House, peers::CANARY};

/// A letter that is open.
const OPEN: Uuid = Uuid::from_u128(0x0192_f0c1_2b3c_7d4e_8f50_6a7b_8c9d_0e11);
/// Another one.
const OTHER: Uuid = Uuid::from_u128(0x0192_f0c1_2b3c_7d4e_8f50_6a7b_8c9d_0e12);
/// A letter that was used.
const USED: Uuid = Uuid::from_u128(0x0192_f0c1_2b3c_7d4e_8f50_6a7b_8c9d_0e10);

#[tokio::test]
async fn each_kind_of_letter_is_mailed_once_with_what_lets_in() {
    let house = House::start().await;
    for _ in 0..2 {
        house.tell_asked(OPEN, "password_reset", "ann@example.com", "en").await;
    }
    house.tell_asked(OTHER, "sign_in", "anna@example.com", "ru").await;
    house.until("select count(*)::text from inbox", "3").await;
    let sent = "select string_agg(template || ' ' || status, ',' order by template) from messages";
    house.until(sent, "password_reset sent,sign_in sent").await;
    let mails = house.sandbox.mail.messages();
    let to = |email: &str| mails.iter().find(|mail| mail.is_to(email)).expect("a mail");
    let link = format!("https://usher.example/reset/{CANARY}");
    assert_eq!(to("ann@example.com").links, [link.as_str()]);
    assert_eq!(to("ann@example.com").subject.as_deref(), Some("Your new password"));
    let text = to("anna@example.com").text.as_deref().expect("a text");
    assert!(text.contains("1234 5678") && text.contains("Здравствуйте"), "{text}");
    let rows = house
        .text("select string_agg(line, ' ') from (select m::text as line from messages m union all select j::text from jobs j) as every_row")
        .await;
    assert!(!rows.contains(CANARY) && !rows.contains("12345678"), "{rows}");
}

#[tokio::test]
async fn an_address_that_signs_nobody_in_is_not_written_to_and_a_used_letter_is_given_up() {
    let house = House::start().await;
    house.tell_asked(OPEN, "password_reset", "", "en").await;
    house.tell_asked(USED, "password_reset", "ann@example.com", "en").await;
    let failed = "select string_agg(status || ' ' || reason, ',') from messages";
    house.until(failed, "failed letter_used").await;
    assert!(house.sandbox.mail.messages().is_empty());
}
