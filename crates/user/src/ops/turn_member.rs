//! Pauses, continues or ends a membership by hand.

use kernel::{Cx, TenantId};

use super::change_membership::{ChangeMembership, change_membership};
use crate::{App, Error, Result, domain::Membership, store};

/// The membership as it stands then; what stands as wished stays.
pub(crate) async fn turn_member(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    wish: ChangeMembership,
) -> Result<Membership> {
    let mut tx = app.db.tenant(tenant, "turn_member").await?;
    let has_changed = change_membership(&mut tx, cx, &wish, app.clock.now()).await?;
    let membership =
        store::membership(&mut tx, wish.user_id).await?.ok_or(Error::PersonNotFound)?;
    if has_changed {
        store::bump_epoch(&mut tx, &app.snapshots).await?;
    }
    tx.commit().await?;
    Ok(membership)
}
