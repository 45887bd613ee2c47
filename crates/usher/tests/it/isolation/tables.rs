//! Every table with a tenant, under the role of its own service: without the right tenant it is empty and closed.

use std::str::FromStr;

use aws_lc_rs::hmac;
use secrecy::ExposeSecret;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Row,
    postgres::PgConnectOptions,
};
use testkit::{Database, Platform};

use super::tenants::full;

/// "You may not": row-level security, and rights that a role does not have.
const REFUSED: &str = "42501";

/// Tables that belong to no tenant, each on purpose.
const GLOBAL: [(&str, &str); 35] = [
    ("bus_leases", "which process relays, not what"),
    ("bus_members", "which process relays, not what"),
    ("outbox_cursors", "how far the relay has come in a lane"),
    ("outbox_streams", "what the relay knows of its stream"),
    ("credentials", "people are global: one person, one password"),
    ("sessions", "people are global: a session is good for all their tenants"),
    ("throttles", "tries at accounts are counted for all tenants together, under digests"),
    ("known_sources", "people are global: where one signs in from is known once"),
    ("captcha_uses", "who gives a proof is nobody yet"),
    ("bans", "sources that the platform does not serve are nobody's own"),
    ("refusals", "refusals are counted for all tenants together, under digests"),
    ("place_words", "people are global: one person, one password"),
    ("setup_links", "how the platform gets its first administrator"),
    ("sign_up_tallies", "strangers are counted for all tenants together, under digests"),
    ("letters", "people are global: a letter lets a person in, not a member"),
    ("recovery_codes", "people are global: one person, one second factor"),
    ("passkeys", "people are global: one person, one set of devices"),
    ("passkey_ceremonies", "challenges are given out before it is known who answers"),
    ("session_apps", "sessions are global: which apps got tokens in one"),
    ("sso_sessions", "sessions are global: which of them a tenant's provider opened"),
    ("users", "people are global: one person, one address"),
    ("people", "people are global: whether one may sign in"),
    ("person_addresses", "people are global: where one moved to"),
    ("erasures", "people are global: whom the platform is to forget"),
    ("email_changes", "people are global: a person's wish for another address"),
    ("permissions", "what the contract asks for, not who holds it"),
    ("job_hosts", "how often a remote host may be called, by all tenants together"),
    ("job_workers", "which build knows which workflow, not what is done"),
    ("sealed_columns", "which columns are sealed, not what"),
    ("rollouts", "the platform has one rollout"),
    ("incidents", "what went wrong on the platform is nobody's own"),
    ("plans", "what tenants may have, not who has it"),
    ("plan_limits", "what tenants may have, not who has it"),
    ("schema_migrations", "what was migrated"),
    ("_sqlx_migrations", "what was migrated"),
];

/// A table of a service.
struct Table {
    schema: String,
    name: String,
    /// What `to_jsonb` makes of one of the first tenant's rows, if it has any.
    row: Option<String>,
    rows: i64,
}

/// How a connection names its tenant.
#[derive(Clone, Debug)]
enum Scope {
    Unset,
    Empty,
    Foreign(String),
}

impl Scope {
    /// What must be nothing: all rows, or all but the named tenant's own.
    fn beyond(&self) -> String {
        match self {
            Self::Unset | Self::Empty => String::new(),
            Self::Foreign(id) => format!(" where tenant_id <> '{id}'"),
        }
    }
}

