//! What only the gateways know of a tenant's limits: how many requests would pass now.

use bytes::Bytes;
use prost::Message;
use wire::tenant::v1::{LimitUse, ListLimitsResponse, RateUse};

use super::Route;
use crate::{
    front::{Front, Visitor},
    limits::{BY_PLAN, Standing},
    problem::Problem,
    tenancy::REQUESTS,
};

/// The method that shows a tenant's limits.
const METHOD: &str = "/usher.tenant.v1.Quotas/ListLimits";

/// Adds the rates to the answer that shows a tenant's limits; any other answer stays as it is.
pub(super) async fn add(
    front: &Front,
    route: &Route,
    visitor: &Visitor,
    answer: Bytes,
) -> Result<Bytes, Problem> {
    let Some(tenant) = visitor.cx.tenant.filter(|_| route.path.as_str() == METHOD) else {
        return Ok(answer);
    };
    let mut shown = ListLimitsResponse::decode(answer).map_err(|problem| {
        tracing::error!(%problem, "the limits are not of their type");
        Problem::internal()
    })?;
    let plan = shown.limits.iter().find(|limit| limit.resource == REQUESTS);
    let most = plan.and_then(|plan| plan.most).map(|most| u32::try_from(most).unwrap_or(u32::MAX));
    let standings = front.rates(tenant, most).await;
    shown.rates = standings.iter().map(|standing| rate(standing, plan)).collect();
    Ok(shown.encode_to_vec().into())
}

fn rate(standing: &Standing, plan: Option<&LimitUse>) -> RateUse {
    let Standing { policy, quota, window, remaining, alone, .. } = standing;
    let used = u64::from(quota.saturating_sub(*remaining)) * 100 / u64::from(*quota).max(1);
    let source = match plan {
        Some(plan) if policy == BY_PLAN && plan.overridden => "override",
        _ if policy == BY_PLAN => "plan",
        _ => "platform",
    };
    RateUse {
        policy: policy.clone(),
        quota: (*quota).into(),
        window_seconds: i32::try_from(*window).unwrap_or(i32::MAX),
        remaining: (*remaining).into(),
        used_percent: i32::try_from(used).unwrap_or(100),
        source: source.into(),
        local: *alone,
    }
}
