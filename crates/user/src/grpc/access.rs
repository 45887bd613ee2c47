//! `usher.user.v1.Access`.

use tonic::{Request, Response, Status};
use wire::{
    id, refuse,
    user::v1::{
        Effective, ListEffectiveRequest, ListRolesRequest, ListRolesResponse, access_server::Access,
    },
};

use super::optional_id;
use crate::{App, domain::Role, ops};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Access for Rpc {
    async fn list_roles(
        &self,
        _: Request<ListRolesRequest>,
    ) -> Result<Response<ListRolesResponse>, Status> {
        let roles = Role::all().map(Into::into).collect();
        Ok(Response::new(ListRolesResponse { roles }))
    }

    async fn list_effective(
        &self,
        request: Request<ListEffectiveRequest>,
    ) -> Result<Response<Effective>, Status> {
        let request = request.into_inner();
        let user_id = id("userId", &request.user_id)?;
        let tenant = optional_id("tenantId", &request.tenant_id)?;
        let rights = match request.tenant_only {
            true => ops::list_effective_here(&self.0, user_id, tenant).await,
            false => ops::list_effective(&self.0, user_id, tenant).await,
        };
        let rights = rights.map_err(refuse)?;
        Ok(Response::new((&rights).into()))
    }
}
