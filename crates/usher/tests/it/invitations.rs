//! An invitation seen by those who sent it, and accepted by somebody who is signed in.

use serde_json::{Value, json};
use testkit::{Platform, found};

use crate::steps::{invite, text, token_for};

#[tokio::test]
async fn the_history_of_an_invitation_tells_of_its_letter_and_of_who_came_in_by_session() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    let guest = platform.tenant("Other").await.member("user").await;
    let id = text(&invite(&admin, guest.email(), "client").await, "inviteId").to_owned();
    let token = token_for(&platform, guest.email()).await;
    found("the letter is in the list of those sent", async || {
        let list = admin.get("/v1/invites?delivery=sent").await.json();
        list["invites"].as_array().filter(|invites| !invites.is_empty()).cloned()
    })
    .await;

    let accept = format!("/v1/invitations/{token}/accept");
    let first = guest.outside().post(&accept, json!({})).await.json();
    assert_eq!(first["userId"], guest.user_id());
    assert_eq!(guest.outside().post(&accept, json!({})).await.json(), first, "joined already");
    let refused = platform.anonymous().post(&accept, json!({})).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (410, "invitation_used"));

    let events = admin.get(&format!("/v1/invites/{id}/events")).await.json();
    let kinds: Vec<&Value> =
        events["events"].as_array().expect("a list").iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["created", "sent", "accepted"]);
    platform.stop().await;
}
