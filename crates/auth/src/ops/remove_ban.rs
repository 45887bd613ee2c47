//! Lifts a ban.

use kernel::{Cx, TenantId};
use uuid::Uuid;
use wire::auth::v1::SourceUnbanned;

use crate::{App, Result, domain::BanRefusal, store};

/// The source is served again. Lifting it again changes nothing.
pub(crate) async fn remove_ban(app: &App, cx: &Cx, ban_id: Uuid) -> Result<()> {
    let mut tx = app.db.tenant(TenantId::PLATFORM, "remove_ban").await?;
    if store::lift_ban(&mut tx, ban_id, app.clock.now()).await? {
        bus::audit(&mut tx, cx, "ban.remove", &format!("ban:{ban_id}")).await?;
        let fact = SourceUnbanned { ban_id: ban_id.to_string() };
        bus::emit(&mut tx, cx, ban_id, &fact).await?;
    } else if !store::is_ban(&mut tx, ban_id).await? {
        return Err(BanRefusal::NotFound.into());
    }
    tx.commit().await?;
    Ok(())
}
