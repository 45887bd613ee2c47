//! What a tenant's life means for its jobs and secrets.

use wire::tenant::v1::TenantMoved;

use crate::world::{World, request};

async fn tell(world: &World, status: &str, epoch: i64) {
    let fact = TenantMoved { status: status.into(), epoch, ..TenantMoved::default() };
    world.users.tell(world.tenant, &world.tenant.to_string(), &fact).await;
    world.heard_all().await;
}

#[tokio::test]
async fn jobs_of_a_suspended_tenant_wait_until_it_is_resumed() {
    let world = World::new().await;
    tell(&world, "suspended", 1).await;
    let client = world.begin(request("ann")).await;
    world.heard_all().await;
    let waiting = "select count(*) from jobs j join job_ready r on r.tenant_id = j.tenant_id and r.job_id = j.id
        join job_suspensions s on s.tenant_id = j.tenant_id and s.held where j.state = 'queued'";
    assert_eq!(world.count(waiting).await, 1);
    tell(&world, "active", 2).await;
    world.until(&client.client_id, "active").await;
    world.end().await;
}

#[tokio::test]
async fn the_keys_of_a_tenant_go_when_it_is_closed_and_not_before() {
    let world = World::new().await;
    let client = world.begin(request("ann")).await;
    world.until(&client.client_id, "active").await;
    let keys = "select count(*) from data_keys where shredded_at is null";
    assert_eq!(world.count(keys).await, 1);
    for (epoch, status) in (1..).zip(["closing", "active", "suspended", "closing"]) {
        tell(&world, status, epoch).await;
        assert_eq!(world.count(keys).await, 1, "{status}");
    }
    for _ in 0..2 {
        tell(&world, "closed", 5).await;
        assert_eq!(world.count(keys).await, 0);
    }
    let audited = "select count(*) from audit_events where action = 'vault.shred'";
    assert_eq!(world.count(audited).await, 2);
    world.end().await;
}

#[tokio::test]
async fn news_of_a_tenant_that_come_late_overrule_no_newer_ones() {
    let world = World::new().await;
    let held = "select count(*) from job_suspensions where held";
    for (status, epoch, expected) in [
        ("suspended", 3, 1),
        ("active", 2, 1),
        ("active", 4, 0),
        ("suspended", 3, 0),
        ("closed", 1, 1),
        ("active", 5, 1),
    ] {
        tell(&world, status, epoch).await;
        assert_eq!(world.count(held).await, expected, "{status} of {epoch}");
    }
    world.end().await;
}
