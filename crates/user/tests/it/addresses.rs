//! Whether a person has shown that they read the mail of their address.

use boot::Host;
use bus::Relay;
use kernel::{TenantId, UserId};
use pg::Db;
use testkit::{Stream, eventually};
use wire::{
    auth::v1::AddressProven,
    call,
    user::v1::{AcceptInvitationResponse, GetMeRequest, TakeInvitationLinkRequest},
};

use crate::platform::{PASSWORD, Platform, ask, tenant};

/// Somebody who came in by a link that was shown to whoever invited them.
async fn came_by_a_shown_link(platform: &Platform) -> AcceptInvitationResponse {
    let here = tenant();
    let boss = platform.boss(here).await;
    let invite = platform.invites().create_invite(call(&boss, ask("ann@example.com"))).await;
    let invite_id = invite.expect("invites").into_inner().invite_id;
    let asked = call(&boss, TakeInvitationLinkRequest { invite_id });
    let link = platform.invites().take_invitation_link(asked).await.expect("takes").into_inner();
    let token = link.url.rsplit('/').next().expect("a last part");
    platform.accept(token, PASSWORD).await.expect("accepts")
}

async fn is_proven(platform: &Platform, user_id: &str) -> bool {
    let me = UserId::parse(user_id).expect("an id");
    let asked = call(&platform.person(me, None, &[]), GetMeRequest {});
    platform.people().get_me(asked).await.expect("shows").into_inner().address_proven
}

async fn tell(db: &Db, platform: &Platform, user_id: &str, email: &str) {
    let mut tx = db.tenant(TenantId::PLATFORM, "tell").await.expect("opens");
    let cx = platform.of("auth", TenantId::PLATFORM);
    let fact = AddressProven { user_id: user_id.into(), email: email.into() };
    let subject = UserId::parse(user_id).expect("an id").uuid();
    bus::emit(&mut tx, &cx, subject, &fact).await.expect("emits");
    tx.commit().await.expect("commits");
}

#[tokio::test]
async fn a_mailed_link_proves_the_address_and_a_shown_one_does_not() {
    let platform = Platform::start().await;
    let mailed = platform.admit(tenant(), "bob@example.com").await;
    assert!(is_proven(&platform, &mailed.user_id).await);
    let shown = came_by_a_shown_link(&platform).await;
    assert!(!is_proven(&platform, &shown.user_id).await);
}

#[tokio::test]
async fn what_was_used_of_a_letter_proves_the_address_it_went_to_and_no_other() {
    let platform = Platform::start().await;
    let stream = Stream::new().await;
    let nats = stream.nats().await;
    platform.restart_with(|app| app.nats = nats.clone());
    let db = Db::connect(&platform.database.access(), "auth").expect("an address");
    let (relay, host) = (Relay::new(db.clone(), nats), Host::new());
    host.spawn("auth relay", async move |stop| Ok(relay.run(stop).await?));
    let ann = came_by_a_shown_link(&platform).await;
    let stranger = UserId::from(uuid::Uuid::now_v7()).to_string();
    tell(&db, &platform, &stranger, "ann@example.com").await;
    tell(&db, &platform, &ann.user_id, "former@example.com").await;
    eventually("both are heard", async || {
        platform.database.count("select count(*) from inbox").await == 2
    })
    .await;
    assert!(!is_proven(&platform, &ann.user_id).await, "another address was proven");
    tell(&db, &platform, &ann.user_id, "ann@example.com").await;
    eventually("it is noted", async || is_proven(&platform, &ann.user_id).await).await;
    let audited = "select count(*) from audit_events where action = 'address.prove'";
    assert_eq!(platform.database.count(audited).await, 1);
    host.kill();
}
