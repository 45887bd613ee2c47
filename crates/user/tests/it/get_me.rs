//! Showing the person who calls.

use kernel::UserId;
use wire::{call, user::v1::GetMeRequest};

use crate::platform::{Platform, reason, tenant};

#[tokio::test]
async fn a_person_sees_themselves_and_their_rights_here() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let accepted = platform.admit(tenant, "ann@example.com").await;
    let me = UserId::parse(&accepted.user_id).expect("an id");
    let cx = platform.person(me, Some(tenant), &["events.event.read"]);
    let shown =
        platform.people().get_me(call(&cx, GetMeRequest {})).await.expect("shows").into_inner();
    let person = shown.user.expect("a person");
    assert_eq!((person.email.as_str(), person.status.as_str()), ("ann@example.com", "active"));
    assert_eq!(shown.permissions, ["events.event.read"]);
    let nobody = platform.people().get_me(call(&platform.nobody(), GetMeRequest {})).await;
    assert_eq!(reason(&nobody.expect_err("nobody")), "sign_in_required");
}
