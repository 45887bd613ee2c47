//! Clients whose person moves to another address.

use kernel::TenantId;
use testkit::found;
use uuid::Uuid;
use wire::{
    call,
    provisioning::v1::{EraseClientPersonRequest, client_people_client::ClientPeopleClient},
    user::v1::{PersonEmailChanged, PersonStanding},
};

use crate::{
    invites::Mood,
    world::{World, answer, request},
};

/// The user service tells that somebody goes by another address.
async fn tell(world: &World, user_id: &str, version: i64, email: &str) {
    let standing = PersonStanding {
        user_id: user_id.into(),
        version,
        email: email.into(),
        status: "active".into(),
    };
    let fact = PersonEmailChanged { standing: Some(standing), ..PersonEmailChanged::default() };
    world.users.tell(TenantId::PLATFORM, user_id, &fact).await;
}

async fn address(world: &World, client_id: &str) -> String {
    world.status(client_id).await.expect("a client").client.expect("a client").email
}

const AUDITED: &str = "select count(*) from audit_events where action = 'client.follow_address'";

#[tokio::test]
async fn a_client_follows_its_person_to_another_address_once_and_never_back() {
    let world = World::without_workers().await;
    let ann = world.onboard(request("ann")).await.expect("onboards");
    let bob = world.onboard(request("bob")).await.expect("onboards");
    let person = world.users.made()[0].user_id.clone();
    tell(&world, &person, 3, "ann@example.org").await;
    tell(&world, &person, 2, "ann@example.net").await;
    tell(&world, &person, 3, "ann@example.org").await;
    world.heard_all().await;
    assert_eq!(address(&world, &ann.client_id).await, "ann@example.org", "the latest word counts");
    assert_eq!(address(&world, &bob.client_id).await, bob.email);
    assert_eq!(world.count(AUDITED).await, 1);
    tell(&world, &person, 4, "ann@example.net").await;
    world.heard_all().await;
    assert_eq!(address(&world, &ann.client_id).await, "ann@example.net");
    world.end().await;
}

#[tokio::test]
async fn a_client_of_every_tenant_follows() {
    let world = World::without_workers().await;
    let ann = world.onboard(request("ann")).await.expect("onboards");
    let person = world.users.made()[0].user_id.clone();
    let there: TenantId = Uuid::now_v7().into();
    let asked = call(&world.operator(there), request("elsewhere"));
    let other = answer(world.onboarding().onboard_client(asked).await).expect("onboards");
    let same = format!(
        "with same as (update clients set user_id = '{person}' where client_id = '{}' returning 1) select count(*) from same",
        other.client_id
    );
    assert_eq!(world.count(&same).await, 1);
    tell(&world, &person, 2, "ann@example.org").await;
    world.heard_all().await;
    assert_eq!(address(&world, &ann.client_id).await, "ann@example.org");
    let moved = "select count(*) from clients where email = 'ann@example.org'";
    assert_eq!(world.count(moved).await, 2);
    assert_eq!(world.count(AUDITED).await, 2, "in each tenant");
    world.end().await;
}

#[tokio::test]
async fn a_move_that_is_heard_before_it_is_known_whose_client_it_is_counts() {
    let world = World::without_workers().await;
    world.users.set_mood(Mood::HoldAnswer);
    let moving = async {
        let made = found("an invitation", async || world.users.made().pop()).await;
        tell(&world, &made.user_id, 2, "ann@example.org").await;
        world.heard_all().await;
        assert_eq!(address(&world, &made.reference).await, "ann@example.com", "nobody's yet");
        world.users.answer();
    };
    let (onboarded, ()) = tokio::join!(world.onboard(request("ann")), moving);
    let client = onboarded.expect("onboards");
    assert_eq!(client.email, "ann@example.org", "the answer tells it");
    assert_eq!(address(&world, &client.client_id).await, "ann@example.org");
    world.end().await;
}

#[tokio::test]
async fn an_address_that_another_client_has_is_not_taken() {
    let world = World::without_workers().await;
    let ann = world.onboard(request("ann")).await.expect("onboards");
    let person = world.users.made()[0].user_id.clone();
    let bob = world.onboard(request("bob")).await.expect("onboards");
    tell(&world, &person, 2, &bob.email).await;
    world.heard_all().await;
    assert_eq!(address(&world, &ann.client_id).await, ann.email);
    assert_eq!(world.count(AUDITED).await, 0);
    world.end().await;
}

#[tokio::test]
async fn whoever_was_erased_is_not_brought_back_by_what_is_heard_late() {
    let world = World::without_workers().await;
    let ann = world.onboard(request("ann")).await.expect("onboards");
    let person = world.users.made()[0].user_id.clone();
    tell(&world, &person, 2, "ann@example.org").await;
    world.heard_all().await;
    let (host, neighbours) = (boot::Host::new(), testkit::Neighbours::new());
    let guarded = provisioning::start(&world.app, neighbours.trust(), &host).expect("ruled");
    neighbours.settle(provisioning::NAME, guarded);
    let mut user = ClientPeopleClient::new(neighbours.mesh("user").to(provisioning::NAME));
    let asked = EraseClientPersonRequest {
        user_id: person.clone(),
        emails: vec![ann.email.clone(), "ann@example.org".into()],
    };
    user.erase_client_person(call(&testkit::cx(TenantId::PLATFORM), asked)).await.expect("erases");
    tell(&world, &person, 3, "ann@example.net").await;
    world.heard_all().await;
    assert!(address(&world, &ann.client_id).await.ends_with("@erased.invalid"));
    let known = "select count(*) from person_addresses where email is not null";
    assert_eq!(world.count(known).await, 0);
    host.kill();
    world.end().await;
}
