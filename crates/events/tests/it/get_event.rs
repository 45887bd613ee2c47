//! Showing events.

use kernel::Code;
use wire::events::v1::GetEventRequest;

use crate::house::{House, refused, tenant, wish};

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_event_is_a_missing_event() {
    let house = House::open().await;
    let (owner, stranger) = (house.person(tenant()), house.person(tenant()));
    let made = house.client().create_event(wire::call(&owner, wish("Tea", 10, 20))).await;
    let made = made.expect("is created").into_inner();
    let ask = GetEventRequest { event_id: made.event_id.clone() };
    let seen = house.client().get_event(wire::call(&owner, ask.clone())).await;
    assert_eq!(seen.expect("is there").into_inner(), made);

    let foreign = refused(house.client().get_event(wire::call(&stranger, ask)).await);
    let missing = GetEventRequest { event_id: tenant().to_string() };
    let missing = refused(house.client().get_event(wire::call(&stranger, missing)).await);
    assert_eq!(foreign, missing);
    assert_eq!((foreign.code, foreign.reason.as_str()), (Code::NotFound, "event_not_found"));
}
