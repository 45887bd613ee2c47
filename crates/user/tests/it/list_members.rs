//! Listing and showing members.

use wire::{
    call,
    user::v1::{GetMemberRequest, ListMembersRequest},
};

use crate::platform::{Platform, reason, tenant};

#[tokio::test]
async fn members_are_listed_in_the_order_of_joining() {
    let platform = Platform::start().await;
    let (here, there) = (tenant(), tenant());
    // Known to the platform first, a member here last.
    platform.admit(there, "zoe@example.com").await;
    for name in ["ann", "bob", "zoe"] {
        platform.clock.advance(std::time::Duration::from_millis(2));
        platform.admit(here, &format!("{name}@example.com")).await;
    }
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = ListMembersRequest { page_size: 2, page_token, ..Default::default() };
        let page = platform.people().list_members(call(&platform.admin(here), asked)).await;
        let page = page.expect("lists").into_inner();
        seen.extend(page.members);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let emails: Vec<&str> = seen.iter().map(|member| member.email.as_str()).collect();
    assert_eq!(emails, ["ann@example.com", "bob@example.com", "zoe@example.com"]);
    assert!(seen.iter().all(|member| member.roles == ["client"] && member.status == "active"));

    let asked = GetMemberRequest { user_id: seen[0].user_id.clone() };
    let shown = platform.people().get_member(call(&platform.admin(here), asked.clone())).await;
    assert_eq!(shown.expect("shows").into_inner(), seen[0]);
    let foreign = platform.people().get_member(call(&platform.admin(there), asked)).await;
    assert_eq!(reason(&foreign.expect_err("not a member there")), "person_not_found");
}
