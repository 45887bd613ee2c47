//! Measures the roles of an invitation by the rights that its sender has now.

use kernel::{TenantId, UserId};

use super::{create_role_binding::allowed_by, list_effective::list_effective};
use crate::{App, Error, Result, domain::Invite};

/// Refuses an invitation whose sender was removed since, or could not give each of its roles any more. What our own
/// services sent needs no person's rights.
pub(super) async fn check_inviter(app: &App, tenant: TenantId, invite: &Invite) -> Result<()> {
    let Some(inviter) = invite.vouched_by.strip_prefix("user:") else {
        return Ok(());
    };
    let inviter = UserId::parse(inviter).map_err(|_| Error::InviterLacksRole)?;
    let rights = list_effective(app, inviter, Some(tenant)).await?;
    if rights.suspended || !(rights.system_admin || rights.belongs) {
        return Err(Error::InviterLacksRole);
    }
    let mut tx = app.db.tenant(tenant, "check_inviter").await?;
    for role in invite.roles() {
        let allowed = allowed_by(&mut tx, role).await?.ok_or(Error::InviterLacksRole)?;
        let held = allowed.iter().all(|permission| rights.permissions.contains(permission));
        if !rights.system_admin && !held {
            return Err(Error::InviterLacksRole);
        }
    }
    tx.commit().await?;
    Ok(())
}
