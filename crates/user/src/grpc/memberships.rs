//! `usher.user.v1.Memberships`.

use kernel::Cx;
use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse, required, timestamp,
    user::v1::{
        DisableMemberRequest, EnableMemberRequest, LeaveTenantRequest, Membership,
        RemoveMemberRequest, TransferOwnershipRequest, memberships_server::Memberships,
    },
};

use super::tenant;
use crate::{
    App,
    domain::{self, Turn, note},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

impl Rpc {
    async fn turn(
        &self,
        cx: &Cx,
        user_id: &str,
        turn: Turn,
        words: &str,
    ) -> Result<Response<Membership>, Status> {
        let wish = ops::ChangeMembership {
            user_id: id("userId", user_id)?,
            turn,
            note: parse("note", words, note)?,
        };
        let turned = ops::turn_member(&self.0, cx, tenant(cx)?, wish).await;
        Ok(Response::new((&turned.map_err(refuse)?).into()))
    }
}

#[tonic::async_trait]
impl Memberships for Rpc {
    async fn disable_member(
        &self,
        request: Request<DisableMemberRequest>,
    ) -> Result<Response<Membership>, Status> {
        let cx = wire::cx(&request)?;
        let asked = request.into_inner();
        self.turn(&cx, &asked.user_id, Turn::Disable, &asked.note).await
    }

    async fn enable_member(
        &self,
        request: Request<EnableMemberRequest>,
    ) -> Result<Response<Membership>, Status> {
        let cx = wire::cx(&request)?;
        let asked = request.into_inner();
        self.turn(&cx, &asked.user_id, Turn::Enable, &asked.note).await
    }

    async fn remove_member(
        &self,
        request: Request<RemoveMemberRequest>,
    ) -> Result<Response<Membership>, Status> {
        let cx = wire::cx(&request)?;
        let asked = request.into_inner();
        self.turn(&cx, &asked.user_id, Turn::Remove, &asked.note).await
    }

    async fn leave_tenant(
        &self,
        request: Request<LeaveTenantRequest>,
    ) -> Result<Response<Membership>, Status> {
        let cx = wire::cx(&request)?;
        let me = required("user", cx.user())?.to_string();
        self.turn(&cx, &me, Turn::Leave, &request.get_ref().note).await
    }

    async fn transfer_ownership(
        &self,
        request: Request<TransferOwnershipRequest>,
    ) -> Result<Response<Membership>, Status> {
        let cx = wire::cx(&request)?;
        let heir = id("userId", &request.get_ref().user_id)?;
        let made = ops::transfer_ownership(&self.0, &cx, tenant(&cx)?, heir).await;
        Ok(Response::new((&made.map_err(refuse)?).into()))
    }
}

impl From<&domain::Membership> for Membership {
    fn from(membership: &domain::Membership) -> Self {
        Self {
            user_id: membership.user_id.to_string(),
            status: membership.status.to_string(),
            cause: membership.cause.to_string(),
            note: membership.note.clone(),
            roles: membership.roles.clone(),
            joined_at: Some(timestamp(membership.joined_at)),
            changed_at: Some(timestamp(membership.changed_at)),
        }
    }
}
