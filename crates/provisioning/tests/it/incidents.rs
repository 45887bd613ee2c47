//! Incidents, opened and closed.

use kernel::Code;
use uuid::Uuid;
use wire::{
    Refusal,
    provisioning::v1::{
        CloseIncidentRequest, Incident, ListIncidentsRequest, ListIncidentsResponse,
        OpenIncidentRequest,
    },
};

use crate::world::{World, answer};

async fn close(world: &World, incident_id: &str) -> Result<Incident, Refusal> {
    let request = CloseIncidentRequest { incident_id: incident_id.into() };
    answer(world.incidents().close_incident(wire::call(&world.staff(), request)).await)
}

async fn list(world: &World, open: bool, page_token: &str) -> ListIncidentsResponse {
    let request = ListIncidentsRequest { open, page_size: 2, page_token: page_token.into() };
    let request = wire::call(&world.staff(), request);
    answer(world.incidents().list_incidents(request).await).expect("lists")
}

#[tokio::test]
async fn an_incident_is_opened_listed_and_closed_once() {
    let world = World::new().await;
    let mut opened = Vec::new();
    for severity in ["minor", "major", "critical"] {
        opened.push(world.open_incident(severity).await);
    }
    let ids = |page: &ListIncidentsResponse| {
        page.incidents.iter().map(|one| one.incident_id.clone()).collect::<Vec<_>>()
    };
    let first = list(&world, false, "").await;
    assert_eq!(ids(&first), [&*opened[2].incident_id, &*opened[1].incident_id]);
    let second = list(&world, false, &first.next_page_token).await;
    assert_eq!(
        (ids(&second), second.next_page_token.as_str()),
        (vec![opened[0].incident_id.clone()], "")
    );
    let closed = close(&world, &opened[2].incident_id).await.expect("closes");
    assert!(closed.closed_at.is_some() && closed.closed_by.starts_with("user:"));
    assert_eq!(close(&world, &opened[2].incident_id).await.expect("is closed"), closed);
    assert_eq!(
        ids(&list(&world, true, "").await),
        [&*opened[1].incident_id, &*opened[0].incident_id]
    );
    assert_eq!(
        (world.audited("incident.open").await, world.audited("incident.close").await),
        (3, 1)
    );
    let told = [world.facts("incident.opened").await, world.facts("incident.closed").await];
    assert_eq!(told, [3, 1]);
    world.end().await;
}

#[tokio::test]
async fn a_bad_incident_is_named_by_its_field_and_a_missing_one_is_missing() {
    let world = World::new().await;
    for (field, severity, title) in
        [("severity", "dire", "x"), ("severity", "", "x"), ("title", "major", " ")]
    {
        let request = OpenIncidentRequest { severity: severity.into(), title: title.into() };
        let refused = world.incidents().open_incident(wire::call(&world.staff(), request)).await;
        let refused = answer(refused).expect_err(field);
        assert_eq!((refused.code, refused.fields[0].field.as_str()), (Code::Invalid, field));
    }
    let missing = close(&world, &Uuid::now_v7().to_string()).await.expect_err("is not there");
    assert_eq!((missing.code, missing.reason.as_str()), (Code::NotFound, "incident_not_found"));
    let malformed = close(&world, "1").await.expect_err("is no id");
    assert_eq!(malformed.fields[0].field, "incident_id");
    world.end().await;
}
