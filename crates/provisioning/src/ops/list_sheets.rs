//! Lists workspaces.

use kernel::{Cx, UserId};

use super::{
    ask_account::{ask_account, only_own},
    tenant_of,
};
use crate::{
    App, Result,
    domain::{Sheet, SpreadsheetId},
    store,
};

/// Which workspaces are wanted; what is left out narrows nothing.
#[derive(Debug)]
pub(crate) struct ListSheets {
    /// Whose: an id, a number or an address.
    pub(crate) who: Option<String>,
    /// Only of these people.
    pub(crate) people: Vec<UserId>,
    pub(crate) sheet: Option<SpreadsheetId>,
}

/// The wanted workspaces among those that the caller may see.
pub(crate) async fn list_sheets(app: &App, cx: &Cx, wanted: ListSheets) -> Result<Vec<Sheet>> {
    let ListSheets { who, people, sheet } = wanted;
    let people = match who {
        Some(who) => vec![ask_account(app, cx, &who).await?.user_id],
        None => people,
    };
    visible(app, cx, &people, sheet.as_ref()).await
}

/// The workspaces of these people (of everybody where there are none) that the caller may see.
pub(super) async fn visible(
    app: &App,
    cx: &Cx,
    people: &[UserId],
    sheet: Option<&SpreadsheetId>,
) -> Result<Vec<Sheet>> {
    let own = only_own(cx);
    let people = match &own {
        Some(me) if people.is_empty() || people.contains(me) => Some(std::slice::from_ref(me)),
        Some(_) => return Ok(Vec::new()),
        None => Some(people).filter(|people| !people.is_empty()),
    };
    let mut tx = app.db.tenant(tenant_of(cx)?, "list_sheets").await?;
    let found = store::list_sheets(&mut tx, people, sheet, app.clock.now()).await?;
    tx.commit().await?;
    Ok(found)
}
