//! Reading the outbox by snapshot windows.
//!
//! A window is the rows visible in one snapshot and not in the one before, read in id order. Nothing is lost when a
//! transaction commits after others with higher ids, since its rows are new to the next snapshot whatever their
//! ids are; and within an aggregate ids are in commit order, because the counter row is locked while they are drawn.

use std::collections::BTreeMap;

use pg::{Db, PlatformTx};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::row::{COLUMNS, Row};
use crate::{Error, Result};

/// Most rows of one lane in a chunk.
pub(super) const CHUNK: i64 = 500;

/// How far one lane is; the meaning of the fields stands with `outbox_cursors`.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pub(super) done: String,
    pub(super) until: Option<String>,
    position: i64,
    floor: i64,
    /// What `floor` becomes when this window is done.
    next_floor: i64,
    epoch: i64,
    /// The row in the database says that a window is open.
    open_in_db: bool,
}

/// All lanes of this relay, and what is known of the id sequence.
#[derive(Debug, Default)]
pub(super) struct Windows {
    pub(super) lanes: BTreeMap<i16, Lane>,
    /// The last id handed out, as of the last look.
    seen: i64,
    /// An id, and a transaction id that had not been given out when that id had: once no transaction before
    /// the latter runs, no row up to the former can appear any more.
    probe: Option<(i64, i64)>,
}

/// Where a chunk ends in each lane: the last id read where there is more, none where the window is read to its end.
#[derive(Debug, Default)]
pub(super) struct Ends(BTreeMap<i16, Option<i64>>);

impl Windows {
    /// Reads the cursors of newly leased lanes.
    pub(super) async fn load(&mut self, db: &Db, lanes: &[i16]) -> Result<()> {
        let mut tx = db.platform("load_cursors", "the relay serves all tenants").await?;
        let rows: Vec<(i16, String, Option<String>, i64, i64, i64)> = sqlx::query_as(
            "select lane, done::text, until::text, position, floor, epoch from outbox_cursors
             where lane = any($1)",
        )
        .bind(lanes)
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        for (lane, done, until, position, floor, epoch) in rows {
            let open_in_db = until.is_some();
            let cursor =
                Lane { done, until, position, floor, next_floor: floor, epoch, open_in_db };
            self.lanes.insert(lane, cursor);
        }
        Ok(())
    }

    /// Reads the next chunk of every lane that may have rows.
    pub(super) async fn read(&mut self, db: &Db) -> Result<(Vec<Row>, Ends)> {
        let mut tx = db.platform("read_outbox", "the relay serves all tenants").await?;
        let ask = self.probe.is_none() && self.lanes.values().any(|lane| lane.floor < self.seen);
        // The planner cannot see through snapshots, and would rather read a whole backlog and sort it than walk
        // the index; the last column forbids that for this transaction, without a round trip of its own.
        let (last, now, oldest, fresh, _): (i64, String, i64, Option<i64>, String) =
            sqlx::query_as(
                "select case when s.is_called then s.last_value else 0 end, n.now::text,
                    pg_snapshot_xmin(n.now)::text::bigint,
                    case when $1 then pg_current_xact_id()::text::bigint end,
                    set_config('enable_sort', 'off', true)
             from outbox_id_seq s, (select pg_current_snapshot() as now) n",
            )
            .bind(ask)
            .fetch_one(&mut *tx)
            .await?;
        let settled = self.settled_id(oldest, fresh);
        self.seen = last;
        let mut asked = BTreeMap::new();
        for (number, lane) in &mut self.lanes {
            if lane.until.is_none() {
                if lane.floor >= last {
                    continue;
                }
                lane.until = Some(now.clone());
                lane.position = lane.floor;
                lane.next_floor = settled.unwrap_or(lane.floor).max(lane.floor);
            }
            asked.insert(*number, lane.clone());
        }
        let rows = if asked.is_empty() { Vec::new() } else { fetch(&mut tx, &asked).await? };
        tx.commit().await?;
        let ends = self.cut(&asked, &rows);
        // A parked aggregate's rows wait for its turn, see `parked`.
        let rows = rows.into_iter().filter(|read| !read.parked).map(|read| read.row).collect();
        Ok((rows, ends))
    }

    /// The id up to which no row can appear any more, if it is known to have grown. `oldest` is the oldest transaction
    /// still running; `fresh` a transaction number drawn in this look. Ids seen in an earlier look were drawn by
    /// transactions that had their number by then, so before `fresh`. A snapshot's own `xmax` would not do: it is one
    /// past the last transaction that has *ended*, and a younger one may be running with ids drawn long ago.
    fn settled_id(&mut self, oldest: i64, fresh: Option<i64>) -> Option<i64> {
        if self.probe.is_none() {
            self.probe = fresh.map(|fresh| (self.seen, fresh));
        }
        let (id, before) = self.probe?;
        if oldest < before {
            return None;
        }
        self.probe = None;
        Some(id)
    }

