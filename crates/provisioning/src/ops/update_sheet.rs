//! Switches a workspace on or off.

use kernel::Cx;

use super::{ask_account::ask_account, tenant_of};
use crate::{
    App, Error, Result,
    domain::{Sheet, SpreadsheetId, Switch},
    store,
};

/// The workspace as it stands then; one that stands so already stays untouched.
pub(crate) async fn update_sheet(
    app: &App,
    cx: &Cx,
    who: &str,
    sheet: &SpreadsheetId,
    switch: Option<Switch>,
) -> Result<Sheet> {
    let owner = ask_account(app, cx, who).await?.user_id;
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant_of(cx)?, "update_sheet").await?;
    let found = store::list_sheets(&mut tx, Some(&[owner]), Some(sheet), now).await?;
    let workspace = found.into_iter().next().ok_or(Error::WorkspaceNotFound)?;
    let Some(switch) = switch.filter(|switch| switch.is_on() != workspace.is_active) else {
        return Ok(workspace);
    };
    store::put_sheet(&mut tx, owner, sheet, switch, now).await?;
    bus::audit(&mut tx, cx, "workspace.update", &format!("workspace:{sheet} user:{owner}")).await?;
    tx.commit().await?;
    Ok(Sheet { is_active: switch.is_on(), updated_at: now, ..workspace })
}
