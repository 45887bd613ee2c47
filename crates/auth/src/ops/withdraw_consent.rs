//! Takes back what a person has agreed to.

use kernel::{Cx, UserId};
use uuid::Uuid;

use super::require_fresh::require_session;
use crate::{App, Error, Result, store};

/// Forgets the consent, and ends the codes and tokens that the app has of the person there.
pub(crate) async fn withdraw_consent(
    app: &App,
    cx: &Cx,
    user_id: UserId,
    consent_id: Uuid,
) -> Result<()> {
    require_session(cx)?;
    let reason = "people agree to apps in any tenant";
    let mut tx = app.db.platform("withdraw_consent", reason).await?;
    let found = store::delete_consent(&mut tx, user_id, consent_id).await?;
    let (tenant, client) = found.ok_or(Error::ConsentNotFound)?;
    tx.speak_for(tenant).await?;
    store::end_app_of_person(&mut tx, tenant, (user_id, client), app.clock.now()).await?;
    let target = format!("user:{user_id} oauth_client:{}", client.client_id);
    bus::audit(&mut tx, cx, "oauth.withdraw", &target).await?;
    tx.commit().await?;
    Ok(())
}
