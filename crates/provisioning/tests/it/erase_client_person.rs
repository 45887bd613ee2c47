//! What is kept of the people behind clients, once they are to be forgotten.

use boot::Host;
use kernel::TenantId;
use testkit::Neighbours;
use wire::{
    call,
    provisioning::v1::{
        EraseClientPersonRequest, ExportClientPersonRequest,
        client_people_client::ClientPeopleClient,
    },
};

use crate::world::{World, request, wb_token};

#[tokio::test]
async fn clients_of_somebody_who_is_erased_stay_and_name_nobody() {
    let world = World::without_workers().await;
    let ann = world.begin(request("ann")).await;
    let bob = world.begin(request("bob")).await;
    let asked = EraseClientPersonRequest {
        user_id: uuid::Uuid::now_v7().to_string(),
        emails: vec![ann.email.clone()],
    };
    // The same service once more, among neighbours whose keys the test holds.
    let (host, neighbours) = (Host::new(), Neighbours::new());
    let guarded = provisioning::start(&world.app, neighbours.trust(), &host).expect("ruled");
    neighbours.settle(provisioning::NAME, guarded);
    let of = |name| ClientPeopleClient::new(neighbours.mesh(name).to(provisioning::NAME));
    let (cx, mut user) = (testkit::cx(TenantId::PLATFORM), of("user"));
    for _ in 0..2 {
        user.erase_client_person(call(&cx, asked.clone())).await.expect("erases, however often");
    }
    let known = format!("select count(*) from clients where email = '{}'", ann.email);
    assert_eq!(world.count(&known).await, 0);
    let erased = "select count(*) from clients where name = 'Erased person' and email like '%@erased.invalid'";
    assert_eq!(world.count(erased).await, 1);
    let other = format!("select count(*) from clients where email = '{}'", bob.email);
    assert_eq!(world.count(&other).await, 1);
    let audited = "select count(*) from audit_events where action = 'client_person.erase'";
    assert_eq!(world.count(audited).await, 1);
    let refused =
        of("notifier").erase_client_person(call(&cx, asked)).await.expect_err("not theirs");
    assert_eq!(wire::code_of(&refused).reason, "permission_denied");
    host.kill();
    world.end().await;
}

#[tokio::test]
async fn which_clients_a_person_is_is_told_without_their_tokens() {
    let world = World::without_workers().await;
    let ann = world.begin(request("ann")).await;
    world.begin(request("bob")).await;
    world.heard_all().await;
    let asked = ExportClientPersonRequest {
        user_id: uuid::Uuid::now_v7().to_string(),
        emails: vec![ann.email.clone()],
    };
    let (host, neighbours) = (Host::new(), Neighbours::new());
    let guarded = provisioning::start(&world.app, neighbours.trust(), &host).expect("ruled");
    neighbours.settle(provisioning::NAME, guarded);
    let of = |name| ClientPeopleClient::new(neighbours.mesh(name).to(provisioning::NAME));
    let cx = testkit::cx(TenantId::PLATFORM);
    let told = of("user").export_client_person(call(&cx, asked.clone())).await;
    let told = told.expect("tells").into_inner().clients;
    let [client] = told.as_slice() else { panic!("one client: {told:?}") };
    assert_eq!((&client.client_id, &client.email), (&ann.client_id, &ann.email));
    assert_eq!(
        (&client.spreadsheet_id, client.stage.as_str()),
        (&ann.spreadsheet_id, "email_confirmed")
    );
    assert!(client.tenant_id == world.tenant.to_string() && client.created_at.is_some());
    let text = wire::json::encode(client).to_string();
    assert!(!text.contains("oken") && !text.contains(&wb_token("ann")), "{text}");
    let refused = of("notifier").export_client_person(call(&cx, asked)).await;
    assert_eq!(wire::code_of(&refused.expect_err("not theirs")).reason, "permission_denied");
    host.kill();
    world.end().await;
}
