//! Tells what was written to a person.

use kernel::Email;
use serde_json::Value;

use crate::{App, Result, store};

/// The letters to these addresses, without their texts.
pub(crate) async fn export_recipient(app: &App, emails: &[Email]) -> Result<Value> {
    let reason = "a person is written to in many tenants";
    let mut tx = app.db.platform("export_recipient", reason).await?;
    let record = store::recipient_record(&mut tx, emails).await?;
    tx.commit().await?;
    Ok(record)
}
