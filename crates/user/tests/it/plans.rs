//! How the database answers what is asked often, among many members and groups.

use kernel::TenantId;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::platform::{Platform, tenant};

/// The text of the one checked query that has these words, as it was prepared for building without a database.
pub(crate) fn prepared(has: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.sqlx");
    let files = std::fs::read_dir(folder).expect("prepared queries");
    let mut texts = files.filter_map(|file| {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a text");
        let query: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        query["query"].as_str().filter(|query| query.contains(has)).map(str::to_owned)
    });
    let text = texts.next().unwrap_or_else(|| panic!("no query has {has}"));
    assert!(texts.next().is_none(), "more than one query has {has}");
    text
}

/// How it would be done after having been done often enough for a plan to be kept.
pub(crate) async fn plan(
    session: &mut PgConnection,
    query: &str,
    arguments: &str,
) -> serde_json::Value {
    session.execute("deallocate all").await.expect("forgets");
    session.execute(AssertSqlSafe(format!("prepare page as {query}"))).await.expect("prepares");
    for _ in 0..7 {
        let run = AssertSqlSafe(format!("execute page{arguments}"));
        session.execute(run).await.expect("runs");
    }
    let explain =
        AssertSqlSafe(format!("explain (analyze, buffers, format json) execute page{arguments}"));
    let plan: serde_json::Value =
        sqlx::query_scalar(explain).fetch_one(session).await.expect("plans");
    plan[0]["Plan"].clone()
}

/// How many pages of tables and indexes it read.
pub(crate) fn read(plan: &serde_json::Value) -> u64 {
    let blocks = ["Shared Hit Blocks", "Shared Read Blocks"].map(|key| plan[key].as_u64());
    blocks.into_iter().map(|blocks| blocks.expect("a number")).sum()
}

/// Whether a table whose name begins so is read whole.
fn reads_whole(plan: &serde_json::Value, table: &str) -> bool {
    let word = |key: &str| plan[key].as_str().unwrap_or_default();
    let is_whole = word("Node Type") == "Seq Scan" && word("Relation Name").starts_with(table);
    let mut below = plan["Plans"].as_array().into_iter().flatten();
    is_whole || below.any(|plan| reads_whole(plan, table))
}

/// 100,000 members without invitations in 1,000 teams of one community, each in three of them, and roles that the teams
/// give and that members hold in a part of the tenant.
async fn crowd(session: &mut PgConnection, tenant: TenantId) {
    let make = format!(
        "set usher.tenant_id = '{tenant}';
         insert into users (user_id, email, name, status, created_at)
         select gen_random_uuid(), 'first' || n || '@example.com', 'First ' || n, 'active', now()
         from generate_series(1, 100000) n;
         insert into accounts (user_id, created_at) select user_id, now() from users where email like 'first%';
         insert into memberships (tenant_id, user_id, status, joined_at)
         select '{tenant}', user_id, 'active', now() from users where email like 'first%';
         insert into role_bindings (tenant_id, user_id, role, bound_at, bound_by)
         select '{tenant}', user_id, 'user', now(), 'test' from users where email like 'first%';
         insert into groups (group_id, kind, name, description, join_policy, status, created_at, created_by, changed_at)
         values (gen_random_uuid(), 'community', 'All', '', 'open', 'active', now(), 'test', now());
         insert into groups (group_id, kind, community_id, name, description, join_policy, status, created_at, created_by,
                             changed_at)
         select gen_random_uuid(), 'team', c.group_id, 'Team ' || n, '', 'open', 'active', now(), 'test', now()
         from groups c, generate_series(1, 1000) n where c.kind = 'community';
         with numbered as (select group_id, row_number() over (order by group_id) - 1 as n from groups where kind = 'team'),
              people as (select user_id, row_number() over (order by user_id) - 1 as n from memberships)
         insert into group_members (group_id, user_id, status, role_hint, since, changed_by)
         select g.group_id, p.user_id, 'active', '', now(), 'test'
         from people p cross join generate_series(0, 2) as k join numbered g on g.n = (p.n + k * 333) % 1000;
         insert into group_members (group_id, user_id, status, role_hint, since, changed_by)
         select c.group_id, m.user_id, 'active', '', now(), 'test'
         from groups c, memberships m where c.kind = 'community';
         insert into role_grants (tenant_id, binding_id, group_id, role, scope_type, scope_id, bound_at, bound_by)
         select '{tenant}', gen_random_uuid(), group_id, 'events.organizer', 'team', group_id::text, now(), 'test'
         from groups where kind = 'team';
         insert into role_grants (tenant_id, binding_id, user_id, role, scope_type, scope_id, bound_at, bound_by)
         select '{tenant}', gen_random_uuid(), user_id, 'student', 'team', 'one', now(), 'test' from memberships;
         analyze users, accounts, memberships, role_bindings, role_grants, groups, group_members;"
    );
    session.execute(AssertSqlSafe(make)).await.expect("makes a crowd");
}

