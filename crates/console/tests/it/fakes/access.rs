//! Who may do what.

use tonic::Request;
use wire::user::v1::{
    Effective, ListEffectiveRequest, ListRolesRequest, ListRolesResponse, access_server::Access,
};

use super::{Answer, DEMO, Fake, MEMBER, OPERATOR, unasked};

#[tonic::async_trait]
impl Access for Fake {
    async fn list_roles(&self, _: Request<ListRolesRequest>) -> Answer<ListRolesResponse> {
        unasked()
    }

    async fn list_effective(&self, request: Request<ListEffectiveRequest>) -> Answer<Effective> {
        let request = request.into_inner();
        let (permissions, belongs) = match request.user_id.as_str() {
            OPERATOR => (
                &[
                    "auth.sso.read",
                    "auth.sso.write",
                    "tenant.settings.read",
                    "tenant.settings.update",
                    "tenant.tenants.read",
                    "provisioning.clients.read",
                    "provisioning.clients.create",
                    "provisioning.jobs.operate",
                    "provisioning.jobs.read",
                    "provisioning.rollout.read",
                ][..],
                true,
            ),
            MEMBER => (&["provisioning.clients.read"][..], request.tenant_id == DEMO),
            _ => (&[][..], false),
        };
        let permissions = permissions.iter().map(|&name| name.into()).collect();
        Ok(Effective { permissions, belongs, ..Default::default() }.into())
    }
}
