//! Lists the tenant's accounts.

use kernel::{Email, Page, PageSize, TenantId};

use crate::{App, Result, domain::Account, store};

/// Which accounts are wanted.
#[derive(Debug)]
pub(crate) struct ListAccounts {
    pub(crate) email: Option<Email>,
    pub(crate) is_active: Option<bool>,
    pub(crate) size: PageSize,
    /// The number after which the page begins.
    pub(crate) after: i64,
}

/// A page of accounts, and how many there are on all pages.
#[derive(Debug)]
pub(crate) struct Accounts {
    pub(crate) page: Page<Account>,
    pub(crate) total: i64,
}

/// The accounts that are wanted, in the order of their numbers.
pub(crate) async fn list_accounts(
    app: &App,
    tenant: TenantId,
    wanted: ListAccounts,
) -> Result<Accounts> {
    let ListAccounts { email, is_active, size, after } = wanted;
    let (email, now) = (email.as_ref(), app.clock.now());
    let mut tx = app.db.snapshot(tenant, "list_accounts").await?;
    let rows = store::list_accounts(&mut tx, email, is_active, after, size.fetch(), now).await?;
    let total = store::count_accounts(&mut tx, email, is_active).await?;
    tx.commit().await?;
    let page = Page::cut(rows, size, |account| account.legacy_id.to_string());
    Ok(Accounts { page, total })
}
