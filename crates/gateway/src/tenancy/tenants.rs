//! Who the named tenant is: asked of the tenant service, remembered for seconds, and compared.

use std::{sync::Arc, time::Duration};

use kernel::{Code, Cx, TenantId};
use wire::{
    Mesh, code_of,
    tenant::v1::{ResolveTenantRequest, resolve_tenant_request::By, tenants_client::TenantsClient},
};

use super::{Evidence, Named, evidence::unknown};
use crate::{memo::Memo, problem::Problem};

/// How long a tenant is believed to be as it was. With the time of one question, and with streams looking again after
/// [`STREAMS`], a suspension takes hold everywhere within a second, whether the bus is there or not.
const KNOWN: Duration = Duration::from_millis(400);
/// Between two looks whether the tenant of a stream is served still.
pub(crate) const STREAMS: Duration = Duration::from_millis(400);
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
    /// Requests a second that its plan allows; `None` for as many as come.
    pub requests_per_second: Option<u32>,
    /// Origins whose pages may read its part of the API.
    pub allowed_origins: Vec<String>,
}

/// Whether a tenant may be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    /// It may.
    Active,
    /// It may not, for now.
    Suspended,
    /// It may not, and will be closed.
    Closing,
    /// It is gone for good.
    Closed,
}

impl TenantStatus {
    /// Whatever is not plainly open is not served.
    fn read(word: &str) -> Self {
        match word {
            "trial" | "active" => Self::Active,
            "closing" => Self::Closing,
            "closed" => Self::Closed,
            _ => Self::Suspended,
        }
    }

    /// Why it is not served, where it is not.
    fn refusal(self) -> Option<Problem> {
        let (code, reason, detail) = match self {
            Self::Active => return None,
            Self::Suspended => (Code::Denied, "tenant_suspended", "This tenant is suspended."),
            Self::Closing => {
                let detail = "This tenant is being closed; the platform can still restore it.";
                (Code::Denied, "tenant_closing", detail)
            }
            Self::Closed => (Code::Gone, "tenant_closed", "This tenant is closed."),
        };
        Some(Problem::new(code, reason, detail))
    }
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
        let refusal = tenant.as_ref().and_then(|tenant| tenant.status.refusal());
        refusal.map_or(Ok(tenant), Err)
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

/// The word of the limit that the gateway keeps.
pub(crate) const REQUESTS: &str = "requests_per_second";

fn read(tenant: wire::tenant::v1::Tenant) -> Result<Tenant, Problem> {
    let id = TenantId::parse(&tenant.tenant_id).map_err(|_| Problem::internal())?;
    let requests = tenant.limits.iter().find(|limit| limit.resource == REQUESTS);
    Ok(Tenant {
        id,
        slug: tenant.slug,
        name: tenant.name,
        locale: tenant.locale,
        status: TenantStatus::read(&tenant.status),
        requests_per_second: requests.map(|limit| u32::try_from(limit.most).unwrap_or(u32::MAX)),
        allowed_origins: tenant.allowed_origins,
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
            requests_per_second: None,
            allowed_origins: Vec::new(),
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

    /// A stream looks at most one pause after the gateway has asked anew.
    #[test]
    fn what_is_remembered_is_younger_than_a_second_for_streams_too() {
        assert!(KNOWN + STREAMS < Duration::from_secs(1));
    }

    #[test]
    fn a_tenant_that_is_not_plainly_open_is_not_served() {
        for (status, refusal) in [
            ("active", None),
            ("trial", None),
            ("suspended", Some("tenant_suspended")),
            ("closing", Some("tenant_closing")),
            ("closed", Some("tenant_closed")),
            ("", Some("tenant_suspended")),
            ("ACTIVE", Some("tenant_suspended")),
            ("archived", Some("tenant_suspended")),
        ] {
            let wire = wire::tenant::v1::Tenant {
                tenant_id: "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f".into(),
                status: status.into(),
                ..Default::default()
            };
            let tenant = read(wire).map_err(|p| p.reason().to_owned()).expect("id");
            let seen = tenant.status.refusal().map(|problem| problem.reason().to_owned());
            assert_eq!(seen.as_deref(), refusal, "{status:?}");
        }
    }
}
