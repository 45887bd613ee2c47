//! Domain values as wire messages.

use wire::{tenant::v1 as proto, timestamp};

use crate::domain::{Limits, Resource, Tenant};

impl From<&Tenant> for proto::Tenant {
    fn from(tenant: &Tenant) -> Self {
        Self {
            tenant_id: tenant.tenant_id.to_string(),
            slug: tenant.slug.to_string(),
            name: tenant.name.to_string(),
            status: tenant.status.to_string(),
            locale: tenant.locale.to_string(),
            created_at: Some(timestamp(tenant.created_at)),
            status_reason: tenant.status_reason.clone(),
            status_by: tenant.status_by.clone(),
            status_since: Some(timestamp(tenant.status_since)),
            trial_ends_at: tenant.trial_ends_at.map(timestamp),
            closes_at: tenant.closes_at.map(timestamp),
            plan: tenant.plan.to_string(),
            limits: limits(&tenant.limits),
            epoch: tenant.epoch,
            allowed_origins: tenant.allowed_origins.clone(),
        }
    }
}

/// Limits as the wire has them.
pub(super) fn limits(limits: &Limits) -> Vec<proto::Limit> {
    let limit = |(resource, most): (&Resource, &i64)| proto::Limit {
        resource: resource.to_string(),
        most: *most,
    };
    limits.iter().map(limit).collect()
}
