//! What the tables promise by themselves.

use std::time::Duration;

use crate::house::{House, eventually};

#[tokio::test]
async fn every_tenant_table_and_partition_forces_row_level_security() {
    let house = House::build().await;
    let mut admin = house.admin().await;
    let (open, all): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where not (c.relrowsecurity and c.relforcerowsecurity)), count(*)
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
         where c.relnamespace = 'usher_user'::regnamespace and c.relkind in ('r', 'p')",
    )
    .fetch_one(&mut admin)
    .await
    .expect("reads the catalogue");
    assert_eq!(open, 0);
    assert!(all > 15, "partitions are among them");
}

#[tokio::test]
async fn the_service_role_can_forge_nothing_and_rewrite_nothing() {
    let house = House::build().await;
    for statement in [
        "insert into outbox (lane, tenant_id, aggregate_id, aggregate_seq, event_id, kind, data, request_id)
         values (0, usher.current_tenant(), gen_random_uuid(), 1, gen_random_uuid(), 'a.b', '{}', '')",
        "update outbox set kind = 'a.b'",
        "delete from outbox",
        "update outbox_counters set seq = 0",
        "update outbox_cursors set floor = 9",
        "delete from inbox",
        "update audit_events set actor = 'nobody'",
        "delete from audit_events",
        "select bus_drop_partitions('1 hour')",
        "create table outbox_mine (tenant_id uuid)",
    ] {
        let mut tx = house.db.tenant(house.tenant, "forge").await.expect("opens");
        let refused = sqlx::query(statement).execute(&mut *tx).await;
        let code = refused.expect_err(statement).as_database_error().and_then(|e| e.code().map(|c| c.to_string()));
        assert_eq!(code.as_deref(), Some("42501"), "{statement} must be a matter of privilege");
    }
}

/// Puts one fact of long ago into a partition of its own, and hands everything to an owner whom row-level security binds.
async fn age(house: &House) {
    // Any role that row-level security binds and that everybody's server has.
    let owner = "usher_tenant";
    let mut admin = house.admin().await;
    for statement in [
        "create table outbox_p20200101 partition of outbox for values from ('2020-01-01Z') to ('2020-01-02Z')",
        "call usher.protect_tenant_table('outbox_p20200101')",
        "insert into outbox (lane, tenant_id, aggregate_id, aggregate_seq, event_id, kind, data, request_id, created_at)
         values (3, gen_random_uuid(), gen_random_uuid(), 1, gen_random_uuid(), 'a.b', '{}', '', '2020-01-01 12:00Z')",
    ] {
        sqlx::query(statement).execute(&mut admin).await.expect("prepares the past");
    }
    let statement = format!(
        "grant all on schema usher, usher_user to {owner};
         do $$ declare name text; begin
             for name in select format('alter %s usher_user.%I owner to {owner}',
                                       case relkind when 'S' then 'sequence' else 'table' end, relname)
                         from pg_class where relnamespace = 'usher_user'::regnamespace and relkind in ('r', 'p', 'S')
                           and (relname ~ '^(outbox|inbox)') and (relkind <> 'S')
             loop execute name; end loop;
             for name in select format('alter function %s owner to {owner}', oid::regprocedure) from pg_proc
                         where pronamespace = 'usher_user'::regnamespace and prosecdef
             loop execute name; end loop;
             for name in select format('alter policy %I on %s to {owner}', polname, polrelid::regclass) from pg_policy
                         where polname in ('housekeeping', 'housekeeping_end', 'outbox_emit')
             loop execute name; end loop;
         end $$;
         grant usage on sequence outbox_id_seq to {owner};"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut admin).await.expect("changes hands");
}

#[tokio::test]
async fn partitions_are_dropped_when_nobody_needs_them_whoever_owns_them() {
    let house = House::build().await;
    let keep = Duration::from_secs(48 * 3_600);
    age(&house).await;
    assert_eq!(
        bus::retain(&house.db, keep).await.expect("retains"),
        0,
        "an unpublished fact is needed"
    );
    house.tell_invite(uuid::Uuid::now_v7()).await;
    let relay = house.relay();
    house.until_count(2).await;
    let mut admin = house.admin().await;
    eventually("the partition goes", async || {
        bus::retain(&house.db, keep).await.expect("retains");
        let (gone,): (bool,) = sqlx::query_as("select to_regclass('outbox_p20200101') is null")
            .fetch_one(&mut admin)
            .await
            .expect("asks");
        gone
    })
    .await;
    assert_eq!(house.count().await, 2);
    relay.stop().await;
}

#[tokio::test]
async fn partitions_stand_ahead_of_time_and_are_made_once() {
    let house = House::build().await;
    assert!(
        bus::prepare(&house.db).await.expect("prepares") > 0,
        "more days than the migration made"
    );
    assert_eq!(bus::prepare(&house.db).await.expect("prepares"), 0, "all stand");
    house.tell_invite(uuid::Uuid::now_v7()).await;
    let (strays,): (i64,) = sqlx::query_as("select count(*) from outbox_default")
        .fetch_one(&mut house.admin().await)
        .await
        .expect("counts");
    assert_eq!(strays, 0);
}