    /// Notes where each lane ends; a lane that had nothing is done at once, without a write.
    fn cut(&mut self, asked: &BTreeMap<i16, Lane>, rows: &[Read]) -> Ends {
        let mut counts: BTreeMap<i16, (i64, i64)> =
            asked.keys().map(|lane| (*lane, (0, 0))).collect();
        for Read { row, .. } in rows {
            let count = counts.entry(row.lane).or_default();
            *count = (count.0 + 1, row.id);
        }
        let mut ends = BTreeMap::new();
        for (number, (count, last)) in counts {
            let open = self.lanes.get(&number).is_some_and(|lane| lane.open_in_db);
            if count >= CHUNK {
                ends.insert(number, Some(last));
            } else if count > 0 || open {
                ends.insert(number, None);
            } else if let Some(lane) = self.lanes.get_mut(&number) {
                lane.advance(None);
            }
        }
        Ends(ends)
    }

    /// Moves the lanes of a published chunk forward, or leaves them where they are if some of it is to be read again, and
    /// answers what to write down. Nothing is kept before [`save`] has succeeded: on a failure, [`Windows::load`] again.
    pub(super) fn settle(&mut self, ends: &Ends, again: bool) -> Vec<(i16, Lane)> {
        let mut settled = Vec::new();
        for (number, end) in &ends.0 {
            if let Some(lane) = self.lanes.get_mut(number) {
                if !again {
                    lane.advance(*end);
                }
                lane.open_in_db = lane.until.is_some();
                settled.push((*number, lane.clone()));
            }
        }
        settled
    }
}

impl Lane {
    /// Goes on to `position`, or to the end of the window.
    fn advance(&mut self, position: Option<i64>) {
        match position {
            Some(position) => self.position = position,
            None => {
                if let Some(until) = self.until.take() {
                    self.done = until;
                    self.floor = self.next_floor;
                }
            }
        }
    }
}

/// A row of the window, and whether its aggregate is parked before it.
#[derive(sqlx::FromRow)]
struct Read {
    #[sqlx(flatten)]
    row: Row,
    parked: bool,
}

async fn fetch(tx: &mut PlatformTx, asked: &BTreeMap<i16, Lane>) -> Result<Vec<Read>> {
    let lanes: Vec<i16> = asked.keys().copied().collect();
    let done: Vec<&str> = asked.values().map(|lane| lane.done.as_str()).collect();
    let until: Vec<&str> = asked.values().filter_map(|lane| lane.until.as_deref()).collect();
    let position: Vec<i64> = asked.values().map(|lane| lane.position).collect();
    let statement = format!(
        "select {COLUMNS},
                exists (select from outbox_parked p
                        where p.tenant_id = o.tenant_id and p.aggregate_id = o.aggregate_id
                          and p.first_id <= o.id) as parked
         from unnest($1::smallint[], $2::text[]::pg_snapshot[], $3::text[]::pg_snapshot[], $4::bigint[])
                  as c (lane, done, until, position)
         cross join lateral (
             select * from outbox o
             where o.lane = c.lane and o.id > c.position
               and pg_visible_in_snapshot(o.xid, c.until)
               and not pg_visible_in_snapshot(o.xid, c.done)
             order by o.id limit $5) o"
    );
    let mut rows: Vec<Read> = sqlx::query_as(AssertSqlSafe(statement))
        .bind(lanes)
        .bind(done)
        .bind(until)
        .bind(position)
        .bind(CHUNK)
        .fetch_all(&mut **tx)
        .await?;
    rows.sort_unstable_by_key(|read| (read.row.lane, read.row.id));
    Ok(rows)
}

/// Writes cursors down, fenced: a lane whose lease or epoch is another's by now refuses.
pub(super) async fn save(tx: &mut PlatformTx, member: Uuid, lanes: &[(i16, Lane)]) -> Result<()> {
    let of =
        |value: fn(&Lane) -> i64| lanes.iter().map(|(_, lane)| value(lane)).collect::<Vec<i64>>();
    let saved = sqlx::query(
        "update outbox_cursors c
         set done = v.done::pg_snapshot, until = v.until::pg_snapshot, position = v.position, floor = v.floor
         from unnest($1::smallint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
                  as v (lane, done, until, position, floor, epoch)
         where c.lane = v.lane and c.epoch = v.epoch
           and exists (select from bus_leases l
                       where l.kind = 'lane' and l.name = c.lane::text and l.owner = $7)",
    )
    .bind(lanes.iter().map(|(number, _)| *number).collect::<Vec<_>>())
    .bind(lanes.iter().map(|(_, lane)| lane.done.as_str()).collect::<Vec<_>>())
    .bind(lanes.iter().map(|(_, lane)| lane.until.as_deref()).collect::<Vec<_>>())
    .bind(of(|lane| lane.position))
    .bind(of(|lane| lane.floor))
    .bind(of(|lane| lane.epoch))
    .bind(member)
    .execute(&mut **tx)
    .await?;
    if saved.rows_affected() == lanes.len() as u64 { Ok(()) } else { Err(Error::LeaseLost) }
}
