//! `usher.user.v1.People`.

use kernel::{Cx, Email, Flags, PageSize, PersonName};
use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse,
    user::v1::{
        CreateUserRequest, GetMeRequest, GetMemberRequest, ListMembersRequest, ListMembersResponse,
        Me, Member, User, people_server::People,
    },
};

use super::{optional_id, tenant};
use crate::{
    App,
    domain::{MemberStatus, PlatformRole, Query, Role, TenantRole},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl People for Rpc {
    async fn create_user(
        &self,
        request: Request<CreateUserRequest>,
    ) -> Result<Response<User>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::CreateUser {
            email: parse("email", &request.email, Email::parse)?,
            name: parse("name", &request.name, PersonName::parse)?,
            role: parse("role", &request.role, |name| role(&cx, name))?,
            password: request.password.into(),
        };
        let person = ops::create_user(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new((&person).into()))
    }

    async fn get_me(&self, request: Request<GetMeRequest>) -> Result<Response<Me>, Status> {
        let cx = wire::cx(&request)?;
        let (person, address_proven) = ops::get_me(&self.0, &cx).await.map_err(refuse)?;
        Ok(Response::new(Me {
            user: Some((&person).into()),
            permissions: cx.permissions.iter().cloned().collect(),
            master_flags: master_flags(cx.flags),
            address_proven,
        }))
    }

    async fn list_members(
        &self,
        request: Request<ListMembersRequest>,
    ) -> Result<Response<ListMembersResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let wanted = ops::ListMembers {
            query: parse("query", &request.query, Query::parse)?,
            status: parse("status", &request.status, status)?,
            size: PageSize::from_wire(request.page_size),
            after: optional_id("pageToken", &request.page_token)?,
        };
        let page = ops::list_members(&self.0, tenant, wanted).await.map_err(refuse)?;
        Ok(Response::new(ListMembersResponse {
            members: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_member(
        &self,
        request: Request<GetMemberRequest>,
    ) -> Result<Response<Member>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let user_id = id("userId", &request.get_ref().user_id)?;
        let member = ops::get_member(&self.0, tenant, user_id).await.map_err(refuse)?;
        Ok(Response::new((&member).into()))
    }
}

fn master_flags(flags: Flags) -> Vec<String> {
    let named = [("suspended", flags.suspended), ("system_admin", flags.system_admin)];
    named.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name.into()).collect()
}

/// The status that is asked for; none for an empty word.
fn status(word: &str) -> Result<Option<MemberStatus>, &'static str> {
    match word {
        "" => Ok(None),
        word => MemberStatus::parse(word).map(Some).ok_or("is none of active, disabled, removed"),
    }
}

/// A role of the call's own scope: the tenant's where it names one, else the platform's.
fn role(cx: &Cx, name: &str) -> Result<Role, &'static str> {
    match cx.tenant {
        Some(_) => TenantRole::parse(name)
            .map(Role::Tenant)
            .ok_or("is not a built-in role of a tenant; see GET /v1/roles"),
        None => PlatformRole::parse(name)
            .map(Role::Platform)
            .ok_or("is not a role of the platform; see GET /v1/roles"),
    }
}
