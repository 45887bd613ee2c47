//! `usher.tenant.v1.Tenants`.

use kernel::{Locale, PageSize, Slug};
use tonic::{Request, Response, Status};
use wire::{
    id, parse, refuse, required,
    tenant::v1::{
        CreateTenantRequest, GetTenantRequest, ListTenantsRequest, ListTenantsResponse,
        ResolveTenantRequest, Tenant, resolve_tenant_request, tenants_server::Tenants,
    },
};

use crate::{
    App,
    domain::{PlanName, TenantName, trial},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Tenants for Rpc {
    async fn create_tenant(
        &self,
        request: Request<CreateTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let given = Some(request.slug).filter(|slug| !slug.is_empty());
        let command = ops::CreateTenant {
            name: parse("name", &request.name, TenantName::parse)?,
            slug: given.map(|slug| parse("slug", &slug, Slug::parse)).transpose()?,
            locale: parse("locale", &request.locale, Locale::parse)?,
            plan: parse("plan", &request.plan, PlanName::parse)?,
            trial: parse("trialDays", "", |_| trial(request.trial_days))?,
        };
        let tenant = ops::create_tenant(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new((&tenant).into()))
    }

    async fn get_tenant(
        &self,
        request: Request<GetTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let tenant_id = id("tenantId", &request.get_ref().tenant_id)?;
        let tenant = ops::get_tenant(&self.0, tenant_id).await.map_err(refuse)?;
        Ok(Response::new((&tenant).into()))
    }

    async fn list_tenants(
        &self,
        request: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        let request = request.into_inner();
        let after = Some(request.page_token).filter(|token| !token.is_empty());
        let after = after.map(|token| id("pageToken", &token)).transpose()?;
        let size = PageSize::from_wire(request.page_size);
        let slug = Some(request.slug).filter(|slug| !slug.is_empty());
        let slug = slug.map(|slug| parse("slug", &slug, Slug::parse)).transpose()?;
        let page = ops::list_tenants(&self.0, size, after, slug.as_ref()).await.map_err(refuse)?;
        Ok(Response::new(ListTenantsResponse {
            tenants: page.items.iter().map(Into::into).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn resolve_tenant(
        &self,
        request: Request<ResolveTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        use resolve_tenant_request::By;
        let by = match required("by", request.into_inner().by)? {
            By::TenantId(text) => ops::By::Id(id("tenantId", &text)?),
            By::Slug(text) => ops::By::Slug(parse("slug", &text, Slug::parse)?),
            By::Host(text) => ops::By::Host(text.to_ascii_lowercase()),
        };
        let tenant = ops::resolve_tenant(&self.0, by).await.map_err(refuse)?;
        Ok(Response::new((&tenant).into()))
    }
}
