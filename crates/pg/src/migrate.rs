//! Brings a database to this build's schema: roles, schemas, grants, then the files of `migrations/`.

use aws_lc_rs::digest;
use secrecy::SecretString;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::{
    Access, Result,
    logins::{password, platform_role, role},
};

/// A folder of `migrations/`: a service of that name, or one of [`EVERYWHERE`].
pub(crate) struct Folder {
    name: &'static str,
    files: &'static [File],
}

pub(crate) struct File {
    number: i64,
    title: &'static str,
    sql: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Folders whose tables stand in every service's schema, with the base of their version numbers.
const EVERYWHERE: &[(&str, i64)] =
    &[("pg", 1_000_000), ("bus", 2_000_000), ("jobs", 3_000_000), ("vault", 4_000_000)];

/// The base of a service's own version numbers.
const OWN: i64 = 10_000_000;

/// Held while roles and schemas are made, so that processes starting together take turns.
const LOCK: i64 = 0x0075_7368_6572;

/// The services that have a schema: one per folder of `migrations/` that is not shared by all.
pub fn services() -> impl Iterator<Item = &'static str> {
    FOLDERS
        .iter()
        .map(|folder| folder.name)
        .filter(|name| EVERYWHERE.iter().all(|(each, _)| each != name))
}

/// A digest of all that decides on the schema, in hex: equal in builds whose [`migrate`] makes the same.
#[must_use]
pub fn fingerprint() -> String {
    let files = FOLDERS.iter().flat_map(|folder| {
        folder.files.iter().flat_map(|file| [folder.name, file.title, file.sql])
    });
    // This file makes roles and schemas, so it counts as it stands.
    let ours = [include_str!("migrate.rs"), include_str!("bootstrap.sql")];
    let mut sum = digest::Context::new(&digest::SHA256);
    for text in ours.into_iter().chain(files) {
        sum.update(text.as_bytes());
        sum.update(&[0]);
    }
    hex::encode(sum.finish())
}

/// Applies whatever is missing, for every service. Several processes may call this at once; each waits for the others.
///
/// # Errors
/// [`crate::Error`] when the database is away or a migration is refused; a refused migration leaves nothing behind.
pub async fn migrate(access: &Access) -> Result<()> {
    let mut conn = access.admin()?.application_name("usher-migrate").connect().await?;
    sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut conn).await?;
    let outcome = migrate_alone(&mut conn, access).await;
    sqlx::query("select pg_advisory_unlock($1)").bind(LOCK).execute(&mut conn).await?;
    conn.close().await?;
    outcome
}

async fn migrate_alone(conn: &mut PgConnection, access: &Access) -> Result<()> {
    conn.execute(sqlx::raw_sql(include_str!("bootstrap.sql"))).await?;
    for service in services() {
        make_home(conn, service, &access.login_secret).await?;
        conn.execute(sqlx::raw_sql(AssertSqlSafe(format!("set search_path = {}", role(service)))))
            .await?;
        // Not `run`: its future is not Send, so callers could not spawn theirs.
        migrator(service).run_direct(None, &mut *conn, false).await?;
        // The history is read by anyone and written by migrations only.
        conn.execute(sqlx::raw_sql(AssertSqlSafe(format!(
            "revoke insert, update, delete on _sqlx_migrations from {}, {}",
            role(service),
            platform_role(service)
        ))))
        .await?;
    }
    Ok(())
}

/// Makes the service's roles and schema. Roles belong to the whole cluster, so another database's migration may
/// make the same role in the same moment: losing that race is no failure.
async fn make_home(conn: &mut PgConnection, service: &str, secret: &SecretString) -> Result<()> {
    let (login, platform) = (role(service), platform_role(service));
    let statement = format!(
        "do $$ begin
             create role {login} login noinherit nosuperuser nocreatedb nocreaterole nobypassrls password '{password}';
         exception when duplicate_object or unique_violation then null; end $$;
         do $$ begin
             create role {platform} nologin noinherit nosuperuser nobypassrls;
         exception when duplicate_object or unique_violation then null; end $$;
         do $$ begin
             grant {platform} to {login};
         exception when unique_violation or internal_error then null; end $$;
         create schema if not exists {login};
         grant usage on schema {login} to {login}, {platform};
         alter default privileges in schema {login}
             grant select, insert, update, delete on tables to {login}, {platform};
         alter default privileges in schema {login}
             grant usage, select on sequences to {login}, {platform};",
        password = password(secret, &login),
    );
    // Made of our own folder names and a hex password: no outside text.
    conn.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await?;
    Ok(())
}

/// The shared tables first, then the service's own.
fn migrator(service: &str) -> Migrator {
    let shared = EVERYWHERE.iter().copied();
    let migrations = shared
        .chain([(service, OWN)])
        .filter_map(|(name, base)| FOLDERS.iter().find(|f| f.name == name).map(|f| (f, base)))
        .flat_map(|(folder, base)| folder.files.iter().map(move |file| (folder.name, base, file)))
        .map(|(folder, base, file)| {
            Migration::new(
                base + file.number,
                format!("{folder}: {}", file.title.replace('_', " ")).into(),
                MigrationType::Simple,
                file.sql.into_sql_str(),
                file.sql.starts_with("-- no-transaction"),
            )
        })
        .collect();
    Migrator { migrations, ..Migrator::DEFAULT }
}
