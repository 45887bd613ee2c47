//! Showing one tenant.

use kernel::Code;
use wire::{call, tenant::v1::GetTenantRequest};

use crate::house::{House, refused};

#[tokio::test]
async fn a_tenant_is_shown_as_it_was_created() {
    let house = House::open().await;
    let created = house.create("Acme", "").await.expect("creates");
    house.create("Other", "").await.expect("creates");
    let ask = GetTenantRequest { tenant_id: created.tenant_id.clone() };
    let shown = house.client().get_tenant(call(&house.operator(), ask)).await.expect("shows");
    assert_eq!(shown.into_inner(), created);
}

#[tokio::test]
async fn a_missing_tenant_and_a_malformed_id_are_told_apart() {
    let house = House::open().await;
    for (tenant_id, code) in [
        (testkit::tenant().to_string(), Code::NotFound),
        ("acme".to_owned(), Code::Invalid),
        (String::new(), Code::Invalid),
    ] {
        let ask = GetTenantRequest { tenant_id };
        let refusal = refused(house.client().get_tenant(call(&house.operator(), ask)).await);
        assert_eq!(refusal.code, code);
    }
}

/// The row belongs to the tenant that it describes.
#[tokio::test]
async fn bound_to_one_tenant_the_service_s_own_role_sees_and_changes_no_other() {
    let house = House::open().await;
    let created = house.create("Acme", "").await.expect("creates");
    let db = house.database.db(tenant::NAME);
    let own = kernel::TenantId::parse(&created.tenant_id).expect("an id");
    for (bound_to, visible) in [(own, 1), (testkit::tenant(), 0)] {
        let mut tx = db.tenant(bound_to, "probe").await.expect("opens");
        let seen: i64 = sqlx::query_scalar("select count(*) from tenants")
            .fetch_one(&mut *tx)
            .await
            .expect("asks");
        assert_eq!(seen, visible);
        let renamed = sqlx::query("update tenants set name = name").execute(&mut *tx).await;
        assert_eq!(renamed.expect("is no error").rows_affected(), visible.unsigned_abs());
        tx.commit().await.expect("commits");
    }
    let mut tx = db.tenant(testkit::tenant(), "probe").await.expect("opens");
    let forged =
        sqlx::query("insert into tenants (tenant_id, slug, name) values ($1, 'forged', 'F')")
            .bind(testkit::tenant())
            .execute(&mut *tx)
            .await;
    assert!(forged.is_err(), "a row of another tenant must be refused");
}
