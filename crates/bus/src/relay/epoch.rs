//! The stream's identity: a stream that was made anew, or has lost its end, is filled again from the outbox.

use async_nats::jetstream::stream::RawMessageErrorKind;
use jiff::Timestamp as Instant;
use kernel::Timestamp;
use pg::{Db, PlatformTx};

use crate::{Error, Nats, Result};

/// The stream as this relay knows it.
#[derive(Debug, Clone)]
pub(super) struct Epoch {
    created: Timestamp,
    /// A sequence the stream has reached.
    pub(super) last_seq: u64,
    /// The last message this service's relays have stored: its sequence and its id.
    own: (u64, String),
}

impl Epoch {
    /// Notes that the stream has stored up to `last`.
    pub(super) fn reach(&mut self, last: &(u64, String)) {
        self.last_seq = self.last_seq.max(last.0);
        if last.0 > self.own.0 {
            self.own = last.clone();
        }
    }
}

/// What a look at the stream found.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) epoch: Epoch,
    /// The cursors were set back, so that everything retained is published again.
    pub(super) refilled: bool,
}

/// What the database remembers of the stream.
type Known = (Timestamp, i64, String);

/// Compares the stream with what was noted of it; sets all cursors back where facts are missing. Consumers know what
/// they have handled, so publishing too much is safe and too little is not.
pub(super) async fn look(db: &Db, nats: &Nats) -> Result<Looked> {
    let name = nats.stream().name.as_str();
    // Read before the stream is asked: another relay may note more meanwhile.
    let mut tx = db.platform("look_at_stream", "the relay serves all tenants").await?;
    let known: Option<Known> =
        sqlx::query_as("select created_at, last_seq, last_id from outbox_streams where name = $1")
            .bind(name)
            .fetch_optional(&mut *tx)
            .await?;
    tx.commit().await?;

    let stream = nats.handle().await?;
    let info = stream.cached_info();
    let created: Timestamp = Instant::from_nanosecond(info.created.unix_timestamp_nanos())
        .unwrap_or(Instant::MIN)
        .into();
    let last_seq = info.state.last_sequence;
    let whole = match &known {
        Some((at, seq, id)) if *at == created && seq.unsigned_abs() <= last_seq => {
            seq.unsigned_abs() < info.state.first_sequence
                || holds(&stream, seq.unsigned_abs(), id).await?
        }
        _ => false,
    };
    let own = match &known {
        Some((_, seq, id)) if whole => (seq.unsigned_abs(), id.clone()),
        _ => (0, String::new()),
    };
    if !whole {
        refill(db, name, known.as_ref(), created).await?;
    }
    Ok(Looked { epoch: Epoch { created, last_seq, own }, refilled: !whole })
}

/// Whether the stream still holds that message at that place. Other services publish to the same stream, so a stream
/// that lost its end may have grown past our last message again.
async fn holds(stream: &async_nats::jetstream::stream::Stream, seq: u64, id: &str) -> Result<bool> {
    if seq == 0 {
        return Ok(true);
    }
    match stream.get_raw_message(seq).await {
        Ok(message) => {
            let found = message.headers.get(async_nats::header::NATS_MESSAGE_ID);
            Ok(found.is_some_and(|found| found.as_str() == id))
        }
        Err(missing) if missing.kind() == RawMessageErrorKind::NoMessageFound => Ok(false),
        Err(problem) => Err(Error::nats(problem)),
    }
}

/// Sets all cursors back to the beginning, unless another relay has just done it.
async fn refill(db: &Db, name: &str, known: Option<&Known>, created: Timestamp) -> Result<()> {
    let mut tx = db.platform("refill_stream", "the relay serves all tenants").await?;
    if let Some((at, seq, _)) = known {
        let forgotten = sqlx::query(
            "delete from outbox_streams where name = $1 and created_at = $2 and last_seq = $3",
        )
        .bind(name)
        .bind(at)
        .bind(seq)
        .execute(&mut *tx)
        .await?;
        if forgotten.rows_affected() == 0 {
            return Err(Error::LeaseLost);
        }
    }
    // Without a row before, two relays may meet here; the key lets one through.
    sqlx::query("insert into outbox_streams (name, created_at) values ($1, $2)")
        .bind(name)
        .bind(created)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "update outbox_cursors
         set done = '1:1:', until = null, position = 0, floor = 0, epoch = epoch + 1",
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    if known.is_some() {
        tracing::warn!(
            stream = name,
            service = db.service(),
            "the stream is not the one published to before: it is filled again from the outbox"
        );
        metrics::counter!("usher_relay_refills_total", "service" => db.service()).increment(1);
    }
    Ok(())
}

/// Notes how far the stream has come; `false` when what is noted is another stream.
pub(super) async fn note(tx: &mut PlatformTx, nats: &Nats, epoch: &Epoch) -> Result<bool> {
    let noted = sqlx::query(
        "update outbox_streams
         set last_seq = greatest(last_seq, $3), last_id = case when $3 > last_seq then $4 else last_id end
         where name = $1 and created_at = $2",
    )
    .bind(&nats.stream().name)
    .bind(epoch.created)
    .bind(i64::try_from(epoch.own.0).unwrap_or(i64::MAX))
    .bind(&epoch.own.1)
    .execute(&mut **tx)
    .await?;
    Ok(noted.rows_affected() == 1)
}
