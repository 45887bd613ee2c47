//! Migrates the database of `DATABASE_URL`, for the compile-time check of SQL.
//!
//! The checked queries name tables without a schema, so the database's search path is set to all services' schemas.

use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::var("DATABASE_URL")?;
    let login_secret = SecretString::from("for the check of SQL only");
    pg::migrate(&pg::Access { url: url.clone().into(), login_secret, connections: 1 }).await?;
    let schemas: Vec<_> = pg::services().map(|service| format!("usher_{service}")).collect();
    let mut conn = PgConnection::connect(&url).await?;
    let database: String =
        sqlx::query_scalar("select current_database()").fetch_one(&mut conn).await?;
    let path = format!("alter database \"{database}\" set search_path = {}", schemas.join(", "));
    sqlx::query(AssertSqlSafe(path)).execute(&mut conn).await?;
    Ok(())
}
