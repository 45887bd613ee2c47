//! Hands a call about a dataset to the backend.

use connector::legacy::DatasetCall;
use kernel::Cx;
use serde_json::{Value, json};

use super::{ask_account::ask_account, list_sheets::visible, tenant_of};
use crate::{
    App, Error, Result,
    domain::{DatasetVerb, SpreadsheetId},
};

/// A call about a dataset.
#[derive(Debug)]
pub(crate) struct RelayDataset {
    /// Whose workspace; of anybody who has the spreadsheet unless told.
    pub(crate) who: Option<String>,
    pub(crate) sheet: SpreadsheetId,
    pub(crate) verb: DatasetVerb,
    pub(crate) dataset: Option<String>,
    pub(crate) values: Option<Value>,
}

/// The backend's answer, for a spreadsheet that is somebody's here and switched on.
pub(crate) async fn relay_dataset(app: &App, cx: &Cx, command: RelayDataset) -> Result<Value> {
    let people = match &command.who {
        Some(who) => vec![ask_account(app, cx, who).await?.user_id],
        None => Vec::new(),
    };
    let held = visible(app, cx, &people, Some(&command.sheet)).await?;
    if held.is_empty() {
        return Err(Error::WorkspaceNotFound);
    }
    if !held.iter().any(|workspace| workspace.is_active) {
        return Err(Error::WorkspaceInactive);
    }
    let values = match command.verb {
        DatasetVerb::Clear => Some(json!([])),
        _ => command.values,
    };
    let dataset = command.dataset.map(|name| match values {
        Some(values) => json!({"name": name, "values": values}),
        None => json!({"name": name}),
    });
    let call = match command.verb {
        DatasetVerb::Read => DatasetCall::Read,
        // The backend has no call to delete a dataset; one without rows is what it would leave.
        DatasetVerb::Upload | DatasetVerb::Clear => DatasetCall::Upload,
        DatasetVerb::Update => DatasetCall::Update,
    };
    let sheet = command.sheet.as_str();
    let legacy = app.legacy.on_behalf_of(tenant_of(cx)?);
    let answer = legacy.dataset(call, &cx.request_id, sheet, dataset).await;
    answer.map_err(|fault| Error::Backend(Box::new(fault)))
}
