//! Lists what operators have to look at.

use kernel::{Cx, Page, PageSize};
use uuid::Uuid;

use super::tenant_of;
use crate::{
    App, Result,
    domain::{Trouble, TroubleKind, TroubleState},
    store,
};

/// The troubles after `after`, oldest first, of one kind or of any.
pub(crate) async fn list_troubles(
    app: &App,
    cx: &Cx,
    state: TroubleState,
    kind: Option<TroubleKind>,
    size: PageSize,
    after: Option<Uuid>,
) -> Result<Page<Trouble>> {
    let mut tx = app.db.tenant(tenant_of(cx)?, "list_troubles").await?;
    let now = app.clock.now();
    let rows = store::list_troubles(&mut tx, state, kind, after, size.fetch(), now).await?;
    tx.commit().await?;
    Ok(Page::cut(rows, size, |trouble| trouble.trouble_id.to_string()))
}
