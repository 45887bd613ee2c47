//! What happened to an invitation, letters included.

use boot::Host;
use bus::Relay;
use kernel::TenantId;
use pg::Db;
use testkit::{Stream, eventually};
use uuid::Uuid;
use wire::{
    Fact, call,
    notifier::v1::{MessageBounced, MessageFailed, MessageSent},
    user::v1::{GetInviteRequest, ListInvitesRequest},
};

use crate::platform::{Platform, tenant};

async fn tell<F: Fact>(platform: &Platform, db: &Db, tenant: TenantId, fact: &F) {
    let mut tx = db.tenant(tenant, "tell").await.expect("opens");
    let cx = platform.of("notifier", tenant);
    bus::emit(&mut tx, &cx, Uuid::now_v7(), fact).await.expect("emits");
    tx.commit().await.expect("commits");
}

fn sent(subject_id: &str, template: &str, sends: i32) -> MessageSent {
    MessageSent {
        message_id: Uuid::now_v7().to_string(),
        template: template.into(),
        subject_id: subject_id.into(),
        sends,
        ..Default::default()
    }
}

#[tokio::test]
async fn letters_that_were_sent_and_given_up_stand_in_the_history_and_the_newest_in_the_list() {
    let (platform, here) = (Platform::start().await, tenant());
    let stream = Stream::new().await;
    let nats = stream.nats().await;
    platform.restart_with(|app| app.nats = nats.clone());
    let db = Db::connect(&platform.database.access(), "notifier").expect("an address");
    let (relay, host) = (Relay::new(db.clone(), nats), Host::new());
    host.spawn("notifier relay", async move |stop| Ok(relay.run(stop).await?));

    let invite = platform.invite(here, "ann@example.com").await;
    let id = invite.invite_id.as_str();
    assert_eq!(invite.delivery, "queued");
    let steps = async |count: usize| {
        eventually("the steps are noted", async || platform.steps(here, id).await.len() >= count)
            .await;
        platform.steps(here, id).await
    };
    let delivery = async || {
        let asked = GetInviteRequest { invite_id: id.into() };
        let shown = platform.invites().get_invite(call(&platform.admin(here), asked)).await;
        shown.expect("shows").into_inner().delivery
    };
    let failed = MessageFailed {
        template: "invitation".into(),
        subject_id: id.into(),
        reason: "no such mailbox".into(),
        sends: 1,
        ..Default::default()
    };
    tell(&platform, &db, here, &failed).await;
    assert_eq!(steps(2).await[1], ("failed".into(), 1));
    assert_eq!(delivery().await, "failed");

    platform.resend(&platform.admin(here), id).await.expect("sends");
    assert_eq!(delivery().await, "queued", "another letter is on its way");
    // Of another letter, of no sending, of nobody's invitation, of another tenant, and late ones: none moves the newest.
    tell(&platform, &db, here, &sent(id, "welcome", 2)).await;
    tell(&platform, &db, here, &sent(id, "invitation", 0)).await;
    tell(&platform, &db, here, &sent(&Uuid::now_v7().to_string(), "invitation", 2)).await;
    tell(&platform, &db, tenant(), &sent(id, "invitation", 2)).await;
    tell(&platform, &db, here, &sent(id, "invitation", 1)).await;
    assert_eq!(steps(4).await[3], ("sent".into(), 1));
    assert_eq!(delivery().await, "queued");
    tell(&platform, &db, here, &sent(id, "invitation", 2)).await;
    assert_eq!(steps(5).await[4], ("sent".into(), 2));
    assert_eq!(delivery().await, "sent");

    let asked = ListInvitesRequest { delivery: "sent".into(), ..Default::default() };
    let listed = platform.invites().list_invites(call(&platform.admin(here), asked)).await;
    assert_eq!(listed.expect("lists").into_inner().invites.len(), 1);
    let bounced = MessageBounced {
        template: "invitation".into(),
        subject_id: id.into(),
        reason: "mailbox_full".into(),
        status: "5.2.2".into(),
        permanent: true,
        sends: 2,
        ..Default::default()
    };
    tell(&platform, &db, here, &bounced).await;
    assert_eq!(steps(6).await[5], ("bounced".into(), 2));
    assert_eq!(delivery().await, "bounced");
    let why = "select detail from invite_events where kind = 'bounced'";
    assert_eq!(platform.database.text(why).await, "permanent: mailbox_full 5.2.2");
    let asked = ListInvitesRequest {
        delivery: "bounced".into(),
        status: "pending".into(),
        ..Default::default()
    };
    let listed = platform.invites().list_invites(call(&platform.admin(here), asked)).await;
    assert_eq!(listed.expect("lists").into_inner().invites.len(), 1, "it stays open");
    let detail =
        "select count(*) from invite_events where kind = 'failed' and detail = 'no such mailbox'";
    assert_eq!(platform.database.count(detail).await, 1);
}
