//! Two tenants.

use tonic::{Code, Request};
use wire::tenant::v1::{
    CreateTenantRequest, GetTenantRequest, ListTenantsRequest, ListTenantsResponse,
    ResolveTenantRequest, Tenant, resolve_tenant_request::By, tenants_server::Tenants,
};

use super::{Answer, BETA, DEMO, Fake, refusal, unasked};

#[tonic::async_trait]
impl Tenants for Fake {
    async fn create_tenant(&self, _: Request<CreateTenantRequest>) -> Answer<Tenant> {
        unasked()
    }

    async fn get_tenant(&self, _: Request<GetTenantRequest>) -> Answer<Tenant> {
        unasked()
    }

    async fn list_tenants(&self, _: Request<ListTenantsRequest>) -> Answer<ListTenantsResponse> {
        let next_page_token = String::new();
        Ok(ListTenantsResponse { tenants: all(), next_page_token }.into())
    }

    async fn resolve_tenant(&self, request: Request<ResolveTenantRequest>) -> Answer<Tenant> {
        let by = request.into_inner().by;
        let named = |tenant: &Tenant| match &by {
            Some(By::Slug(slug)) => tenant.slug == *slug,
            Some(By::TenantId(id)) => tenant.tenant_id == *id,
            _ => false,
        };
        let found = all().into_iter().find(named);
        let missing = || refusal(Code::NotFound, "tenant_not_found", "There is no such tenant.");
        Ok(found.ok_or_else(missing)?.into())
    }
}

fn all() -> Vec<Tenant> {
    let tenant = |id: &str, slug: &str, name: &str| Tenant {
        tenant_id: id.into(),
        slug: slug.into(),
        name: name.into(),
        status: "active".into(),
        locale: "en".into(),
        ..Default::default()
    };
    vec![tenant(DEMO, "demo", "Math & Art <School>"), tenant(BETA, "beta", "Language centre")]
}
