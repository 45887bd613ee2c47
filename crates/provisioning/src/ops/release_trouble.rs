//! Gives a client's trouble back to the queue.

use kernel::{ClientId, Cx};

use super::tenant_of;
use crate::{App, Error, Result, domain::Trouble, store};

/// Frees the trouble, whoever had it: people go on holiday.
pub(crate) async fn release_trouble(app: &App, cx: &Cx, id: ClientId) -> Result<Trouble> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant_of(cx)?, "release_trouble").await?;
    let known = store::lock_open_trouble(&mut tx, id, now).await?.ok_or(Error::TroubleNotFound)?;
    let released = known.clone().release(now);
    if released != known {
        store::update_trouble(&mut tx, &released).await?;
        bus::audit(&mut tx, cx, "trouble.release", &format!("client:{id}")).await?;
    }
    tx.commit().await?;
    Ok(released)
}
