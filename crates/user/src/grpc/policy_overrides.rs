//! `usher.user.v1.PolicyOverrides`.

use kernel::PageSize;
use tonic::{Request, Response, Status};
use wire::{
    id, instant, parse, refuse, timestamp,
    user::v1::{
        CreatePolicyOverrideRequest, DeletePolicyOverrideRequest, DeletePolicyOverrideResponse,
        ListPolicyOverridesRequest, ListPolicyOverridesResponse, PolicyOverride,
        policy_overrides_server::PolicyOverrides,
    },
};

use super::{
    optional_id,
    role_bindings::{after, end, uuid},
    tenant,
};
use crate::{
    App,
    domain::{self, Effect},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl PolicyOverrides for Rpc {
    async fn list_policy_overrides(
        &self,
        request: Request<ListPolicyOverridesRequest>,
    ) -> Result<Response<ListPolicyOverridesResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let request = request.into_inner();
        let user_id = optional_id("userId", &request.user_id)?;
        let size = PageSize::from_wire(request.page_size);
        let after = after(&request.page_token)?;
        let page = ops::list_policy_overrides(&self.0, tenant, user_id, size, after).await;
        let page = page.map_err(refuse)?;
        Ok(Response::new(ListPolicyOverridesResponse {
            overrides: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn create_policy_override(
        &self,
        request: Request<CreatePolicyOverrideRequest>,
    ) -> Result<Response<PolicyOverride>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let effect = parse("effect", &request.effect, |word| {
            Effect::parse(word).ok_or("is none of allow, deny")
        })?;
        let permission = Some(request.permission).filter(|permission| !permission.is_empty());
        if effect == Effect::Allow && permission.is_none() {
            parse("permission", "", |_| Err::<(), _>("is required where something is allowed"))?;
        }
        let expires_at = end(request.expires_at.is_some(), instant(request.expires_at.as_ref()))?;
        parse("expiresAt", "", |_| domain::end(effect, expires_at, self.0.clock.now()))?;
        let command = ops::CreatePolicyOverride {
            user_id: id("userId", &request.user_id)?,
            effect,
            permission,
            reason: parse("reason", &request.reason, domain::reason)?,
            expires_at,
        };
        let made = ops::create_policy_override(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new((&made.map_err(refuse)?).into()))
    }

    async fn delete_policy_override(
        &self,
        request: Request<DeletePolicyOverrideRequest>,
    ) -> Result<Response<DeletePolicyOverrideResponse>, Status> {
        let cx = wire::cx(&request)?;
        let override_id = uuid("overrideId", &request.get_ref().override_id)?;
        let gone = ops::delete_policy_override(&self.0, &cx, tenant(&cx)?, override_id).await;
        gone.map_err(refuse)?;
        Ok(Response::new(DeletePolicyOverrideResponse {}))
    }
}

impl From<&domain::PolicyOverride> for PolicyOverride {
    fn from(made: &domain::PolicyOverride) -> Self {
        Self {
            override_id: made.override_id.to_string(),
            user_id: made.user_id.to_string(),
            effect: made.effect.to_string(),
            permission: made.permission.clone().unwrap_or_default(),
            reason: made.reason.clone(),
            expires_at: made.expires_at.map(timestamp),
            made_at: Some(timestamp(made.made_at)),
            made_by: made.made_by.clone(),
        }
    }
}
