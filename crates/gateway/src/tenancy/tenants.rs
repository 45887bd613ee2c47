//! Who the named tenant is: asked of the tenant service, remembered for seconds, and compared.

use std::{sync::Arc, time::Duration};

use kernel::{Code, Cx, TenantId};
use wire::{
    Mesh, code_of,
    tenant::v1::{ResolveTenantRequest, resolve_tenant_request::By, tenants_client::TenantsClient},
};

use super::{Evidence, Named, evidence::unknown};
use crate::{memo::Memo, problem::Problem};

/// How long a tenant is believed to be as it was.
const KNOWN: Duration = Duration::from_secs(5);
/// How long a tenant is believed not to be.
const UNKNOWN: Duration = Duration::from_secs(1);
/// Names remembered at once.
const MOST: usize = 10_000;

/// A tenant as the gateway and the console know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its DNS-safe name.
    pub slug: String,
    /// Its name as people read it.
    pub name: String,
    /// Language of its letters and pages.
    pub locale: String,
    /// Whether it may be served.
    pub status: TenantStatus,
}

/// Whether a tenant may be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    /// It may.
    Active,
    /// It may not, for now.
    Suspended,
}

/// The tenants, by name.
pub(crate) struct Tenants {
    mesh: Mesh,
    known: Memo<Named, Option<Arc<Tenant>>>,
}

impl Tenants {
    pub(crate) fn new(mesh: Mesh) -> Self {
        Self { mesh, known: Memo::new(MOST) }
    }

    /// The one tenant that all the evidence names; `None` where nothing names any. `cx` carries the request's id.
    pub(crate) async fn resolve(
        &self,
        evidence: &Evidence,
        cx: &Cx,
    ) -> Result<Option<Arc<Tenant>>, Problem> {
        let mut found = Vec::with_capacity(evidence.names.len());
        for named in &evidence.names {
            let tenant = self.find(named, cx).await?;
            // A host that is nobody's says nothing; any other name that is nobody's does.
            if tenant.is_some() || !matches!(named, Named::Host(_)) {
                found.push(tenant);
            }
        }
        let tenant = agree(found)?;
        match tenant {
            Some(tenant) if tenant.status == TenantStatus::Suspended => {
                Err(Problem::new(Code::Denied, "tenant_suspended", "This tenant is suspended."))
            }
            other => Ok(other),
        }
    }

    async fn find(&self, named: &Named, cx: &Cx) -> Result<Option<Arc<Tenant>>, Problem> {
        let ask = |_| async {
            let tenant = self.ask(named, cx).await?;
            let life = if tenant.is_some() { KNOWN } else { UNKNOWN };
            Ok((tenant, life))
        };
        self.known.recall(named.clone(), ask).await
    }

    async fn ask(&self, named: &Named, cx: &Cx) -> Result<Option<Arc<Tenant>>, Problem> {
        let by = match named {
            Named::Slug(slug) => By::Slug(slug.to_string()),
            Named::Id(id) => By::TenantId(id.to_string()),
            Named::Host(host) => By::Host(host.as_str().to_owned()),
        };
        let request = wire::call(cx, ResolveTenantRequest { by: Some(by) });
        let answer = TenantsClient::new(self.mesh.to("tenant")).resolve_tenant(request).await;
        match answer {
            Ok(tenant) => read(tenant.into_inner()).map(|tenant| Some(Arc::new(tenant))),
            Err(status) if code_of(&status).code == Code::NotFound => Ok(None),
            Err(status) => Err(Problem::of_dependency(&status, "tenant")),
        }
    }
}

/// All that was found must be one and the same.
fn agree(found: Vec<Option<Arc<Tenant>>>) -> Result<Option<Arc<Tenant>>, Problem> {
    let Some(first) = found.first() else {
        return Ok(None);
    };
    let id = |tenant: &Option<Arc<Tenant>>| tenant.as_ref().map(|tenant| tenant.id);
    if found.iter().any(|other| id(other) != id(first)) {
        let detail = "Host, path and X-Tenant-ID name different tenants; name one.";
        return Err(Problem::new(Code::Denied, "tenant_mismatch", detail));
    }
    first.clone().map(Some).ok_or_else(unknown)
}

fn read(tenant: wire::tenant::v1::Tenant) -> Result<Tenant, Problem> {
    let id = TenantId::parse(&tenant.tenant_id).map_err(|_| Problem::internal())?;
    Ok(Tenant {
        id,
        slug: tenant.slug,
        name: tenant.name,
        locale: tenant.locale,
        // Whatever is not plainly active is not served.
        status: match tenant.status.as_str() {
            "active" => TenantStatus::Active,
            _ => TenantStatus::Suspended,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Clock;

    fn tenant() -> Option<Arc<Tenant>> {
        Some(Arc::new(Tenant {
            id: Clock::system().new_id(),
            slug: "acme".into(),
            name: "Acme".into(),
            locale: "en".into(),
            status: TenantStatus::Active,
        }))
    }

    fn reason(found: Vec<Option<Arc<Tenant>>>) -> String {
        agree(found).expect_err("refused").reason().to_owned()
    }

    #[test]
    fn names_that_agree_are_one_tenant() {
        let acme = tenant();
        assert_eq!(agree(vec![]).map_err(|p| p.reason().to_owned()), Ok(None));
        for count in 1..4 {
            let found = vec![acme.clone(); count];
            assert_eq!(agree(found).map_err(|p| p.reason().to_owned()), Ok(acme.clone()));
        }
    }

    #[test]
    fn names_that_disagree_are_refused_and_do_not_say_which_exists() {
        let (acme, beta) = (tenant(), tenant());
        assert_eq!(reason(vec![acme.clone(), beta.clone()]), "tenant_mismatch");
        assert_eq!(reason(vec![acme.clone(), acme.clone(), beta]), "tenant_mismatch");
        assert_eq!(reason(vec![acme.clone(), None]), "tenant_mismatch");
        assert_eq!(reason(vec![None, acme]), "tenant_mismatch");
        assert_eq!(reason(vec![None]), "tenant_unknown");
    }

    #[test]
    fn a_tenant_that_is_not_plainly_active_is_not_served() {
        for status in ["suspended", "", "ACTIVE", "archived"] {
            let wire = wire::tenant::v1::Tenant {
                tenant_id: "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f".into(),
                status: status.into(),
                ..Default::default()
            };
            let tenant = read(wire).map_err(|p| p.reason().to_owned()).expect("id");
            assert_eq!(tenant.status, TenantStatus::Suspended, "{status:?}");
        }
    }
}
