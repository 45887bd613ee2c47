//! Listing tenants.

use kernel::Code;
use wire::{
    call,
    tenant::v1::{ListTenantsRequest, ListTenantsResponse},
};

use crate::house::{House, refused};

async fn page(house: &House, page_size: i32, page_token: &str) -> ListTenantsResponse {
    let ask = ListTenantsRequest { page_size, page_token: page_token.into(), ..Default::default() };
    let listed = house.client().list_tenants(call(&house.operator(), ask)).await;
    listed.expect("lists").into_inner()
}

#[tokio::test]
async fn pages_show_every_tenant_once_in_the_order_of_their_creation() {
    let house = House::open().await;
    let mut created = Vec::new();
    for number in 1..=5 {
        created.push(house.create(&format!("School {number}"), "").await.expect("creates"));
    }
    for page_size in [1, 2, 5, 0] {
        let (mut listed, mut token) = (Vec::new(), String::new());
        loop {
            let page = page(&house, page_size, &token).await;
            assert!(page_size == 0 || page.tenants.len() <= page_size.unsigned_abs() as usize);
            listed.extend(page.tenants);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(listed, created, "in pages of {page_size}");
    }
}

#[tokio::test]
async fn an_empty_platform_has_one_empty_page() {
    let house = House::open().await;
    assert_eq!(page(&house, 10, "").await, ListTenantsResponse::default());
}

#[tokio::test]
async fn a_made_up_page_token_is_refused() {
    let house = House::open().await;
    let ask = ListTenantsRequest { page_size: 1, page_token: "next".into(), ..Default::default() };
    let refusal = refused(house.client().list_tenants(call(&house.operator(), ask)).await);
    assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, "pageToken"));
}

#[tokio::test]
async fn people_of_a_tenant_do_not_list_tenants() {
    let house = House::open().await;
    let cx =
        house.neighbours.person(Some(testkit::tenant()), testkit::user(), &["user.members.read"]);
    let refusal =
        refused(house.client().list_tenants(call(&cx, ListTenantsRequest::default())).await);
    assert_eq!(refusal.code, Code::Denied);
}
