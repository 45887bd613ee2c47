//! Keeps the name of a workspace near a person who came into it.

use kernel::{Cx, TenantId, UserId};

use crate::{App, Result, peers, store};

/// No later password of theirs leans on it. Doing it again changes nothing; of an account that is closed nothing is kept.
pub(crate) async fn note_place(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    user_id: UserId,
) -> Result<()> {
    let Some(name) = peers::tenant_name(app, cx, tenant).await? else {
        return Ok(());
    };
    let mut tx = app.db.tenant(TenantId::PLATFORM, "note_place").await?;
    store::lock_person(&mut tx, user_id).await?;
    if !store::is_closed(&mut tx, user_id).await? {
        store::insert_place_words(&mut tx, user_id, &[name]).await?;
    }
    tx.commit().await?;
    Ok(())
}
