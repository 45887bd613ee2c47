//! Sets how a tenant looks.

use kernel::{Cx, TenantId};
use wire::tenant::v1::TenantBrandingChanged;

use crate::{
    App, Error, Result,
    domain::{Branding, Named},
    store,
};

/// Puts this look in the place of the one before, unless somebody else did since the version that was read. A look that
/// stands already is a success and no change.
pub(crate) async fn update_branding(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    wish: Branding,
) -> Result<Named> {
    let mut tx = app.db.tenant(tenant, "update_branding").await?;
    let owner = store::lock_tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    let held = store::branding(&mut tx).await?;
    let as_held = Branding { version: held.version, set_at: held.set_at, ..wish.clone() };
    if as_held == held {
        return Ok(Named { branding: held, tenant: owner.name });
    }
    if wish.version != held.version {
        return Err(Error::ChangedSince("version"));
    }
    let branding = Branding { version: held.version + 1, set_at: Some(app.clock.now()), ..wish };
    store::upsert_branding(&mut tx, &branding, &cx.actor.label()).await?;
    let named = Named { branding, tenant: owner.name };
    bus::audit(&mut tx, cx, "tenant.branding.update", &format!("tenant:{tenant}")).await?;
    bus::emit(&mut tx, cx, tenant.uuid(), &changed(&named)).await?;
    tx.commit().await?;
    Ok(named)
}

fn changed(named: &Named) -> TenantBrandingChanged {
    let branding = &named.branding;
    TenantBrandingChanged {
        version: branding.version,
        name: named.name().to_owned(),
        logo_url: branding.logo_url.clone(),
        primary_color: branding.primary_color.as_str().to_owned(),
        primary_text: branding.primary_text.to_string(),
        accent_color: branding.accent_color.as_str().to_owned(),
        accent_text: branding.accent_text.to_string(),
    }
}
