//! Shows the tenant's seats.

use kernel::TenantId;

use crate::{App, Result, domain::Seats, store};

/// The seats as they are now.
pub(crate) async fn get_seats(app: &App, tenant: TenantId) -> Result<Seats> {
    let mut tx = app.db.tenant(tenant, "get_seats").await?;
    let seats = store::seats(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    Ok(seats)
}
