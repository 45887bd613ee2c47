//! Looks after the clients of all tenants: tokens that come to their end, clients that take too long.

use std::time::Duration;

use kernel::{ClientId, Cx, TenantId, Timestamp};

use super::{
    escalate_trouble::{escalate_trouble, note_lateness},
    warn_of_expiry::warn_of_expiry,
};
use crate::{
    App, Result,
    domain::HORIZON,
    store::{self, Limits},
};

/// How many clients are read at a time.
const BATCH: i64 = 200;

/// How many clients there was something to tell of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Tokens that came nearer to their end.
    pub tokens: usize,
    /// Clients that turned out to be late.
    pub late: usize,
    /// Troubles that take too long.
    pub escalated: usize,
}

/// Looks once. Each client is looked at again in a transaction of its own, under its lock: any number of processes may
/// look at a time, and one tells. A client that cannot be looked at holds up no other.
pub(crate) async fn sweep_clients(app: &App) -> Result<Swept> {
    let now = app.clock.now();
    let limits = Limits {
        now,
        accepted: before(now, app.watch.time_to_active),
        touched: before(now, app.watch.untouched),
    };
    let tokens = sweep_tokens(app, now).await?;
    let mut tx = app.db.platform("list_late", "clients of all tenants are looked after").await?;
    let late = store::list_late(&mut tx, limits, BATCH).await?;
    tx.commit().await?;
    let late = each(app, late, Look::Lateness(limits)).await;
    let mut tx =
        app.db.platform("list_untouched", "clients of all tenants are looked after").await?;
    let untouched = store::list_untouched(&mut tx, limits, BATCH).await?;
    tx.commit().await?;
    let escalated = each(app, untouched, Look::Escalation(limits)).await;
    Ok(Swept { tokens, late, escalated })
}

/// Page by page, since a token that was told of stays listed until it ends.
async fn sweep_tokens(app: &App, now: Timestamp) -> Result<usize> {
    let (mut told, mut after) = (0, None);
    loop {
        let mut tx =
            app.db.platform("list_expiring", "tokens of all tenants are looked after").await?;
        let page = store::list_expiring(&mut tx, now.after(HORIZON), BATCH, after).await?;
        tx.commit().await?;
        let Some(last) = page.last() else {
            return Ok(told);
        };
        after = Some((last.expires_at, last.client_id));
        let due = page.iter().filter(|token| token.is_due(now));
        let due = due.map(|token| (token.tenant_id, token.client_id)).collect();
        told += each(app, due, Look::Expiry).await;
    }
}

/// What a client is looked at for.
#[derive(Debug, Clone, Copy)]
enum Look {
    Lateness(Limits),
    Escalation(Limits),
    Expiry,
}

impl Look {
    /// Whether there was something to tell.
    async fn at(self, app: &App, cx: &Cx, id: ClientId) -> Result<bool> {
        match self {
            Self::Lateness(limits) => note_lateness(app, cx, id, limits).await,
            Self::Escalation(limits) => escalate_trouble(app, cx, id, limits).await,
            Self::Expiry => warn_of_expiry(app, cx, id).await,
        }
    }
}

/// Looks at each client and counts those there was something to tell of.
async fn each(app: &App, clients: Vec<(TenantId, ClientId)>, look: Look) -> usize {
    let mut done = 0;
    for (tenant, id) in clients {
        let cx = Cx::of_service(crate::NAME, Some(tenant), &app.clock);
        match look.at(app, &cx, id).await {
            Ok(true) => done += 1,
            Ok(false) => {}
            Err(problem) => {
                tracing::warn!(tenant.id = %tenant, client.id = %id, %problem, "a client could not be looked after");
            }
        }
    }
    done
}

/// `now` moved back; stays at the beginning of time instead of overflowing.
fn before(now: Timestamp, span: Duration) -> Timestamp {
    now.jiff().saturating_sub(span).unwrap_or(jiff::Timestamp::MIN).into()
}
