//! Ends a family of tokens.

use kernel::Cx;

use super::{REFRESH_KEY, refresh_tokens::of_person};
use crate::{
    App, Result,
    domain::{FamilyEnd, RefreshToken},
    store,
};

/// Ends the family of any of its tokens. What is none, or has ended, changes nothing, and whoever asks is not told which.
pub(crate) async fn revoke_tokens(app: &App, cx: &Cx, shown: &RefreshToken) -> Result<()> {
    if !shown.is_genuine(app.vault.derive_each(REFRESH_KEY)) {
        return Ok(());
    }
    let mut tx = app.db.tenant(shown.tenant, "revoke_tokens").await?;
    let Some(family) = store::lock_token_family(&mut tx, shown.family_id).await? else {
        return Ok(());
    };
    let now = app.clock.now();
    if store::end_token_family(&mut tx, family.family_id, FamilyEnd::Revoked, now).await? {
        let target = format!("family:{}", family.family_id);
        bus::audit(&mut tx, &of_person(cx, &family), "tokens.revoke", &target).await?;
    }
    tx.commit().await?;
    Ok(())
}
