//! `usher.tenant.v1.Brandings`.

use tonic::{Request, Response, Status};
use wire::{
    parse, refuse,
    tenant::v1::{
        Branding, GetBrandingRequest, UpdateBrandingRequest, brandings_server::Brandings,
    },
    timestamp,
};

use super::tenant;
use crate::{
    App,
    domain::{self, Color, Ink, Named, TenantName, logo_url},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Brandings for Rpc {
    async fn get_branding(
        &self,
        request: Request<GetBrandingRequest>,
    ) -> Result<Response<Branding>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let shown = ops::get_branding(&self.0, tenant).await.map_err(refuse)?;
        Ok(Response::new((&shown).into()))
    }

    async fn update_branding(
        &self,
        request: Request<UpdateBrandingRequest>,
    ) -> Result<Response<Branding>, Status> {
        let cx = wire::cx(&request)?;
        let wish = wish(request.get_ref())?;
        let set = ops::update_branding(&self.0, &cx, tenant(&cx)?, wish).await;
        Ok(Response::new((&set.map_err(refuse)?).into()))
    }
}

fn wish(request: &UpdateBrandingRequest) -> Result<domain::Branding, Status> {
    let own = domain::Branding::default();
    let name = match request.name.as_str() {
        "" => String::new(),
        name => parse("name", name, TenantName::parse)?.to_string(),
    };
    let logo_url = match request.logo_url.as_str() {
        "" => String::new(),
        url => parse("logoUrl", url, logo_url)?,
    };
    let primary_color = color("primaryColor", &request.primary_color, own.primary_color)?;
    let accent_color = color("accentColor", &request.accent_color, own.accent_color)?;
    Ok(domain::Branding {
        version: request.version,
        name,
        logo_url,
        primary_text: ink("primaryText", &request.primary_text, &primary_color)?,
        primary_color,
        accent_text: ink("accentText", &request.accent_text, &accent_color)?,
        accent_color,
        set_at: None,
    })
}

fn color(field: &str, text: &str, own: Color) -> Result<Color, Status> {
    if text.is_empty() { Ok(own) } else { parse(field, text, Color::parse) }
}

/// The wished ink where it can be read, else the one that reads better.
fn ink(field: &str, word: &str, upon: &Color) -> Result<Ink, Status> {
    if word.is_empty() {
        return Ok(upon.ink());
    }
    parse(field, word, |word| {
        let ink = Ink::parse(word).ok_or_else(|| "is none of black, white".to_owned())?;
        upon.readable(ink)
    })
}

impl From<&Named> for Branding {
    fn from(named: &Named) -> Self {
        let branding = &named.branding;
        Self {
            version: branding.version,
            name: named.name().to_owned(),
            logo_url: branding.logo_url.clone(),
            primary_color: branding.primary_color.as_str().to_owned(),
            primary_text: branding.primary_text.to_string(),
            accent_color: branding.accent_color.as_str().to_owned(),
            accent_text: branding.accent_text.to_string(),
            set_at: branding.set_at.map(timestamp),
        }
    }
}