async fn somebody(session: &mut PgConnection, question: &'static str) -> uuid::Uuid {
    sqlx::query_scalar(question).fetch_one(session).await.expect("somebody")
}

#[tokio::test]
async fn among_a_hundred_thousand_members_of_a_thousand_groups_nothing_is_read_whole() {
    let (platform, here) = (Platform::start().await, tenant());
    let mut session = platform.database.admin().await;
    crowd(&mut session, here).await;
    session.execute("set session authorization usher_user").await.expect("sets");
    let scope = AssertSqlSafe(format!("set usher.tenant_id = '{here}'"));
    session.execute(scope).await.expect("sets");
    let member =
        somebody(&mut session, "select user_id from memberships offset 50000 limit 1").await;
    let team =
        somebody(&mut session, "select group_id from groups where kind = 'team' limit 1").await;
    let community =
        somebody(&mut session, "select group_id from groups where kind = 'community'").await;
    let nil = uuid::Uuid::nil();
    for (has, arguments, most) in [
        (
            "and status = $2 and user_id > $3",
            format!("('{community}', 'active', '{nil}', 51)"),
            1500,
        ),
        (
            "and status = $2 and user_id > $3",
            format!("('{community}', 'active', '{member}', 51)"),
            1500,
        ),
        ("and status = $2 and user_id > $3", format!("('{team}', 'active', '{nil}', 51)"), 1500),
        (
            "and status = $2 and user_id > $3",
            format!("('{community}', 'pending', '{nil}', 51)"),
            100,
        ),
        ("cardinality($2::uuid[])", format!("('{member}', '{{}}', '{nil}', 51)"), 300),
        ("cardinality($2::uuid[])", format!("('{member}', '{{{team}}}', '{nil}', 51)"), 300),
        (
            "current_tenant() and group_id = $1 and user_id = $2) gm",
            format!("('{community}', '{member}')"),
            50,
        ),
        ("and kind = $1 and status = $2", format!("('team', 'active', '{nil}', 51)"), 100),
        (
            "and community_id = $1 and status = $2",
            format!("('{community}', 'active', '{team}', 51)"),
            1500,
        ),
    ] {
        let plan = plan(&mut session, &prepared(has), &arguments).await;
        assert!(!plan.to_string().contains("Seq Scan"), "{has}: {plan:#}");
        assert!(read(&plan) < most, "{has}{arguments}: {} pages in {plan:#}", read(&plan));
    }
    // What a change of rights reads.
    for (has, arguments, most) in [
        ("select $1::uuid", format!("('{community}', now())"), 5000),
        ("select $1::uuid", format!("('{team}', now())"), 50),
        (
            "and role = $4 and scope_type = $5",
            format!("('{member}', null, null, 'user', 'tenant', '', true)"),
            100,
        ),
        (
            "and role = $4 and scope_type = $5",
            format!("(null, '{team}', null, 'user', 'tenant', '', true)"),
            100,
        ),
        ("or group_id = $1 or service_account_id = $1", format!("('{member}', '{nil}', 51)"), 100),
        ("or group_id = $1 or service_account_id = $1", format!("('{team}', '{nil}', 51)"), 100),
        ("and binding_id > $1", format!("('{nil}', 51)"), 300),
        ("and binding_id > $1", format!("('{team}', 51)"), 300),
    ] {
        let plan = plan(&mut session, &prepared(has), &arguments).await;
        assert!(!reads_whole(&plan, "role_"), "{has}: {plan:#}");
        assert!(read(&plan) < most, "{has}{arguments}: {} pages in {plan:#}", read(&plan));
    }
    // What a question of access reads, as it is read: across tenants.
    session.execute("set role usher_user_platform").await.expect("sets");
    let standing = prepared("from machine join role_grants");
    let arguments = format!("('{member}', '{here}', '{}')", TenantId::PLATFORM);
    let plan = plan(&mut session, &standing, &arguments).await;
    for table in ["role_", "group_members"] {
        assert!(!reads_whole(&plan, table), "{plan:#}");
    }
    assert!(read(&plan) < 200, "{} pages in {plan:#}", read(&plan));
}
