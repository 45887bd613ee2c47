//! Rows of `service_accounts`.

use pg::TenantTx;
use uuid::Uuid;

use crate::domain::ServiceAccount;

/// A checked query for service accounts; what follows the tenant is given.
macro_rules! service_accounts {
    ($rest:literal $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            ServiceAccount,
            r#"select service_account_id, name, status as "status: _", created_at as "created_at: _", created_by,
                      changed_at as "changed_at: _"
               from service_accounts where tenant_id = usher.current_tenant() "# + $rest
            $(, $argument)*
        )
    };
}

pub(crate) async fn service_account(
    tx: &mut TenantTx,
    id: Uuid,
) -> pg::Result<Option<ServiceAccount>> {
    Ok(service_accounts!("and service_account_id = $1", id).fetch_optional(&mut **tx).await?)
}

/// The service account, locked against other changes.
pub(crate) async fn lock_service_account(
    tx: &mut TenantTx,
    id: Uuid,
) -> pg::Result<Option<ServiceAccount>> {
    let account = service_accounts!("and service_account_id = $1 for no key update", id);
    Ok(account.fetch_optional(&mut **tx).await?)
}

/// Service accounts after the id `after`, in the order of their ids.
pub(crate) async fn list_service_accounts(
    tx: &mut TenantTx,
    after: Option<Uuid>,
    limit: i64,
) -> pg::Result<Vec<ServiceAccount>> {
    let accounts = service_accounts!(
        "and ($1::uuid is null or service_account_id > $1) order by service_account_id limit $2",
        after,
        limit,
    );
    Ok(accounts.fetch_all(&mut **tx).await?)
}

pub(crate) async fn insert_service_account(
    tx: &mut TenantTx,
    new: &ServiceAccount,
) -> pg::Result<()> {
    sqlx::query!(
        "insert into service_accounts (tenant_id, service_account_id, name, status, created_at, created_by, changed_at)
         values (usher.current_tenant(), $1, $2, $3, $4, $5, $4)",
        new.service_account_id,
        new.name,
        new.status.as_str(),
        new.created_at as _,
        new.created_by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn update_service_account(
    tx: &mut TenantTx,
    account: &ServiceAccount,
) -> pg::Result<()> {
    sqlx::query!(
        "update service_accounts set status = $2, changed_at = $3
         where tenant_id = usher.current_tenant() and service_account_id = $1",
        account.service_account_id,
        account.status.as_str(),
        account.changed_at as _,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
