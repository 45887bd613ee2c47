//! Measures roles that are to be given by the rights of whoever gives them.

use kernel::Cx;
use pg::TenantTx;

use super::create_role_binding::allowed_by;
use crate::{Error, Result, domain::Hindrance};

/// Refuses a role that the tenant does not have, and one that allows what the acting person may not; our own services
/// answer for whom they let ask. A role of the tenant's own stays as it is until the transaction ends.
pub(super) async fn check_roles<'a>(
    tx: &mut TenantTx,
    cx: &Cx,
    roles: impl Iterator<Item = &'a str>,
) -> Result<()> {
    for role in roles {
        let allowed = allowed_by(tx, role).await?.ok_or(Hindrance::RoleUnknown)?;
        if cx.user().is_some() && !allowed.iter().all(|permission| cx.may_give(permission)) {
            return Err(Error::RoleAboveOwn);
        }
    }
    Ok(())
}
