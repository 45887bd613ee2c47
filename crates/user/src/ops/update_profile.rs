//! Changes what the caller says of themselves.

use kernel::{Cx, TenantId};
use wire::user::v1::ProfileUpdated;

use crate::{
    App, Error, Result,
    domain::{Profile, ProfileWish, words_of},
    store,
};

/// The profile as it stands then. A new name is found from the commit on in every tenant that has none of its own for
/// the person.
pub(crate) async fn update_profile(app: &App, cx: &Cx, wish: ProfileWish) -> Result<Profile> {
    let me = cx.user().ok_or(Error::PersonNotFound)?;
    let reason = "a person is found by their name in every tenant they are a member of";
    let mut tx = app.db.platform("update_profile", reason).await?;
    // Tenants are many and the fact belongs to one: the platform's own.
    tx.speak_for(TenantId::PLATFORM).await?;
    let held = store::lock_profile(&mut tx, me).await?.ok_or(Error::PersonNotFound)?;
    let profile = held.with(wish);
    if profile != held {
        store::update_profile(&mut tx, &profile).await?;
        bus::audit(&mut tx, cx, "profile.update", &format!("user:{me}")).await?;
        bus::emit(&mut tx, cx, me.uuid(), &ProfileUpdated { user_id: me.to_string() }).await?;
    }
    if profile.name != held.name {
        let words = words_of(profile.email.as_str(), profile.name.as_str());
        store::replace_words_everywhere(&mut tx, me, &words).await?;
    }
    tx.commit().await?;
    Ok(profile)
}
