//! What is kept of people who were written to, once they are to be forgotten.

use kernel::TenantId;
use wire::{
    call,
    notifier::v1::{
        EraseRecipientRequest, ExportRecipientRequest, recipients_client::RecipientsClient,
    },
};

use crate::house::House;

const RECIPIENTS: &str = "select string_agg(recipient, ',' order by recipient) from messages";

#[tokio::test]
async fn messages_to_somebody_who_is_erased_stay_and_name_nobody() {
    let house = House::start().await;
    house.invite("ann@example.com", "Ann", "en").await;
    house.invite("bob@example.com", "Bob", "en").await;
    house.until("select string_agg(status, ',') from messages", "sent,sent").await;
    let asked = EraseRecipientRequest {
        user_id: testkit::user().to_string(),
        emails: vec!["ann@example.com".into(), "ann@example.org".into()],
    };
    let cx = testkit::cx(TenantId::PLATFORM);
    let mut user = RecipientsClient::new(house.caller("user"));
    for _ in 0..2 {
        user.erase_recipient(call(&cx, asked.clone())).await.expect("erases, however often");
    }
    assert_eq!(house.text(RECIPIENTS).await, "bob@example.com,erased@erased.invalid");
    let audited = "select count(*)::text from audit_events where action = 'recipient.erase'";
    assert_eq!(house.text(audited).await, "1");
    let bad = EraseRecipientRequest { emails: vec!["ann".into()], ..asked.clone() };
    let refused = user.erase_recipient(call(&cx, bad)).await.expect_err("no address");
    assert_eq!(wire::code_of(&refused).fields[0].field, "emails");
    let mut other = RecipientsClient::new(house.caller("provisioning"));
    let refused = other.erase_recipient(call(&cx, asked)).await.expect_err("not theirs");
    assert_eq!(wire::code_of(&refused).reason, "permission_denied");
}

#[tokio::test]
async fn what_was_written_to_a_person_is_told_without_the_letters_themselves() {
    let house = House::start().await;
    house.invite("ann@example.com", "Ann", "ru").await;
    house.invite("bob@example.com", "Bob", "en").await;
    house.until("select string_agg(status, ',') from messages", "sent,sent").await;
    let asked = || {
        let emails = vec!["ann@example.com".into(), "ann@example.org".into()];
        call(&testkit::cx(TenantId::PLATFORM), ExportRecipientRequest { emails })
    };
    let told = RecipientsClient::new(house.caller("user")).export_recipient(asked()).await;
    let told = told.expect("tells").into_inner().letters;
    let [letter] = told.as_slice() else { panic!("one letter: {told:?}") };
    let seen =
        [&letter.channel, &letter.template, &letter.recipient, &letter.locale, &letter.status];
    let seen = seen.map(String::as_str);
    assert_eq!(seen, ["email", "invitation", "ann@example.com", "ru", "sent"]);
    assert!(
        !letter.tenant_id.is_empty() && letter.created_at.is_some() && letter.sent_at.is_some()
    );
    let refused = RecipientsClient::new(house.caller("auth")).export_recipient(asked()).await;
    assert_eq!(wire::code_of(&refused.expect_err("not theirs")).reason, "permission_denied");
}
