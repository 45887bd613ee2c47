//! Takes a client's trouble on.

use kernel::{ClientId, Cx};

use super::tenant_of;
use crate::{App, Error, Result, domain::Trouble, store};

/// Gives the trouble to whoever calls; refused while another works on it.
pub(crate) async fn claim_trouble(app: &App, cx: &Cx, id: ClientId) -> Result<Trouble> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant_of(cx)?, "claim_trouble").await?;
    let known = store::lock_open_trouble(&mut tx, id, now).await?.ok_or(Error::TroubleNotFound)?;
    let claimed = known.clone().claim(cx.actor.label(), now).map_err(|_| Error::TroubleClaimed)?;
    if claimed != known {
        store::update_trouble(&mut tx, &claimed).await?;
        bus::audit(&mut tx, cx, "trouble.claim", &format!("client:{id}")).await?;
    }
    tx.commit().await?;
    Ok(claimed)
}
