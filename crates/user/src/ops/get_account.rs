//! Shows one account of the tenant.

use kernel::TenantId;

use crate::{
    App, Error, Result,
    domain::{Account, AccountKey},
    store,
};

/// The account that the key names.
pub(crate) async fn get_account(app: &App, tenant: TenantId, key: &AccountKey) -> Result<Account> {
    let mut tx = app.db.tenant(tenant, "get_account").await?;
    let account = store::account(&mut tx, key, app.clock.now()).await?;
    tx.commit().await?;
    account.ok_or(Error::PersonNotFound)
}
