//! Acts in the name of somebody who asked for it earlier, with the rights that they have now.

use std::sync::Arc;

use kernel::{Actor, Cx, Flags, TenantId, UserId};
use uuid::Uuid;

use super::list_effective::list_effective;
use crate::{App, Result, domain::Hindrance};

/// The context in which `actor`, as audit rows name one, acts now. One of our own services acts as before.
pub(super) async fn act_for(app: &App, cx: &Cx, tenant: TenantId, actor: &str) -> Result<Cx> {
    let Some(id) = actor.strip_prefix("user:") else {
        return Ok(Cx::of_service(crate::NAME, Some(tenant), &app.clock));
    };
    let id = UserId::parse(id).map_err(|_| Hindrance::InviterGone)?;
    let rights = list_effective(app, id, Some(tenant)).await?;
    Ok(Cx {
        actor: Actor::User { id, session: Uuid::nil().into() },
        passport: None,
        tenant: Some(tenant),
        permissions: Arc::new(rights.permissions),
        flags: Flags {
            suspended: rights.suspended,
            system_admin: rights.system_admin,
            ..Flags::default()
        },
        idempotency_key: None,
        ..cx.clone()
    })
}
