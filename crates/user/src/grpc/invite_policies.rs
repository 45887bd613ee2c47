//! `usher.user.v1.InvitePolicies`.

use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, timestamp,
    user::v1::{
        GetInvitePolicyRequest, InvitePolicy, SetInvitePolicyRequest,
        invite_policies_server::InvitePolicies,
    },
};

use super::tenant;
use crate::{
    App,
    domain::{self, AddressRule},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl InvitePolicies for Rpc {
    async fn get_invite_policy(
        &self,
        request: Request<GetInvitePolicyRequest>,
    ) -> Result<Response<InvitePolicy>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let policy = ops::get_invite_policy(&self.0, tenant).await.map_err(refuse)?;
        Ok(Response::new((&policy).into()))
    }

    async fn set_invite_policy(
        &self,
        request: Request<SetInvitePolicyRequest>,
    ) -> Result<Response<InvitePolicy>, Status> {
        let cx = wire::cx(&request)?;
        let policy = policy(request.get_ref())?;
        let policy = ops::set_invite_policy(&self.0, &cx, tenant(&cx)?, policy).await;
        Ok(Response::new((&policy.map_err(refuse)?).into()))
    }
}

fn policy(request: &SetInvitePolicyRequest) -> Result<domain::InvitePolicy, Status> {
    let own = domain::InvitePolicy::default();
    let or = |told: i32, own: i32| if told == 0 { own } else { told };
    let rule = Some(&request.address_rule).filter(|word| !word.is_empty());
    let rule = rule.map(|word| parse("addressRule", word, rule_of)).transpose()?;
    let policy = domain::InvitePolicy {
        default_ttl_hours: or(request.default_ttl_hours, own.default_ttl_hours),
        shortest_ttl_hours: or(request.shortest_ttl_hours, own.shortest_ttl_hours),
        longest_ttl_hours: or(request.longest_ttl_hours, own.longest_ttl_hours),
        most_sends: or(request.most_sends, own.most_sends),
        recipient_daily: or(request.recipient_daily, own.recipient_daily),
        overlap_minutes: request.overlap_minutes.unwrap_or(own.overlap_minutes),
        most_attempts: or(request.most_attempts, own.most_attempts),
        address_rule: rule.unwrap_or(own.address_rule),
        openings_noted: request.openings_noted,
        set_at: None,
    };
    policy.check().or_else(|(field, problem)| parse(field, "", |_| Err(problem)))
}

fn rule_of(word: &str) -> Result<AddressRule, &'static str> {
    AddressRule::parse(word).ok_or("is none of exact, domain, any")
}

impl From<&domain::InvitePolicy> for InvitePolicy {
    fn from(policy: &domain::InvitePolicy) -> Self {
        Self {
            default_ttl_hours: policy.default_ttl_hours,
            shortest_ttl_hours: policy.shortest_ttl_hours,
            longest_ttl_hours: policy.longest_ttl_hours,
            most_sends: policy.most_sends,
            recipient_daily: policy.recipient_daily,
            overlap_minutes: policy.overlap_minutes,
            most_attempts: policy.most_attempts,
            address_rule: policy.address_rule.to_string(),
            set_at: policy.set_at.map(timestamp),
            openings_noted: policy.openings_noted,
        }
    }
}
