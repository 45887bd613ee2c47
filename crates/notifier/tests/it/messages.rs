//! What the tenant's staff see of messages.

use kernel::Code;
use tonic::Status;
use uuid::Uuid;
use wire::notifier::v1::{GetMessageRequest, ListMessagesRequest, Message};

use crate::house::House;

const READ: &[&str] = &["notifier.messages.read"];

fn refusal<T>(answer: Result<T, Status>) -> (Code, String) {
    let refusal = wire::code_of(&answer.err().expect("is refused"));
    (refusal.code, refusal.reason)
}

async fn page(house: &House, token: &str) -> (Vec<Message>, String) {
    let (mut client, cx) = house.member(house.tenant, READ);
    let request = ListMessagesRequest { page_size: 2, page_token: token.into() };
    let page = client.list_messages(wire::call(&cx, request)).await.expect("lists").into_inner();
    (page.messages, page.next_page_token)
}

#[tokio::test]
async fn staff_see_their_tenants_messages_page_by_page_and_nobody_elses() {
    let house = House::start().await;
    for name in ["ann", "bob", "eve"] {
        house.invite(&format!("{name}@example.com"), name, "en").await;
    }
    house.until("select string_agg(status, ',') from messages", "sent,sent,sent").await;
    let (first, next) = page(&house, "").await;
    let (second, end) = page(&house, &next).await;
    assert_eq!((first.len(), second.len(), end.as_str()), (2, 1, ""));
    let mut seen: Vec<_> =
        first.iter().chain(&second).map(|message| message.recipient.as_str()).collect();
    seen.sort_unstable();
    assert_eq!(seen, ["ann@example.com", "bob@example.com", "eve@example.com"]);

    let one = GetMessageRequest { message_id: first[0].message_id.clone() };
    let (mut client, cx) = house.member(house.tenant, READ);
    let shown = client.get_message(wire::call(&cx, one.clone())).await.expect("shows").into_inner();
    assert_eq!(shown, first[0]);
    assert_eq!(
        (shown.status.as_str(), shown.template.as_str(), shown.attempts),
        ("sent", "invitation", 1)
    );

    let (mut client, cx) = house.member(Uuid::now_v7().into(), READ);
    let foreign = refusal(client.get_message(wire::call(&cx, one)).await);
    let missing = GetMessageRequest { message_id: Uuid::now_v7().to_string() };
    assert_eq!(foreign, refusal(client.get_message(wire::call(&cx, missing)).await));
    assert_eq!(foreign, (Code::NotFound, "message_not_found".into()));
    let request = ListMessagesRequest::default();
    let listed = client.list_messages(wire::call(&cx, request)).await.expect("lists");
    assert!(listed.into_inner().messages.is_empty());
}

#[tokio::test]
async fn messages_are_read_with_the_permission_only() {
    let house = House::start().await;
    let (mut client, cx) = house.member(house.tenant, &["user.invites.read"]);
    let refused =
        refusal(client.list_messages(wire::call(&cx, ListMessagesRequest::default())).await);
    assert_eq!(refused, (Code::Denied, "permission_denied".into()));
}
