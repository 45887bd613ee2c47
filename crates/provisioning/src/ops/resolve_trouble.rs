//! Puts a client's trouble aside as dealt with.

use kernel::{ClientId, Cx};

use super::tenant_of;
use crate::{
    App, Error, Result,
    domain::{Remark, Trouble},
    store,
};

/// Ends the open trouble; the client's stage is not touched.
pub(crate) async fn resolve_trouble(
    app: &App,
    cx: &Cx,
    id: ClientId,
    note: Remark,
) -> Result<Trouble> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant_of(cx)?, "resolve_trouble").await?;
    let known = store::lock_open_trouble(&mut tx, id, now).await?.ok_or(Error::TroubleNotFound)?;
    let known = if note.is_empty() { known } else { known.noted(note, now) };
    let resolved = known.resolve(cx.actor.label(), now);
    store::update_trouble(&mut tx, &resolved).await?;
    bus::audit(&mut tx, cx, "trouble.resolve", &format!("client:{id}")).await?;
    tx.commit().await?;
    Ok(resolved)
}
