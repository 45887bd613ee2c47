//! The feed, written from the facts of others.

use serde_json::json;

use crate::house::{House, fact, tenant};

#[tokio::test(flavor = "multi_thread")]
async fn facts_become_sentences_once_and_newest_stand_first() {
    let house = House::open().await;
    let (ours, theirs) = (tenant(), tenant());
    let invited = json!({"email": "ann@example.com", "name": "Ann Canary", "role": "client"});
    let created = fact(ours, "user.invite.created", 10, invited);
    let sent = json!({"template": "invitation", "recipient": "ann@example.com"});
    let told = [
        fact(ours, "provisioning.client.advanced", 40, json!({"to": "active"})),
        created.clone(),
        fact(
            ours,
            "user.invite.accepted",
            30,
            json!({"role": "client", "email": "ann@example.com"}),
        ),
        fact(ours, "notifier.message.sent", 20, sent),
        fact(ours, "user.invite.revoked", 50, json!({})),
        fact(ours, "events.event.created", 60, json!({"title": "Tea"})),
        fact(ours, "tenant.tenant.created", 5, json!({"name": "Math School"})),
        fact(ours, "user.user.created", 55, json!({"email": "ann@example.com"})),
        fact(theirs, "user.invite.revoked", 50, json!({})),
        created.clone(),
    ];
    for fact in &told {
        house.tell(fact).await;
    }
    // Facts of one aggregate are heard in order: once this one stands, the repeat above was heard.
    let mut last = fact(ours, "user.invite.revoked", 70, json!({}));
    last.aggregate = created.aggregate;
    house.tell(&last).await;

    let feed = house.feed_of(ours, 8).await;
    let texts: Vec<_> = feed.iter().map(|item| item.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "An invitation was taken back.",
            "The event “Tea” was announced.",
            "An invitation was taken back.",
            "A client is active.",
            "An invitation was accepted; there is a new client.",
            "A message was sent: invitation.",
            "Somebody was invited as client.",
            "The workspace “Math School” was created.",
        ]
    );
    let invited = &feed[6];
    assert_eq!(invited.kind, "user.invite.created");
    assert_eq!(invited.source, created.id.to_string());
    assert_eq!(invited.occurred_at.expect("is told").seconds, 10);
    assert_eq!(house.feed_of(theirs, 1).await.len(), 1);
    assert_eq!(house.feed(ours, 3).await, feed, "pages hold every item once");
    house.close().await;
}
