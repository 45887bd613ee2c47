//! Measures the role of an invitation by the rights that its sender has now.

use kernel::{TenantId, UserId};

use super::list_effective::list_effective;
use crate::{
    App, Error, Result,
    domain::{Invite, Role},
};

/// Refuses an invitation whose sender was removed since, or could not give its role any more. What our own services
/// sent needs no person's rights.
pub(super) async fn check_inviter(app: &App, tenant: TenantId, invite: &Invite) -> Result<()> {
    let Some(inviter) = invite.vouched_by.strip_prefix("user:") else {
        return Ok(());
    };
    let inviter = UserId::parse(inviter).map_err(|_| Error::InviterLacksRole)?;
    let rights = list_effective(app, inviter, Some(tenant)).await?;
    let gives = |permission: &&str| rights.permissions.iter().any(|held| held == permission);
    let whole = Role::Tenant(invite.role).permissions().iter().all(gives);
    if !rights.suspended && (rights.system_admin || rights.belongs && whole) {
        return Ok(());
    }
    Err(Error::InviterLacksRole)
}
