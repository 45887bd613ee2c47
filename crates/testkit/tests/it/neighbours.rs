//! Fakes behind real guards.

use std::sync::{Arc, Mutex};

use kernel::{Actor, Code, Cx};
use testkit::Neighbours;
use tonic::{Request, Response, Status, service::Routes};
use wire::{
    call,
    tenant::v1::{
        CreateTenantRequest, GetTenantRequest, ListTenantsRequest, ListTenantsResponse,
        ResolveTenantRequest, Tenant,
        tenants_client::TenantsClient,
        tenants_server::{Tenants, TenantsServer},
    },
};

/// Remembers who asked for a tenant.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Vec<Cx>>>);

#[tonic::async_trait]
impl Tenants for Fake {
    async fn create_tenant(
        &self,
        _: Request<CreateTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        Err(Status::unimplemented("not part of the fake"))
    }

    async fn get_tenant(
        &self,
        request: Request<GetTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        let cx = wire::cx(&request)?;
        self.0.lock().expect("unspoiled").push(cx);
        Ok(Response::new(Tenant { slug: "acme".into(), ..Tenant::default() }))
    }

    async fn list_tenants(
        &self,
        _: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        Err(Status::unimplemented("not part of the fake"))
    }

    async fn resolve_tenant(
        &self,
        _: Request<ResolveTenantRequest>,
    ) -> Result<Response<Tenant>, Status> {
        Err(Status::unimplemented("not part of the fake"))
    }
}

#[tokio::test]
async fn a_fake_hears_who_calls_and_its_guard_refuses_whom_the_rule_does() {
    let (neighbours, fake) = (Neighbours::new(), Fake::default());
    neighbours.fake("tenant", Routes::new(TenantsServer::new(fake.clone())));
    let (tenant, user) = (testkit::tenant(), testkit::user());
    let mut client = TenantsClient::new(neighbours.mesh("gateway").to("tenant"));
    let ask = |cx: &Cx| call(cx, GetTenantRequest { tenant_id: tenant.to_string() });

    let stranger = neighbours.person(None, user, &[]);
    let refused = client.get_tenant(ask(&stranger)).await.expect_err("has no permission");
    assert_eq!(wire::code_of(&refused).code, Code::Denied);

    let operator = neighbours.person(None, user, &["tenant.tenants.read"]);
    let answer = client.get_tenant(ask(&operator)).await.expect("is let in");
    assert_eq!(answer.into_inner().slug, "acme");
    let heard = fake.0.lock().expect("unspoiled").clone();
    assert!(matches!(heard[..], [Cx { actor: Actor::User { id, .. }, .. }] if id == user));
}
