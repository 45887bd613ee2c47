//! Changes what the caller says of themselves.

use kernel::{Cx, TenantId, UserId};
use wire::user::v1::ProfileUpdated;

use crate::{
    App, Error, Result,
    domain::{Profile, ProfileWish, words_of},
    store,
};

/// The profile as it stands then. A new name is found in every tenant that has none of its own for the person.
pub(crate) async fn update_profile(app: &App, cx: &Cx, wish: ProfileWish) -> Result<Profile> {
    let me = cx.user().ok_or(Error::PersonNotFound)?;
    let is_named = wish.name.is_some();
    let mut tx = app.db.tenant(TenantId::PLATFORM, "update_profile").await?;
    let held = store::lock_profile(&mut tx, me).await?.ok_or(Error::PersonNotFound)?;
    let profile = held.with(wish);
    if profile != held {
        store::update_profile(&mut tx, &profile).await?;
        bus::audit(&mut tx, cx, "profile.update", &format!("user:{me}")).await?;
        bus::emit(&mut tx, cx, me.uuid(), &ProfileUpdated { user_id: me.to_string() }).await?;
    }
    tx.commit().await?;
    if is_named {
        have_found(app, me).await?;
    }
    Ok(profile)
}

/// Has the person found by the name that stands. Tenants are many and facts belong to one, so this is a transaction of
/// its own, which reads the name anew under its lock: of two at once the later one leaves what stands. Should it fail,
/// the same request again does it.
async fn have_found(app: &App, me: UserId) -> Result<()> {
    let reason = "a person is found by their name in every tenant they are a member of";
    let mut tx = app.db.platform("replace_words", reason).await?;
    let profile = store::lock_profile(&mut tx, me).await?.ok_or(Error::PersonNotFound)?;
    let words = words_of(profile.email.as_str(), profile.name.as_str());
    store::replace_words_everywhere(&mut tx, me, &words).await?;
    tx.commit().await?;
    Ok(())
}
