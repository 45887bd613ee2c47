//! Sets a tenant's settings.

use kernel::{Cx, Locale, TenantId};
use wire::tenant::v1::TenantSettingsChanged;

use crate::{
    App, Error, Result,
    domain::{Settings, Spoken},
    store,
};

/// The wish for other settings.
#[derive(Debug)]
pub(crate) struct UpdateSettings {
    /// With the version that was read.
    pub(crate) settings: Settings,
    /// Stays as it is where none is given.
    pub(crate) locale: Option<Locale>,
}

/// Puts these settings in the place of those before, unless somebody else did since the version that was read. Settings
/// that stand already are a success and no change.
pub(crate) async fn update_settings(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: UpdateSettings,
) -> Result<Spoken> {
    let mut tx = app.db.tenant(tenant, "update_settings").await?;
    let owner = store::lock_tenant(&mut tx).await?.ok_or(Error::TenantNotFound)?;
    let held = Spoken { settings: store::settings(&mut tx).await?, locale: owner.locale };
    let locale = command.locale.unwrap_or_else(|| held.locale.clone());
    let as_held = Settings {
        version: held.settings.version,
        set_at: held.settings.set_at,
        ..command.settings.clone()
    };
    if as_held == held.settings && locale == held.locale {
        return Ok(held);
    }
    if command.settings.version != held.settings.version {
        return Err(Error::ChangedSince("version"));
    }
    let settings = Settings {
        version: held.settings.version + 1,
        set_at: Some(app.clock.now()),
        ..command.settings
    };
    store::upsert_settings(&mut tx, &settings, &cx.actor.label()).await?;
    store::update_locale(&mut tx, &locale).await?;
    if settings.allowed_origins != held.settings.allowed_origins {
        store::raise_epoch(&mut tx).await?;
    }
    bus::audit(&mut tx, cx, "tenant.settings.update", &format!("tenant:{tenant}")).await?;
    bus::emit(&mut tx, cx, tenant.uuid(), &changed(&settings, &locale)).await?;
    tx.commit().await?;
    Ok(Spoken { settings, locale })
}

fn changed(settings: &Settings, locale: &Locale) -> TenantSettingsChanged {
    TenantSettingsChanged {
        version: settings.version,
        locale: locale.to_string(),
        time_zone: settings.time_zone.clone(),
        day_border: settings.day_border.clone(),
        allowed_email_domains: settings.allowed_email_domains.clone(),
        mfa_required: settings.mfa_required,
        password_min_length: settings.password_min_length,
        session_idle_minutes: settings.session_idle_minutes,
        session_absolute_minutes: settings.session_absolute_minutes,
        invitation_links_shown: settings.invitation_links_shown,
        allowed_origins: settings.allowed_origins.clone(),
    }
}
