//! What the disk allows: rows inserted one a transaction, in three round trips, with nothing around them.

use std::time::Instant;

use anyhow::Result;
use futures::future::try_join_all;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

const TABLE: &str = "create table if not exists public.raw (id uuid primary key, word text not null, body jsonb not null)";

/// Transactions a second with so many connections.
///
/// # Errors
/// The server refuses.
pub(crate) async fn rate(url: &str, count: usize, connections: usize) -> Result<f64> {
    PgConnection::connect(url).await?.execute(TABLE).await?;
    let each = count.div_ceil(connections);
    let open = try_join_all((0..connections).map(|_| PgConnection::connect(url))).await?;
    let begun = Instant::now();
    let insert = |mut connection: PgConnection| {
        tokio::spawn(async move {
            for number in 0..each {
                connection.execute("begin").await?;
                sqlx::query("insert into public.raw values ($1, 'noop', $2)")
                    .bind(Uuid::now_v7())
                    .bind(json!({"number": number}))
                    .execute(&mut connection)
                    .await?;
                connection.execute("commit").await?;
            }
            anyhow::Ok(())
        })
    };
    for ended in try_join_all(open.into_iter().map(insert)).await? {
        ended?;
    }
    Ok((each * connections) as f64 / begun.elapsed().as_secs_f64())
}
