//! `usher.tenant.v1.TenantSettings`.

use kernel::Locale;
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse,
    tenant::v1::{
        GetSettingsRequest, Settings, UpdateSettingsRequest, tenant_settings_server::TenantSettings,
    },
    timestamp,
};

use super::tenant;
use crate::{
    App,
    domain::{self, Spoken, day_border, email_domains, origins, time_zone},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl TenantSettings for Rpc {
    async fn get_settings(
        &self,
        request: Request<GetSettingsRequest>,
    ) -> Result<Response<Settings>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let shown = ops::get_settings(&self.0, tenant).await.map_err(refuse)?;
        Ok(Response::new((&shown).into()))
    }

    async fn update_settings(
        &self,
        request: Request<UpdateSettingsRequest>,
    ) -> Result<Response<Settings>, Status> {
        let cx = wire::cx(&request)?;
        let command = command(request.get_ref())?;
        let set = ops::update_settings(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new((&set.map_err(refuse)?).into()))
    }
}

fn command(request: &UpdateSettingsRequest) -> Result<ops::UpdateSettings, Status> {
    let own = domain::Settings::default();
    let or = |told: i32, own: i32| if told == 0 { own } else { told };
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let zone = told(&request.time_zone).map(|text| parse("timeZone", &text, time_zone));
    let border = told(&request.day_border).map(|text| parse("dayBorder", &text, day_border));
    let domains = email_domains(&request.allowed_email_domains);
    let allowed = origins(&request.allowed_origins);
    let settings = domain::Settings {
        version: request.version,
        time_zone: zone.transpose()?.unwrap_or(own.time_zone),
        day_border: border.transpose()?.unwrap_or(own.day_border),
        allowed_email_domains: domains
            .or_else(|problem| parse("allowedEmailDomains", "", |_| Err(problem)))?,
        mfa_required: request.mfa_required,
        password_min_length: or(request.password_min_length, own.password_min_length),
        session_idle_minutes: or(request.session_idle_minutes, own.session_idle_minutes),
        session_absolute_minutes: or(
            request.session_absolute_minutes,
            own.session_absolute_minutes,
        ),
        invitation_links_shown: request
            .invitation_links_shown
            .unwrap_or(own.invitation_links_shown),
        allowed_origins: allowed
            .or_else(|problem| parse("allowedOrigins", "", |_| Err(problem)))?,
        set_at: None,
    };
    let locale = told(&request.locale).map(|text| parse("locale", &text, Locale::parse));
    Ok(ops::UpdateSettings {
        settings: settings
            .check()
            .or_else(|(field, problem)| parse(field, "", |_| Err(problem)))?,
        locale: locale.transpose()?,
    })
}

impl From<&Spoken> for Settings {
    fn from(Spoken { settings, locale }: &Spoken) -> Self {
        Self {
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
            set_at: settings.set_at.map(timestamp),
        }
    }
}
