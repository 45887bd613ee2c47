//! `usher.user.v1.Joining`.

use kernel::{Cx, PageSize, UserId};
use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse, required, timestamp,
    user::v1::{
        ApproveJoinRequestRequest, DeclineJoinRequestRequest, JoinRequest, JoinTenantRequest,
        JoinTenantResponse, Joinable, ListJoinRequestsRequest, ListJoinRequestsResponse,
        ListJoinableRequest, ListJoinableResponse, joining_server::Joining,
    },
};

use super::{
    role_bindings::{after, uuid},
    tenant,
};
use crate::{
    App,
    domain::{self, RequestStatus, note},
    ops::{self, Joined},
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

impl Rpc {
    async fn decide(
        &self,
        cx: &Cx,
        request_id: &str,
        decision: RequestStatus,
    ) -> Result<Response<JoinRequest>, Status> {
        let request_id = uuid("requestId", request_id)?;
        let tenant = tenant(cx)?;
        let decided = ops::decide_join_request(&self.0, cx, tenant, request_id, decision).await;
        Ok(Response::new(decided.map_err(refuse)?.into()))
    }
}

#[tonic::async_trait]
impl Joining for Rpc {
    async fn list_joinable(
        &self,
        request: Request<ListJoinableRequest>,
    ) -> Result<Response<ListJoinableResponse>, Status> {
        let cx = wire::cx(&request)?;
        let found = ops::list_joinable(&self.0, &cx, person(&cx)?).await.map_err(refuse)?;
        let tenants = found.into_iter().map(|found| Joinable {
            tenant_id: found.tenant.to_string(),
            tenant_name: found.name,
            way: found.way.to_string(),
        });
        Ok(Response::new(ListJoinableResponse { tenants: tenants.collect() }))
    }

    async fn join_tenant(
        &self,
        request: Request<JoinTenantRequest>,
    ) -> Result<Response<JoinTenantResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let tenant = id("tenantId", &request.tenant_id)?;
        let message = parse("message", &request.message, note)?;
        let joined = ops::join_tenant(&self.0, &cx, tenant, person(&cx)?, message).await;
        let outcome = match joined.map_err(refuse)? {
            Joined::Member => "joined",
            Joined::Asked => "asked",
        };
        Ok(Response::new(JoinTenantResponse { outcome: outcome.into() }))
    }

    async fn list_join_requests(
        &self,
        request: Request<ListJoinRequestsRequest>,
    ) -> Result<Response<ListJoinRequestsResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let status = Some(&request.status).filter(|word| !word.is_empty());
        let status = status.map(|word| parse("status", word, status_of)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let after = after(&request.page_token)?;
        let page = ops::list_join_requests(&self.0, tenant, status, size, after).await;
        let page = page.map_err(refuse)?;
        Ok(Response::new(ListJoinRequestsResponse {
            requests: page.items.into_iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn approve_join_request(
        &self,
        request: Request<ApproveJoinRequestRequest>,
    ) -> Result<Response<JoinRequest>, Status> {
        let cx = wire::cx(&request)?;
        self.decide(&cx, &request.get_ref().request_id, RequestStatus::Approved).await
    }

    async fn decline_join_request(
        &self,
        request: Request<DeclineJoinRequestRequest>,
    ) -> Result<Response<JoinRequest>, Status> {
        let cx = wire::cx(&request)?;
        self.decide(&cx, &request.get_ref().request_id, RequestStatus::Declined).await
    }
}

/// The person who calls; the guard let none in without.
fn person(cx: &Cx) -> Result<UserId, Status> {
    required("person", cx.user())
}

fn status_of(word: &str) -> Result<RequestStatus, &'static str> {
    RequestStatus::parse(word).ok_or("is none of pending, approved, declined")
}

impl From<domain::JoinRequest> for JoinRequest {
    fn from(request: domain::JoinRequest) -> Self {
        Self {
            request_id: request.request_id.to_string(),
            user_id: request.user_id.to_string(),
            email: request.email.to_string(),
            name: request.name.to_string(),
            role: request.role,
            message: request.message,
            status: request.status.to_string(),
            asked_at: Some(timestamp(request.asked_at)),
            decided_at: request.decided_at.map(timestamp),
            decided_by: request.decided_by.unwrap_or_default(),
        }
    }
}
