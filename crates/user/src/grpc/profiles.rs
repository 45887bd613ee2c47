//! `usher.user.v1.Profiles`.

use kernel::PersonName;
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse,
    user::v1::{GetProfileRequest, Profile, UpdateProfileRequest, profiles_server::Profiles},
};

use crate::{
    App,
    domain::{self, ProfileWish, avatar_url, language_tag, time_zone},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Profiles for Rpc {
    async fn get_profile(
        &self,
        request: Request<GetProfileRequest>,
    ) -> Result<Response<Profile>, Status> {
        let profile = ops::get_profile(&self.0, &wire::cx(&request)?).await.map_err(refuse)?;
        Ok(Response::new((&profile).into()))
    }

    async fn update_profile(
        &self,
        request: Request<UpdateProfileRequest>,
    ) -> Result<Response<Profile>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let name = request.name.as_deref();
        let wish = ProfileWish {
            name: name.map(|name| parse("name", name, PersonName::parse)).transpose()?,
            locale: given("locale", request.locale.as_deref(), language_tag)?,
            time_zone: given("timeZone", request.time_zone.as_deref(), time_zone)?,
            avatar_url: given("avatarUrl", request.avatar_url.as_deref(), avatar_url)?,
        };
        let profile = ops::update_profile(&self.0, &cx, wish).await.map_err(refuse)?;
        Ok(Response::new((&profile).into()))
    }
}

/// A value to set, or to take away where the text is empty.
fn given(
    field: &str,
    text: Option<&str>,
    read: impl Fn(&str) -> Result<String, &'static str>,
) -> Result<Option<Option<String>>, Status> {
    match text {
        None => Ok(None),
        Some("") => Ok(Some(None)),
        Some(text) => Ok(Some(Some(parse(field, text, read)?))),
    }
}

impl From<&domain::Profile> for Profile {
    fn from(profile: &domain::Profile) -> Self {
        let text = |said: &Option<String>| said.clone().unwrap_or_default();
        Self {
            user_id: profile.user_id.to_string(),
            email: profile.email.to_string(),
            name: profile.name.to_string(),
            locale: text(&profile.locale),
            time_zone: text(&profile.time_zone),
            avatar_url: text(&profile.avatar_url),
        }
    }
}
