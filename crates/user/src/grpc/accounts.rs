//! `usher.user.v1.Accounts`.

use std::collections::BTreeSet;

use kernel::{Email, PageSize, PersonName};
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse,
    user::v1::{
        Account, GetAccountRequest, ListAccountsRequest, ListAccountsResponse,
        UpdateAccountRequest, accounts_server::Accounts,
    },
};

use super::tenant;
use crate::{
    App,
    domain::{AccountKey, TenantRole, Wish},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Accounts for Rpc {
    async fn list_accounts(
        &self,
        request: Request<ListAccountsRequest>,
    ) -> Result<Response<ListAccountsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let email = Some(&request.email).filter(|email| !email.is_empty());
        let wanted = ops::ListAccounts {
            email: email.map(|email| parse("email", email, Email::parse)).transpose()?,
            is_active: request.is_active,
            size: PageSize::from_wire(request.page_size),
            after: parse("pageToken", &request.page_token, after)?,
        };
        let found = ops::list_accounts(&self.0, tenant, wanted).await.map_err(refuse)?;
        Ok(Response::new(ListAccountsResponse {
            accounts: found.page.items.iter().map(Into::into).collect(),
            next_page_token: found.page.next.unwrap_or_default(),
            total_size: found.total,
        }))
    }

    async fn get_account(
        &self,
        request: Request<GetAccountRequest>,
    ) -> Result<Response<Account>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let key = parse("userId", &request.get_ref().user_id, AccountKey::parse)?;
        let account = ops::get_account(&self.0, tenant, &key).await.map_err(refuse)?;
        Ok(Response::new((&account).into()))
    }

    async fn update_account(
        &self,
        request: Request<UpdateAccountRequest>,
    ) -> Result<Response<Account>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let name = request.name.as_deref();
        let command = ops::UpdateAccount {
            key: parse("userId", &request.user_id, AccountKey::parse)?,
            wish: Wish {
                name: name.map(|name| parse("name", name, PersonName::parse)).transpose()?,
                roles: roles(&request.roles)?,
                is_active: request.is_active,
            },
        };
        let account = ops::update_account(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new((&account.map_err(refuse)?).into()))
    }
}

/// The number after which a page begins; an empty text for the first page.
fn after(token: &str) -> Result<i64, &'static str> {
    match token {
        "" => Ok(0),
        number => number.parse().map_err(|_| "is no page of this list"),
    }
}

/// No names mean that the roles stay.
fn roles(names: &[String]) -> Result<Option<BTreeSet<TenantRole>>, Status> {
    let read = names.iter().map(|name| parse("roles", name, role_of));
    let roles = read.collect::<Result<BTreeSet<_>, _>>()?;
    Ok((!roles.is_empty()).then_some(roles))
}

fn role_of(name: &str) -> Result<TenantRole, &'static str> {
    TenantRole::parse(name)
        .ok_or("is not a role of a tenant (owner, admin, operator, client, user)")
}
