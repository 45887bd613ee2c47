//! Writes the note of a client's trouble anew.

use kernel::{ClientId, Cx};

use super::tenant_of;
use crate::{
    App, Error, Result,
    domain::{Remark, Trouble},
    store,
};

/// Puts the note in the former one's place; who wrote it stands in the audit.
pub(crate) async fn note_trouble(
    app: &App,
    cx: &Cx,
    id: ClientId,
    note: Remark,
) -> Result<Trouble> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant_of(cx)?, "note_trouble").await?;
    let known = store::lock_open_trouble(&mut tx, id, now).await?.ok_or(Error::TroubleNotFound)?;
    let noted = known.noted(note, now);
    store::update_trouble(&mut tx, &noted).await?;
    bus::audit(&mut tx, cx, "trouble.note", &format!("client:{id}")).await?;
    tx.commit().await?;
    Ok(noted)
}
