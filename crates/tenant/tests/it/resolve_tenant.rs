//! Finding the tenant behind a slug, a host or an id.

use kernel::Code;
use tonic::Status;
use wire::{
    call,
    tenant::v1::{ResolveTenantRequest, Tenant, resolve_tenant_request::By},
};

use crate::house::{House, refused};

async fn resolve(house: &House, by: Option<By>) -> Result<Tenant, Status> {
    let ask = call(&testkit::cx_of_platform(), ResolveTenantRequest { by });
    house.client().resolve_tenant(ask).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn slug_and_id_name_the_same_tenant() {
    let house = House::open().await;
    let created = house.create("Acme", "").await.expect("creates");
    house.create("Other", "").await.expect("creates");
    for by in [By::Slug("acme".into()), By::TenantId(created.tenant_id.clone())] {
        assert_eq!(resolve(&house, Some(by)).await.expect("resolves"), created);
    }
}

#[tokio::test]
async fn what_names_nobody_is_not_found() {
    let house = House::open().await;
    house.create("Acme", "").await.expect("creates");
    let strangers = [
        By::Slug("acme-2".into()),
        By::TenantId(testkit::tenant().to_string()),
        By::Host("acme.example.com".into()),
    ];
    for by in strangers {
        let refusal = refused(resolve(&house, Some(by)).await);
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, "tenant_not_found"));
    }
}

#[tokio::test]
async fn a_malformed_name_is_refused_by_field() {
    let house = House::open().await;
    let malformed = [
        (None, "by"),
        (Some(By::Slug("ACME".into())), "slug"),
        (Some(By::TenantId("acme".into())), "tenantId"),
    ];
    for (by, field) in malformed {
        let refusal = refused(resolve(&house, by).await);
        assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::Invalid, field));
    }
}

#[tokio::test]
async fn only_services_that_need_it_resolve() {
    let house = House::open().await;
    let ask = call(
        &testkit::cx_of_platform(),
        ResolveTenantRequest { by: Some(By::Slug("acme".into())) },
    );
    let refusal = refused(house.client_of("events").resolve_tenant(ask).await);
    assert_eq!(refusal.code, Code::Denied);
}
