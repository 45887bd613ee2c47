//! Sets how many members the tenant may have.

use kernel::{Cx, TenantId};
use wire::user::v1::SeatLimitSet;

use crate::{App, Result, domain::Seats, store};

/// The seats under the limit from now on; `None` lets in any number. It binds whoever takes a seat after it.
pub(crate) async fn set_seat_limit(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    limit: Option<i32>,
) -> Result<Seats> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "set_seat_limit").await?;
    store::ensure_seats(&mut tx, now).await?;
    store::lock_seat_limit(&mut tx).await?;
    let held = store::seats(&mut tx, now).await?;
    let seats = held.limited(limit)?;
    if seats != held {
        store::update_seat_limit(&mut tx, limit, &cx.actor.label(), now).await?;
        bus::audit(&mut tx, cx, "seats.limit", &format!("tenant:{tenant}")).await?;
        bus::emit(&mut tx, cx, tenant.uuid(), &SeatLimitSet { limit }).await?;
    }
    tx.commit().await?;
    Ok(seats)
}
