//! Gives a person a spreadsheet.

use kernel::Cx;

use super::{ask_account::ask_account, list_sheets::visible, tenant_of};
use crate::{
    App, Error, Result,
    domain::{Sheet, SpreadsheetId, Switch},
    store,
};

/// Makes the spreadsheet the tenant's, registers it in the backend, then gives it to the person. Each of the three may
/// be repeated, so whatever was cut short is finished by asking again.
pub(crate) async fn add_sheet(
    app: &App,
    cx: &Cx,
    who: &str,
    sheet: &SpreadsheetId,
) -> Result<Sheet> {
    let tenant = tenant_of(cx)?;
    let owner = ask_account(app, cx, who).await?;
    let mut tx = app.db.tenant(tenant, "claim_spreadsheet").await?;
    if !store::claim_spreadsheet(&mut tx, sheet).await? {
        return Err(Error::SpreadsheetTaken);
    }
    tx.commit().await?;
    let repeat = format!("workspace/{}/{sheet}", owner.user_id);
    let legacy = app.legacy.on_behalf_of(tenant);
    let registered = legacy.register(&repeat, sheet.as_str(), owner.email.as_str()).await;
    registered.map_err(|fault| Error::Backend(Box::new(fault)))?;
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "add_sheet").await?;
    store::put_sheet(&mut tx, owner.user_id, sheet, Switch::On, now).await?;
    let target = format!("workspace:{sheet} user:{}", owner.user_id);
    bus::audit(&mut tx, cx, "workspace.add", &target).await?;
    tx.commit().await?;
    let found = visible(app, cx, &[owner.user_id], Some(sheet)).await?;
    found.into_iter().next().ok_or(Error::WorkspaceNotFound)
}
