//! Opens what a tenant's people wrote to a member of the platform's staff.

use std::time::Duration;

use kernel::{Credential, Cx, TenantId};
use wire::{timestamp, user::v1::GlassOpened};

use crate::{
    App, Error, Result,
    domain::{GlassOpening, PersonStatus, Refusal},
    store,
};

/// The wish to see it.
#[derive(Debug)]
pub(crate) struct OpenGlass {
    pub(crate) reason: String,
    pub(crate) time: Duration,
}

/// The opening, which is the caller's own. Only whom the platform trusts opens anything; row, audit row and fact are the
/// tenant's. Whoever has an open one gets it again.
pub(crate) async fn open_glass(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: OpenGlass,
) -> Result<GlassOpening> {
    // Staff themselves, by the platform's own word.
    if cx.flags.credential == Credential::Delegated || cx.flags.of_tenant {
        return Err(Refusal::NotOfPlatform.into());
    }
    let me = cx.user().ok_or(Error::PersonNotFound)?;
    let now = app.clock.now();
    if !is_trusted(app, cx, tenant).await? {
        return Err(Refusal::NotOfPlatform.into());
    }
    let mut tx = app.db.tenant(tenant, "open_glass").await?;
    let person = store::lock_person(&mut tx, me).await?.ok_or(Error::PersonNotFound)?;
    if person.status != PersonStatus::Active {
        return Err(Error::PersonDisabled);
    }
    if let Some(held) = store::open_glass_of(&mut tx, me, now).await? {
        return Ok(held);
    }
    let opening = GlassOpening {
        opening_id: app.clock.new_id(),
        user_id: me,
        reason: command.reason,
        opened_at: now,
        expires_at: now.after(command.time),
        closed_at: None,
        closed_by: None,
    };
    store::insert_glass(&mut tx, &opening).await?;
    let target = format!("glass:{} user:{me}", opening.opening_id);
    bus::audit(&mut tx, cx, "glass.open", &target).await?;
    let fact = GlassOpened {
        opening_id: opening.opening_id.to_string(),
        user_id: me.to_string(),
        reason: opening.reason.clone(),
        expires_at: Some(timestamp(opening.expires_at)),
    };
    bus::emit(&mut tx, cx, opening.opening_id, &fact).await?;
    store::bump_epoch(&mut tx, &app.snapshots).await?;
    tx.commit().await?;
    Ok(opening)
}

/// Whether the platform trusts whoever calls, by the rows as they are now.
async fn is_trusted(app: &App, cx: &Cx, tenant: TenantId) -> Result<bool> {
    let Some(me) = cx.user() else { return Ok(false) };
    let rights = super::list_effective(app, me, Some(tenant)).await?;
    Ok(rights.system_admin && !rights.suspended)
}
