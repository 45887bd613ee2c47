//! `usher.user.v1.ServiceAccounts`.

use kernel::{Cx, PageSize};
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, repeatable, timestamp,
    user::v1::{
        CreateServiceAccountRequest, DisableServiceAccountRequest, EnableServiceAccountRequest,
        GetServiceAccountRequest, ListServiceAccountsRequest, ListServiceAccountsResponse,
        ServiceAccount, service_accounts_server::ServiceAccounts,
    },
};

use super::{
    role_bindings::{after, uuid},
    tenant,
};
use crate::{
    App,
    domain::{self, ServiceAccountStatus},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

impl Rpc {
    async fn turn(
        &self,
        cx: &Cx,
        id: &str,
        status: ServiceAccountStatus,
    ) -> Result<Response<ServiceAccount>, Status> {
        let id = uuid("serviceAccountId", id)?;
        let turned = ops::turn_service_account(&self.0, cx, tenant(cx)?, id, status).await;
        Ok(Response::new(turned.map_err(refuse)?.into()))
    }
}

#[tonic::async_trait]
impl ServiceAccounts for Rpc {
    async fn create_service_account(
        &self,
        request: Request<CreateServiceAccountRequest>,
    ) -> Result<Response<ServiceAccount>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let (cx, fingerprint) = repeatable(cx, "", &request)?;
        let name = parse("name", &request.name, domain::title)?;
        let made =
            ops::create_service_account(&self.0, &cx, tenant(&cx)?, name, &fingerprint).await;
        Ok(Response::new(made.map_err(refuse)?.into()))
    }

    async fn get_service_account(
        &self,
        request: Request<GetServiceAccountRequest>,
    ) -> Result<Response<ServiceAccount>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let id = uuid("serviceAccountId", &request.get_ref().service_account_id)?;
        let account = ops::get_service_account(&self.0, tenant, id).await.map_err(refuse)?;
        Ok(Response::new(account.into()))
    }

    async fn list_service_accounts(
        &self,
        request: Request<ListServiceAccountsRequest>,
    ) -> Result<Response<ListServiceAccountsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let size = PageSize::from_wire(request.page_size);
        let after = after(&request.page_token)?;
        let page = ops::list_service_accounts(&self.0, tenant, size, after).await;
        let page = page.map_err(refuse)?;
        Ok(Response::new(ListServiceAccountsResponse {
            service_accounts: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn disable_service_account(
        &self,
        request: Request<DisableServiceAccountRequest>,
    ) -> Result<Response<ServiceAccount>, Status> {
        let cx = wire::cx(&request)?;
        let id = &request.get_ref().service_account_id;
        self.turn(&cx, id, ServiceAccountStatus::Disabled).await
    }

    async fn enable_service_account(
        &self,
        request: Request<EnableServiceAccountRequest>,
    ) -> Result<Response<ServiceAccount>, Status> {
        let cx = wire::cx(&request)?;
        let id = &request.get_ref().service_account_id;
        self.turn(&cx, id, ServiceAccountStatus::Active).await
    }
}

impl From<domain::ServiceAccount> for ServiceAccount {
    fn from(account: domain::ServiceAccount) -> Self {
        Self {
            service_account_id: account.service_account_id.to_string(),
            name: account.name,
            status: account.status.to_string(),
            created_at: Some(timestamp(account.created_at)),
            changed_at: Some(timestamp(account.changed_at)),
        }
    }
}
