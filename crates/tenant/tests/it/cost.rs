//! What creating and resolving a tenant costs does not depend on how many tenants there are.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use wire::{
    call,
    tenant::v1::{ResolveTenantRequest, resolve_tenant_request::By},
};

use crate::house::House;

/// Adds so many tenants, each with a proven host, as if they had come over the years.
async fn crowd(house: &House, many: i32) {
    let mut admin = house.database.admin_of(tenant::NAME).await;
    let fill = format!(
        "insert into tenants (tenant_id, slug, name, plan)
             select gen_random_uuid(), 'crowd-' || n, 'Crowd ' || n, 'team' from generate_series(1, {many}) n;
         insert into domains (tenant_id, domain_id, host, token, status, next_check_at, created_at, created_by)
             select tenant_id, gen_random_uuid(), slug || '.example', repeat('0', 32), 'proven', now(), now(), 'test'
             from tenants where slug like 'crowd-%';
         analyze tenants; analyze domains"
    );
    admin.execute(sqlx::raw_sql(AssertSqlSafe(fill))).await.expect("fills");
    let pid: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut admin).await.expect("asks");
    admin.close().await.expect("closes");
    // What a session did is counted in full when it has ended.
    let ended = async || {
        let mut other = house.database.admin_of(tenant::NAME).await;
        let there = sqlx::query_scalar("select count(*) from pg_stat_activity where pid = $1");
        let there: i64 = there.bind(pid).fetch_one(&mut other).await.expect("asks");
        there == 0
    };
    testkit::eventually("the session has ended", ended).await;
}

/// Rows of any table of the service that were read, by index or not; counted for sessions that have ended.
async fn read(admin: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint from pg_stat_user_tables
         where schemaname = 'usher_tenant'
           and relname in ('tenants', 'plans', 'plan_limits', 'limit_overrides', 'domains', 'settings', 'brandings')",
    )
    .fetch_one(admin)
    .await
    .expect("the figures")
}

/// How many rows `work` reads in a session of its own.
async fn rows_read_by(house: &House, work: impl AsyncFnOnce(&House)) -> i64 {
    let mut admin = house.database.admin_of(tenant::NAME).await;
    let before = settled(&mut admin).await;
    work(house).await;
    house.close_pool().await;
    let ended = async || {
        let there = "select count(*) from pg_stat_activity
            where datname = current_database() and application_name = 'usher-tenant'";
        let there: i64 = sqlx::query_scalar(there).fetch_one(&mut admin).await.expect("asks");
        there == 0
    };
    testkit::eventually("the sessions have ended", ended).await;
    settled(&mut admin).await - before
}

/// The figure once it stands still.
async fn settled(admin: &mut PgConnection) -> i64 {
    let mut last = -1;
    testkit::eventually("the figures are in", async || {
        admin.execute("select pg_stat_clear_snapshot()").await.expect("clears");
        let now = read(admin).await;
        std::mem::replace(&mut last, now) == now
    })
    .await;
    last
}

#[tokio::test]
async fn a_tenant_among_thousands_costs_what_the_first_one_did() {
    let (first, among) = (House::open().await, House::open().await);
    crowd(&among, 10_000).await;
    let create = async |house: &House| {
        house.create("Acme", "").await.expect("creates");
    };
    let alone = rows_read_by(&first, create).await;
    let crowded = rows_read_by(&among, create).await;
    assert!(crowded <= alone + 20, "{crowded} rows were read, and {alone} for the first");
}

#[tokio::test]
async fn a_resolution_among_thousands_reads_a_few_rows() {
    let house = House::open().await;
    crowd(&house, 10_000).await;
    let resolve = async |house: &House| {
        for by in [
            By::Slug("crowd-5000".into()),
            By::Host("crowd-7000.example".into()),
            By::Host("nobody.example".into()),
        ] {
            let asked = call(&testkit::cx_of_platform(), ResolveTenantRequest { by: Some(by) });
            let answer = house.client().resolve_tenant(asked).await;
            if let Ok(tenant) = answer {
                let tenant = tenant.into_inner();
                assert_eq!((tenant.status.as_str(), tenant.plan.as_str()), ("active", "team"));
                assert_eq!(tenant.limits.len(), 6);
                assert!(tenant.epoch > 0);
            }
        }
    };
    let read = rows_read_by(&house, resolve).await;
    assert!((1..200).contains(&read), "{read} rows were read");
}
