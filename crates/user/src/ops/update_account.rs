//! Changes an account by hand.

use kernel::{Cx, TenantId, Timestamp};
use pg::TenantTx;
use wire::user::v1::AccountUpdated;

use super::revoke_invite::revoke;
use crate::{
    App, Error, Result,
    domain::{Account, AccountKey, Change, MemberStatus, Role, Wish},
    store,
};

/// The wish to change somebody's account.
#[derive(Debug)]
pub(crate) struct UpdateAccount {
    pub(crate) key: AccountKey,
    pub(crate) wish: Wish,
}

/// Changes what is not as wished; the account as it stands then.
pub(crate) async fn update_account(
    app: &App,
    cx: &Cx,
    tenant: TenantId,
    command: UpdateAccount,
) -> Result<Account> {
    let now = app.clock.now();
    let mut tx = app.db.tenant(tenant, "update_account").await?;
    let account = store::lock_account(&mut tx, &command.key, now).await?;
    let account = account.ok_or(Error::PersonNotFound)?;
    let change = account.change(cx, command.wish)?;
    if change.is_none() {
        return Ok(account);
    }
    let id = account.user_id;
    keep(&mut tx, cx, &account, &change, now).await?;
    let account = store::account(&mut tx, &AccountKey::Id(id), now).await?;
    let account = account.ok_or(Error::PersonNotFound)?;
    bus::audit(&mut tx, cx, "account.update", &format!("user:{id}")).await?;
    let fact = AccountUpdated {
        user_id: id.to_string(),
        roles: account.roles.clone(),
        status: account.status.to_string(),
    };
    bus::emit(&mut tx, cx, id.uuid(), &fact).await?;
    if change.moves_rights() {
        store::bump_epoch(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(account)
}

async fn keep(
    tx: &mut TenantTx,
    cx: &Cx,
    account: &Account,
    change: &Change,
    now: Timestamp,
) -> Result<()> {
    let id = account.user_id;
    if let Some(name) = &change.name {
        store::update_account_name(tx, id, name.as_str()).await?;
    }
    for role in &change.bind {
        store::bind_role(tx, id, Role::Tenant(*role), &cx.actor.label(), now).await?;
    }
    if !change.unbind.is_empty() {
        store::unbind_roles(tx, id, &change.unbind).await?;
    }
    if let Some(counts) = change.membership {
        let status = if counts { MemberStatus::Active } else { MemberStatus::Disabled };
        store::update_membership(tx, id, status).await?;
    }
    if let Some(invite) = change.revoke {
        revoke(tx, cx, invite, now).await?;
    }
    Ok(())
}
