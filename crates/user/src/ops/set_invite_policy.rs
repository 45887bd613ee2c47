//! Sets the tenant's rules for invitations.

use kernel::{Cx, TenantId};

use crate::{App, Result, domain::InvitePolicy, store};

/// Puts these rules in the place of those before; setting the same twice changes nothing but the time.
pub(crate) async fn set_invite_policy(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    policy: InvitePolicy,
) -> Result<InvitePolicy> {
    let policy = InvitePolicy { set_at: Some(app.clock.now()), ..policy };
    let mut tx = app.db.tenant(tenant, "set_invite_policy").await?;
    store::upsert_invite_policy(&mut tx, &policy).await?;
    bus::audit(&mut tx, cx, "invite.policy.set", &format!("tenant:{tenant}")).await?;
    tx.commit().await?;
    Ok(policy)
}
