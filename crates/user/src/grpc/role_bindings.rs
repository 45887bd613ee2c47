//! `usher.user.v1.RoleBindings`.

use kernel::{PageSize, Timestamp, UserId};
use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::{
    id, instant, parse, refuse, timestamp,
    user::v1::{
        CreateRoleBindingRequest, DeleteRoleBindingRequest, DeleteRoleBindingResponse,
        ListRoleBindingsRequest, ListRoleBindingsResponse, RoleBinding,
        role_bindings_server::RoleBindings,
    },
};

use super::tenant;
use crate::{
    App,
    domain::{self, BadScope, RoleName, Scope, Subject, SubjectType, ahead},
    ops::{self, BindingsOf},
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl RoleBindings for Rpc {
    async fn list_role_bindings(
        &self,
        request: Request<ListRoleBindingsRequest>,
    ) -> Result<Response<ListRoleBindingsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let of = bindings_of(&request.user_id, &request.subject_id)?;
        let size = PageSize::from_wire(request.page_size);
        let after = after(&request.page_token)?;
        let page = ops::list_role_bindings(&self.0, tenant, of, size, after).await;
        let page = page.map_err(refuse)?;
        Ok(Response::new(ListRoleBindingsResponse {
            bindings: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn create_role_binding(
        &self,
        request: Request<CreateRoleBindingRequest>,
    ) -> Result<Response<RoleBinding>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let expires_at = end(request.expires_at.is_some(), instant(request.expires_at.as_ref()))?;
        let command = ops::CreateRoleBinding {
            subject: subject(&request.subject_type, &request.subject_id, &request.user_id)?,
            role: role(&request.role, &request.role_id)?,
            scope: scope(&request.scope_type, &request.scope_id)?,
            expires_at,
        };
        parse("expiresAt", "", |_| ahead(expires_at, self.0.clock.now()))?;
        let binding = ops::create_role_binding(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new(binding.map_err(refuse)?.into()))
    }

    async fn delete_role_binding(
        &self,
        request: Request<DeleteRoleBindingRequest>,
    ) -> Result<Response<DeleteRoleBindingResponse>, Status> {
        let cx = wire::cx(&request)?;
        let binding_id = uuid("bindingId", &request.get_ref().binding_id)?;
        let gone = ops::delete_role_binding(&self.0, &cx, tenant(&cx)?, binding_id).await;
        gone.map_err(refuse)?;
        Ok(Response::new(DeleteRoleBindingResponse {}))
    }
}

/// Who is to hold a role: a person by `userId`, or anybody by type and id.
fn subject(kind: &str, subject_id: &str, user_id: &str) -> Result<Subject, Status> {
    let kind = parse("subjectType", kind, |word| match word {
        "" => Ok(SubjectType::Person),
        word => SubjectType::parse(word).ok_or("is none of person, group, service_account"),
    })?;
    match (kind, subject_id, user_id) {
        (SubjectType::Person, "", _) => Ok(id::<UserId>("userId", user_id)?.into()),
        (_, _, "") => Ok(Subject { kind, id: uuid("subjectId", subject_id)? }),
        _ => {
            parse("userId", "", |_| Err("must be empty beside a subjectId or another subjectType"))
        }
    }
}

/// A role by either of its spellings.
fn role(role: &str, role_id: &str) -> Result<RoleName, Status> {
    match (role, role_id) {
        (role, "") => parse("role", role, RoleName::parse),
        ("", role_id) => parse("roleId", role_id, RoleName::parse),
        _ => parse("roleId", "", |_| Err("must be empty beside a role")),
    }
}

fn bindings_of(user_id: &str, subject_id: &str) -> Result<BindingsOf, Status> {
    match (user_id, subject_id) {
        ("", "") => Ok(BindingsOf::Everybody),
        (_, "") => Ok(BindingsOf::Person(id("userId", user_id)?)),
        ("", _) => Ok(BindingsOf::Subject(uuid("subjectId", subject_id)?)),
        _ => parse("userId", "", |_| Err("must be empty beside a subjectId")),
    }
}

/// A place; a bad one names its field.
pub(super) fn scope(kind: &str, scope_id: &str) -> Result<Scope, Status> {
    let read = Scope::parse(kind, scope_id);
    read.or_else(|BadScope(field, problem)| parse(field, "", |_| Err(problem)))
}

/// An end where one is given; an instant that is none is refused.
pub(super) fn end(given: bool, end: Option<Timestamp>) -> Result<Option<Timestamp>, Status> {
    match (given, end) {
        (true, None) => parse("expiresAt", "", |_| Err("is no instant")),
        (_, end) => Ok(end),
    }
}

/// An id of a thing that has no type of id of its own.
pub(super) fn uuid(field: &str, text: &str) -> Result<Uuid, Status> {
    parse(field, text, |text| {
        Uuid::try_parse(text)
            .ok()
            .filter(|id| id.hyphenated().to_string() == text)
            .ok_or("is not a valid id (expected a UUID)")
    })
}

/// The id after which a page begins; an empty text for the first page.
pub(super) fn after(token: &str) -> Result<Option<Uuid>, Status> {
    Some(token).filter(|token| !token.is_empty()).map(|token| uuid("pageToken", token)).transpose()
}

impl From<domain::RoleBinding> for RoleBinding {
    fn from(binding: domain::RoleBinding) -> Self {
        Self {
            binding_id: binding.binding_id.to_string(),
            user_id: binding.subject.person().map(|id| id.to_string()).unwrap_or_default(),
            role: binding.role,
            scope_type: binding.scope.kind.to_string(),
            scope_id: binding.scope.id,
            expires_at: binding.expires_at.map(timestamp),
            bound_at: Some(timestamp(binding.bound_at)),
            bound_by: binding.bound_by,
            subject_type: binding.subject.kind.to_string(),
            subject_id: binding.subject.id.to_string(),
        }
    }
}
