//! Facts of the user service, heard.

use std::time::Duration;

use kernel::Timestamp;
use uuid::Uuid;
use wire::user::v1::{InviteAccepted, InviteResent, InviteRevoked};

use crate::{
    invites::Mood,
    world::{World, request},
};

#[tokio::test]
async fn an_acceptance_told_twice_begins_one_job() {
    let world = World::new().await;
    let client = world.begin(request("ann")).await;
    world.users.accept(world.tenant, &client.client_id).await;
    world.until(&client.client_id, "active").await;
    world.users.accept(world.tenant, &client.client_id).await;
    world.heard_all().await;
    assert_eq!(world.count("select count(*) from jobs").await, 1);
    assert_eq!(world.told("provisioning.client.advanced", &client.client_id).await.len(), 5);
    assert_eq!(world.effects(&client.spreadsheet_id), ["Registered", "TokenStored"]);
    world.end().await;
}

#[tokio::test]
async fn invitations_of_others_are_none_of_ours() {
    let world = World::new().await;
    for reference in ["", "some ticket", &Uuid::now_v7().to_string()] {
        let fact = InviteAccepted {
            invite_id: Uuid::now_v7().to_string(),
            user_id: Uuid::now_v7().to_string(),
            reference: reference.into(),
            ..InviteAccepted::default()
        };
        world.users.tell(world.tenant, &fact.invite_id, &fact).await;
    }
    world.heard_all().await;
    assert_eq!(world.count("select count(*) from jobs").await, 0);
    world.end().await;
}

#[tokio::test]
async fn a_revoked_invitation_ends_the_onboarding_that_waits_for_it() {
    let world = World::new().await;
    let client = world.onboard(request("ann")).await.expect("onboards");
    let revoked = |invite_id: &str| InviteRevoked {
        invite_id: invite_id.into(),
        reference: client.client_id.clone(),
    };
    let other = Uuid::now_v7().to_string();
    world.users.tell(world.tenant, &other, &revoked(&other)).await;
    world.heard_all().await;
    let status = world.status(&client.client_id).await.expect("a client");
    assert_eq!(status.client.expect("a client").stage, "invited", "another invitation's end");
    world.users.tell(world.tenant, &client.invite_id, &revoked(&client.invite_id)).await;
    world.until(&client.client_id, "revoked").await;
    world.users.accept(world.tenant, &client.client_id).await;
    world.heard_all().await;
    let again = world.onboard(request("ann")).await.expect("stands as it is");
    assert_eq!(again.stage, "revoked");
    assert_eq!(world.count("select count(*) from jobs").await, 0);
    world.end().await;
}

#[tokio::test]
async fn an_invitation_sent_again_lets_an_expired_client_wait_again() {
    let world = World::new().await;
    world.users.set_life(Duration::ZERO);
    let client = world.onboard(request("ann")).await.expect("onboards");
    let expires = Timestamp::from(jiff::Timestamp::now()).after(Duration::from_secs(60));
    let fact = InviteResent {
        invite_id: client.invite_id.clone(),
        reference: client.client_id.clone(),
        expires_at: Some(wire::timestamp(expires)),
        ..InviteResent::default()
    };
    world.users.tell(world.tenant, &client.invite_id, &fact).await;
    world.until(&client.client_id, "invited").await;
    world.end().await;
}

#[tokio::test]
async fn an_acceptance_of_an_invitation_by_others_counts_before_that_is_known_to_us() {
    let world = World::new().await;
    world.users.set_mood(Mood::HoldAnswer);
    let accepting = async {
        let made = testkit::found("an invitation", async || world.users.made().pop()).await;
        // Others made it, and called it what they like.
        let fact = InviteAccepted {
            invite_id: made.invite_id.clone(),
            user_id: made.user_id.clone(),
            email: made.email.clone(),
            invited_email: made.email.clone(),
            ..InviteAccepted::default()
        };
        world.users.tell(world.tenant, &fact.invite_id, &fact).await;
        world.heard_all().await;
        world.users.answer();
    };
    let (onboarded, ()) = tokio::join!(world.onboard(request("ann")), accepting);
    let client = onboarded.expect("onboards");
    let client = world.until(&client.client_id, "active").await.client.expect("a client");
    assert_eq!(client.invite_id, world.users.made()[0].invite_id);
    assert_eq!(world.count("select count(*) from jobs").await, 1);
    world.end().await;
}

#[tokio::test]
async fn an_acceptance_by_others_confirms_no_client_that_is_further() {
    let world = World::without_workers().await;
    let client = world.begin(request("ann")).await;
    world.until(&client.client_id, "email_confirmed").await;
    let fact = InviteAccepted {
        invite_id: Uuid::now_v7().to_string(),
        user_id: Uuid::now_v7().to_string(),
        email: client.email.clone(),
        invited_email: client.email.clone(),
        ..InviteAccepted::default()
    };
    world.users.tell(world.tenant, &fact.invite_id, &fact).await;
    world.heard_all().await;
    let seen = world.status(&client.client_id).await.expect("a client").client.expect("a client");
    assert_eq!(seen.invite_id, client.invite_id, "that one is none of ours");
    world.end().await;
}