#[tokio::test]
async fn no_table_shows_or_takes_a_row_without_its_tenant() {
    let platform = Platform::start().await;
    let acme = full(&platform, "Acme").await;
    let other = platform.tenant("Other").await;
    platform.settled().await;

    let database = platform.database();
    let tables = tables(database, &acme.tenant.id.to_string()).await;
    let filled = tables.iter().filter(|table| table.row.is_some()).count();
    assert!(filled >= 20, "only {filled} tables have rows; the journey is not a full one");
    let own = acme.tenant.id.to_string();
    let mut complaints = Vec::new();
    for scope in [Scope::Unset, Scope::Empty, Scope::Foreign(other.id.to_string())] {
        for of_service in tables.chunk_by(|one, next| one.schema == next.schema) {
            complaints.extend(try_all(database, of_service, &scope, &own).await);
        }
    }
    let mut admin = database.admin().await;
    for table in &tables {
        if count(&mut admin, table).await != table.rows {
            complaints.push(format!("{} has changed", table.name));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
    for table in tables.iter().filter(|table| table.row.is_none()) {
        println!("without rows, so only looked at: {}.{}", table.schema, table.name);
    }
    println!("really tried: {filled} of {} tables", tables.len());
    platform.stop().await;
}

#[tokio::test]
async fn every_table_with_a_tenant_enables_and_forces_row_level_security() {
    let database = Database::new().await;
    let mut admin = database.admin().await;
    let asked = sqlx::query(
        "select n.nspname || '.' || c.relname as name, c.relrowsecurity, c.relforcerowsecurity, c.relkind::text,
                c.reloptions::text, r.rolname = any (array[n.nspname::text, n.nspname || '_platform']) as owned_by_login
         from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         join pg_roles r on r.oid = c.relowner
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
         where n.nspname like 'usher\\_%' and c.relkind in ('r', 'p', 'f', 'v', 'm')",
    );
    let all = asked.fetch_all(&mut admin).await.expect("lists tables");
    assert!(all.len() > 80, "only {} tables", all.len());
    for table in all {
        let (name, kind): (String, String) = (table.get("name"), table.get("relkind"));
        if kind == "v" || kind == "m" {
            let options: Option<String> = table.get("reloptions");
            assert!(
                kind == "v"
                    && options.is_some_and(|options| options.contains("security_invoker=true")),
                "{name} reads with its owner's rights"
            );
            continue;
        }
        assert!(
            table.get::<bool, _>("relrowsecurity"),
            "{name} does not enable row-level security"
        );
        assert!(
            table.get::<bool, _>("relforcerowsecurity"),
            "{name} does not force row-level security"
        );
        assert!(!table.get::<bool, _>("owned_by_login"), "{name} belongs to the role that uses it");
    }
}

#[tokio::test]
async fn every_other_table_is_known_to_belong_to_no_tenant() {
    let database = Database::new().await;
    let mut admin = database.admin().await;
    let asked = sqlx::query_scalar(
        "select n.nspname || '.' || c.relname from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         where n.nspname like 'usher\\_%' and c.relkind in ('r', 'p')
           and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')",
    );
    let all: Vec<String> = asked.fetch_all(&mut admin).await.expect("lists tables");
    for name in &all {
        let known = GLOBAL.iter().any(|(global, _)| name.ends_with(&format!(".{global}")));
        assert!(known, "{name} has no tenant_id, and no reason for that stands in this file");
    }
    let logins = sqlx::query_scalar(
        "select rolname from pg_roles where rolname like 'usher\\_%' and (rolsuper or rolbypassrls)",
    );
    let mighty: Vec<String> = logins.fetch_all(&mut admin).await.expect("lists roles");
    assert!(mighty.is_empty(), "row-level security does not bind {mighty:?}");
}

/// Every table with a tenant, and one row of the tenant `of` in each.
async fn tables(database: &Database, of: &str) -> Vec<Table> {
    let mut admin = database.admin().await;
    let asked = sqlx::query_as(
        "select n.nspname::text, c.relname::text from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
         where n.nspname like 'usher\\_%' and c.relkind in ('r', 'p') order by 1, 2",
    );
    let names: Vec<(String, String)> = asked.fetch_all(&mut admin).await.expect("lists tables");
    let mut tables = Vec::new();
    for (schema, name) in names {
        let asked = format!(
            "select to_jsonb(t)::text from {schema}.{name} t where tenant_id = '{of}' limit 1"
        );
        let row = sqlx::query_scalar(AssertSqlSafe(asked)).fetch_optional(&mut admin).await;
        let row = row.unwrap_or_else(|problem| panic!("{schema}.{name}: {problem}"));
        let mut table = Table { schema, name, row, rows: 0 };
        table.rows = count(&mut admin, &table).await;
        tables.push(table);
    }
    tables
}

async fn count(admin: &mut PgConnection, table: &Table) -> i64 {
    let asked = format!("select count(*) from {}.{}", table.schema, table.name);
    let asked = sqlx::query_scalar(AssertSqlSafe(asked));
    asked.fetch_one(admin).await.expect("counts")
}

/// Tries the tables of one service on a connection that is fresh, and on one that has worked for another tenant.
async fn try_all(database: &Database, tables: &[Table], scope: &Scope, own: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let role = &tables.first().expect("a service has tables").schema;
    let mut fresh = login(database, role).await;
    enter(&mut fresh, scope).await;
    let mut used = login(database, role).await;
    for table in tables {
        complaints.extend(ask(&mut fresh, table, scope, "fresh").await);
        if table.row.is_none() {
            continue;
        }
        use_for(&mut used, table, own).await;
        enter(&mut used, scope).await;
        complaints.extend(ask(&mut used, table, scope, "after another tenant").await);
    }
    for connection in [fresh, used] {
        connection.close().await.expect("says farewell");
    }
    complaints
}

/// A connection of a service's own login role, with the password that its pools use.
async fn login(database: &Database, role: &str) -> PgConnection {
    let access = database.access();
    let key = hmac::Key::new(hmac::HMAC_SHA256, access.login_secret.expose_secret().as_bytes());
    let password = hmac::sign(&key, format!("postgresql login {role}").as_bytes());
    let options = PgConnectOptions::from_str(&database.url()).expect("an address");
    let options = options.username(role).password(&hex::encode(password));
    let mut connection = options.connect().await.expect("the role may log in");
    let me: String = sqlx::query_scalar("select session_user::text")
        .fetch_one(&mut connection)
        .await
        .expect("answers");
    assert_eq!(me, role);
    connection
}

/// Sets the tenant for the whole session.
async fn enter(connection: &mut PgConnection, scope: &Scope) {
    let value = match scope {
        Scope::Unset => return,
        Scope::Empty => "",
        Scope::Foreign(id) => id,
    };
    let set = sqlx::query("select set_config('usher.tenant_id', $1, false)").bind(value);
    set.execute(connection).await.expect("sets");
}

/// Works for a tenant in a transaction, as a service does, and ends it. What the service may read it must see, or
/// the emptiness elsewhere would prove nothing.
async fn use_for(connection: &mut PgConnection, table: &Table, tenant: &str) {
    connection.execute("begin").await.expect("begins");
    let set = sqlx::query("select set_config('usher.tenant_id', $1, true)").bind(tenant);
    set.execute(&mut *connection).await.expect("sets");
    let asked = format!("select count(*) from {}.{}", table.schema, table.name);
    let asked = sqlx::query_scalar::<_, i64>(AssertSqlSafe(asked));
    match asked.fetch_one(&mut *connection).await {
        Ok(seen) => assert!(seen > 0, "{} is empty to its own tenant", table.name),
        Err(problem) => assert!(is_refused(&problem), "{}: {problem}", table.name),
    }
    connection.execute("rollback").await.expect("ends");
}

/// Tries everything on one table; says what was not prevented.
async fn ask(
    connection: &mut PgConnection,
    table: &Table,
    scope: &Scope,
    when: &str,
) -> Vec<String> {
    let place = format!("{}.{}", table.schema, table.name);
    let (mut complaints, beyond) = (Vec::new(), scope.beyond());
    let scope = format!("{scope:?}, {when}");
    let looked = format!("select count(*) from {place}{beyond}");
    match sqlx::query_scalar::<_, i64>(AssertSqlSafe(looked)).fetch_one(&mut *connection).await {
        Ok(0) => {}
        Err(problem) if is_refused(&problem) => {}
        other => complaints.push(format!("{place} ({scope}): select sees {other:?}")),
    }
    for verb in ["update {} set tenant_id = tenant_id", "delete from {}"] {
        let statement = verb.replace("{}", &place) + &beyond;
        match connection.execute(AssertSqlSafe(statement)).await {
            Ok(done) if done.rows_affected() == 0 => {}
            Err(problem) if is_refused(&problem) => {}
            other => complaints.push(format!("{place} ({scope}): {verb} gives {other:?}")),
        }
    }
    let Some(row) = &table.row else { return complaints };
    let insert = format!(
        "insert into {place} select * from jsonb_populate_record(null::{place}, $1::jsonb)"
    );
    match sqlx::query(AssertSqlSafe(insert)).bind(row).execute(&mut *connection).await {
        Err(problem) if is_refused(&problem) => {}
        other => complaints.push(format!("{place} ({scope}): insert gives {other:?}")),
    }
    complaints
}

fn is_refused(problem: &sqlx::Error) -> bool {
    problem
        .as_database_error()
        .and_then(|problem| problem.code())
        .is_some_and(|code| code == REFUSED)
}
