//! The service's login role: what it is not, and what it cannot reach.

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::database::{Database, INSERT};

async fn yes(conn: &mut PgConnection, question: &'static str) -> bool {
    sqlx::query_scalar(question).fetch_one(conn).await.expect(question)
}

async fn denied(conn: &mut PgConnection, statement: &'static str) {
    let refused = conn.execute(AssertSqlSafe(statement)).await.expect_err(statement).to_string();
    assert!(
        refused.contains("permission denied") || refused.contains("must be owner"),
        "{statement}: {refused}"
    );
}

#[tokio::test]
async fn the_login_role_is_neither_owner_nor_superuser_nor_bypasses_row_level_security() {
    let database = Database::migrated().await;
    let mut admin = database.admin().await;
    assert!(
        yes(
            &mut admin,
            "select bool_and(not rolsuper and not rolbypassrls and not rolcreaterole and not rolcreatedb
                             and not rolreplication and not rolinherit)
             from pg_roles where rolname in ('usher_user', 'usher_user_platform')",
        )
        .await
    );
    assert!(
        yes(
            &mut admin,
            "select not rolcanlogin from pg_roles where rolname = 'usher_user_platform'"
        )
        .await
    );
    assert!(
        yes(
            &mut admin,
            "select count(*) = 0 from pg_class c join pg_roles r on r.oid = c.relowner
             where r.rolname in ('usher_user', 'usher_user_platform')",
        )
        .await
    );
    let mut session = database.session().await;
    for statement in [
        "alter table replies disable row level security",
        "alter table replies no force row level security",
        "drop policy tenant_isolation on replies",
        "create policy mine on replies using (true)",
        "truncate replies",
        "create table usher_user.mine (id int)",
        "create schema mine",
        "create or replace function usher.current_tenant() returns uuid language sql as 'select null::uuid'",
        "create table public.mine (id int)",
    ] {
        denied(&mut session, statement).await;
    }
}

#[tokio::test]
async fn the_login_role_sees_no_other_schema() {
    let database = Database::migrated().await;
    let mut admin = database.admin().await;
    admin
        .execute(sqlx::raw_sql(
            "create schema usher_elsewhere; create table usher_elsewhere.rows (id int)",
        ))
        .await
        .expect("creates");
    let mut session = database.session().await;
    denied(&mut session, "select * from usher_elsewhere.rows").await;
    let reachable: Vec<String> = sqlx::query_scalar(
        "select nspname::text from pg_namespace
         where has_schema_privilege('usher_user', oid, 'usage') and nspname !~ '^pg_' order by 1",
    )
    .fetch_all(&mut admin)
    .await
    .expect("lists");
    assert_eq!(reachable, ["information_schema", "public", "usher", "usher_user"]);
}

#[tokio::test]
async fn the_platform_roles_rights_are_not_inherited_without_taking_the_role() {
    let database = Database::migrated().await;
    let (ours, theirs) = (database.tenant_with_rows(2).await, database.tenant_with_rows(3).await);
    let db = database.db(1);

    let mut tx = db.tenant(ours, "count_replies").await.expect("opens");
    let seen: i64 = sqlx::query_scalar("select count(*) from replies")
        .fetch_one(&mut *tx)
        .await
        .expect("counts");
    assert_eq!(seen, 2);
    let foreign = sqlx::query(INSERT).bind(theirs).execute(&mut *tx).await.expect_err("with check");
    assert!(foreign.to_string().contains("row-level security"), "{foreign}");
    drop(tx);

    let mut tx = db.platform("count_replies", "a test of the platform role").await.expect("opens");
    let seen: i64 = sqlx::query_scalar("select count(*) from replies")
        .fetch_one(&mut *tx)
        .await
        .expect("counts");
    assert_eq!(seen, 5);
    tx.commit().await.expect("commits");

    let mut tx = db.tenant(ours, "count_replies").await.expect("opens on the same connection");
    let seen: i64 = sqlx::query_scalar("select count(*) from replies")
        .fetch_one(&mut *tx)
        .await
        .expect("counts");
    assert_eq!(seen, 2, "the role ended with its transaction");
}

#[tokio::test]
async fn every_table_with_a_tenant_forces_row_level_security_and_leads_its_key_with_the_tenant() {
    let database = Database::migrated().await;
    let mut admin = database.admin().await;
    let open: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
         where n.nspname like 'usher\\_%' and c.relkind in ('r', 'p') and not c.relispartition
           and not (c.relrowsecurity and c.relforcerowsecurity)",
    )
    .fetch_all(&mut admin)
    .await
    .expect("lists");
    assert_eq!(open, [""; 0]);
    let keys: Vec<String> = sqlx::query_scalar(
        "select x.indexrelid::regclass::text from pg_index x
         join pg_class c on c.oid = x.indrelid
         join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
         where n.nspname like 'usher\\_%' and not c.relispartition
           and x.indisprimary and x.indkey[0] <> a.attnum",
    )
    .fetch_all(&mut admin)
    .await
    .expect("lists");
    assert_eq!(keys, [""; 0], "primary keys that do not begin with the tenant");
}

#[tokio::test]
async fn the_service_cannot_rewrite_the_history_of_migrations() {
    let database = Database::migrated().await;
    let mut session = database.session().await;
    for statement in [
        "delete from _sqlx_migrations",
        "update _sqlx_migrations set success = false",
        "insert into _sqlx_migrations select * from _sqlx_migrations",
    ] {
        denied(&mut session, statement).await;
    }
}
