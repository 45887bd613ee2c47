//! What tenants may have, as the tenant service shows it.

use std::sync::Arc;

use tonic::Request;
use wire::tenant::v1::{
    GiveQuotaRequest, LimitUse, ListLimitsRequest, ListLimitsResponse, TakeQuotaRequest,
    quotas_server::Quotas,
};

use super::{
    State,
    fakes::{Reply, unasked},
};

#[derive(Clone)]
pub(super) struct Allowed(pub(super) Arc<State>);

#[tonic::async_trait]
impl Quotas for Allowed {
    async fn list_limits(&self, _: Request<ListLimitsRequest>) -> Reply<ListLimitsResponse> {
        let overridden = *self.0.overridden.lock().expect("overridden");
        let limits = self.0.limits.lock().expect("limits");
        let limits = limits.iter().map(|limit| LimitUse {
            resource: limit.resource.clone(),
            most: Some(limit.most),
            overridden,
            used: None,
        });
        let limits = limits.collect();
        Ok(tonic::Response::new(ListLimitsResponse { limits, rates: Vec::new() }))
    }

    async fn take_quota(&self, _: Request<TakeQuotaRequest>) -> Reply<LimitUse> {
        unasked()
    }

    async fn give_quota(&self, _: Request<GiveQuotaRequest>) -> Reply<LimitUse> {
        unasked()
    }
}
