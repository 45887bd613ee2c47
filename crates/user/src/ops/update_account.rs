//! Changes an account by hand.

use kernel::{Cx, TenantId, Timestamp};
use pg::TenantTx;
use wire::user::v1::AccountUpdated;

use super::{
    change_membership::{ChangeMembership, change_membership},
    create_role_binding::allowed_by,
    keep_an_owner::keep_an_owner,
    put_custom_role::within_own,
    revoke_invite::revoke,
};
use crate::{
    App, Error, Result,
    domain::{Account, AccountKey, Change, OWNER, Role, Turn, Wish},
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
    if change.moves_rights() {
        for role in &account.roles {
            within_own(cx, &allowed_by(&mut tx, role).await?.unwrap_or_default())?;
        }
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
        store::bump_epoch(&mut tx, &app.snapshots).await?;
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
    if change.unbind.iter().any(|role| role == OWNER.as_str()) {
        keep_an_owner(tx, id).await?;
    }
    if let Some(counts) = change.membership {
        let turn = if counts { Turn::Enable } else { Turn::Disable };
        let wish = ChangeMembership { user_id: id, turn, note: String::new() };
        change_membership(tx, cx, &wish, now).await?;
    }
    if let Some(name) = &change.name {
        store::update_account_name(tx, id, name.as_str()).await?;
        store::replace_words(tx, id).await?;
    }
    for role in &change.bind {
        store::bind_role(tx, id, Role::Tenant(*role), &cx.actor.label(), now).await?;
    }
    if !change.unbind.is_empty() {
        store::unbind_roles(tx, id, &change.unbind).await?;
    }
    if let Some(invite) = change.revoke {
        revoke(tx, cx, invite, now).await?;
    }
    Ok(())
}
