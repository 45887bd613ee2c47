//! Tells which clients a person is.

use kernel::{Email, UserId};
use serde_json::Value;

use crate::{App, Result, store};

/// The clients of this person or at these addresses, without their tokens.
pub(crate) async fn export_client_person(
    app: &App,
    user_id: UserId,
    emails: &[Email],
) -> Result<Value> {
    let reason = "a person is a client of many tenants";
    let mut tx = app.db.platform("export_client_person", reason).await?;
    let record = store::client_person_record(&mut tx, user_id, emails, app.clock.now()).await?;
    tx.commit().await?;
    Ok(record)
}
