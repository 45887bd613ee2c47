//! `usher.user.v1.CustomRoles`.

use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, timestamp,
    user::v1::{
        CustomRole, DeleteCustomRoleRequest, DeleteCustomRoleResponse, GetCustomRoleRequest,
        ListCustomRolesRequest, ListCustomRolesResponse, PutCustomRoleRequest,
        custom_roles_server::CustomRoles,
    },
};

use super::tenant;
use crate::{
    App,
    domain::{self, RoleName},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl CustomRoles for Rpc {
    async fn list_custom_roles(
        &self,
        request: Request<ListCustomRolesRequest>,
    ) -> Result<Response<ListCustomRolesResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let size = PageSize::from_wire(request.page_size);
        let after = parse("pageToken", &request.page_token, after)?;
        let page = ops::list_custom_roles(&self.0, tenant, size, &after).await.map_err(refuse)?;
        Ok(Response::new(ListCustomRolesResponse {
            roles: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_custom_role(
        &self,
        request: Request<GetCustomRoleRequest>,
    ) -> Result<Response<CustomRole>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let role = parse("roleId", &request.get_ref().role_id, RoleName::parse)?;
        let role = ops::get_custom_role(&self.0, tenant, &role).await.map_err(refuse)?;
        Ok(Response::new(role.into()))
    }

    async fn put_custom_role(
        &self,
        request: Request<PutCustomRoleRequest>,
    ) -> Result<Response<CustomRole>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::PutCustomRole {
            role: parse("roleId", &request.role_id, RoleName::parse)?,
            title: parse("title", &request.title, domain::title)?,
            permissions: domain::allowed(&request.permissions)
                .or_else(|problem| parse("permissions", "", |_| Err(problem)))?,
        };
        let role = ops::put_custom_role(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new(role.map_err(refuse)?.into()))
    }

    async fn delete_custom_role(
        &self,
        request: Request<DeleteCustomRoleRequest>,
    ) -> Result<Response<DeleteCustomRoleResponse>, Status> {
        let cx = wire::cx(&request)?;
        let role = parse("roleId", &request.get_ref().role_id, RoleName::parse)?;
        ops::delete_custom_role(&self.0, &cx, tenant(&cx)?, &role).await.map_err(refuse)?;
        Ok(Response::new(DeleteCustomRoleResponse {}))
    }
}

/// The name after which a page begins; an empty text for the first page.
fn after(token: &str) -> Result<String, &'static str> {
    match token {
        "" => Ok(String::new()),
        name => RoleName::parse(name)
            .map(|name| name.as_str().to_owned())
            .map_err(|_| "is no page of this list"),
    }
}

impl From<domain::CustomRole> for CustomRole {
    fn from(role: domain::CustomRole) -> Self {
        Self {
            role_id: role.role,
            title: role.title,
            permissions: role.permissions,
            created_at: Some(timestamp(role.created_at)),
            updated_at: Some(timestamp(role.updated_at)),
        }
    }
}
