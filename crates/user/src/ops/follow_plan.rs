//! Gives a tenant as many seats as its plan has.

use kernel::{Cx, TenantId};
use wire::user::v1::SeatLimitSet;

use crate::{App, Result, store};

/// Sets the seats that the newest change of the plan allows; `None` lets in any number. Members who are here stay, also
/// where they are more than that: nobody comes in until there are fewer.
pub(crate) async fn follow_plan(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    limit: Option<i32>,
    epoch: i64,
) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "follow_plan").await?;
    if !bus::first_delivery(&mut tx, cx).await? {
        return Ok(());
    }
    store::ensure_seats(&mut tx, now).await?;
    let held = store::lock_seat_limit(&mut tx).await?;
    if store::follow_epoch(&mut tx, epoch).await? && held != limit {
        store::update_seat_limit(&mut tx, limit, &cx.actor.label(), now).await?;
        bus::audit(&mut tx, cx, "seats.follow_plan", &format!("tenant:{tenant}")).await?;
        bus::emit(&mut tx, cx, tenant.uuid(), &SeatLimitSet { limit }).await?;
    }
    tx.commit().await?;
    Ok(())
}
