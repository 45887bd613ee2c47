//! Lists who holds which role.

use kernel::{Page, PageSize, TenantId, UserId};
use uuid::Uuid;

use crate::{
    App, Error, Result,
    domain::{AccountKey, RoleBinding},
    store,
};

/// Whose bindings are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BindingsOf {
    Everybody,
    /// Refused where the tenant does not know the person.
    Person(UserId),
    /// Of whatever kind.
    Subject(Uuid),
}

/// Bindings after the id `after`.
pub(crate) async fn list_role_bindings(
    app: &App,
    tenant: TenantId,
    of: BindingsOf,
    size: PageSize,
    after: Option<Uuid>,
) -> Result<Page<RoleBinding>> {
    let mut tx = app.db.tenant(tenant, "list_role_bindings").await?;
    let rows = match of {
        BindingsOf::Everybody => store::list_bindings(&mut tx, after, size.fetch()).await?,
        BindingsOf::Subject(id) => {
            store::list_bindings_of(&mut tx, id, after, size.fetch()).await?
        }
        BindingsOf::Person(user_id) => {
            let key = AccountKey::Id(user_id);
            let account = store::account(&mut tx, &key, app.clock.now()).await?;
            account.ok_or(Error::PersonNotFound)?;
            store::list_bindings_of(&mut tx, user_id.uuid(), after, size.fetch()).await?
        }
    };
    tx.commit().await?;
    Ok(Page::cut(rows, size, |binding| binding.binding_id.to_string()))
}
