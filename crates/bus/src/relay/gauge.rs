//! How far behind the relay is, as numbers to watch.

use std::collections::BTreeMap;

use pg::Db;

use crate::Result;

/// Measures the lanes this relay holds.
pub(super) async fn measure(db: &Db, lanes: &[i16]) -> Result<()> {
    let mut tx = db.platform("measure_outbox", "the relay serves all tenants").await?;
    let behind: Vec<(i16, i64, f64)> = sqlx::query_as(
        "select o.lane, count(*), extract(epoch from clock_timestamp() - min(o.created_at))::float8
         from outbox o join outbox_cursors c using (lane)
         where o.lane = any($1) and o.id > c.floor and not pg_visible_in_snapshot(o.xid, c.done)
         group by o.lane",
    )
    .bind(lanes)
    .fetch_all(&mut *tx)
    .await?;
    let (parked, stuck): (i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where next_at = 'infinity') from outbox_parked where lane = any($1)",
    )
    .bind(lanes)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;

    let service = db.service();
    let mut rows: BTreeMap<i16, i64> = lanes.iter().map(|lane| (*lane, 0)).collect();
    let mut oldest = 0.0_f64;
    for (lane, count, age) in behind {
        rows.insert(lane, count);
        oldest = oldest.max(age);
    }
    for (lane, count) in rows {
        metrics::gauge!("usher_outbox_rows_behind", "service" => service, "lane" => lane.to_string())
            .set(number(count));
    }
    metrics::gauge!("usher_outbox_lag_seconds", "service" => service).set(oldest);
    metrics::gauge!("usher_outbox_parked_aggregates", "service" => service).set(number(parked));
    metrics::gauge!("usher_outbox_stuck_aggregates", "service" => service).set(number(stuck));
    Ok(())
}

fn number(count: i64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
