//! Domain values as wire messages.

use wire::{tenant::v1 as proto, timestamp};

use crate::domain::Tenant;

impl From<&Tenant> for proto::Tenant {
    fn from(tenant: &Tenant) -> Self {
        Self {
            tenant_id: tenant.tenant_id.to_string(),
            slug: tenant.slug.to_string(),
            name: tenant.name.to_string(),
            status: tenant.status.to_string(),
            locale: tenant.locale.to_string(),
            created_at: Some(timestamp(tenant.created_at)),
        }
    }
}
