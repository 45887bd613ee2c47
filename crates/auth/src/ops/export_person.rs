//! Tells what is kept of a person.

use kernel::{TenantId, UserId};
use serde_json::Value;

use crate::{App, Result, store};

/// Why links and consents are read over all tenants.
const LINKS: &str = "who somebody is at providers and for apps is told of all tenants together";

/// The record of how the person signs in; empty lists for somebody unknown.
pub(crate) async fn export_person(app: &App, user_id: UserId) -> Result<Value> {
    let mut tx = app.db.snapshot(TenantId::PLATFORM, "export_person").await?;
    let mut record = store::sign_in_record(&mut tx, user_id).await?;
    tx.commit().await?;
    let mut tx = app.db.platform("export_sso_links", LINKS).await?;
    let links = store::sso_link_records(&mut tx, user_id).await?;
    let consents = store::consent_records(&mut tx, user_id).await?;
    tx.commit().await?;
    if let Value::Object(all) = &mut record {
        all.insert("ssoLinks".into(), links);
        all.insert("consents".into(), consents);
    }
    Ok(record)
}
