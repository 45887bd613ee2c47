//! Services in the test's process, real ones and fakes, that prove themselves to each other as in production.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{Cx, Passport, TenantId, UserId};
use tonic::service::Routes;
use wire::{
    Guard, Guarded, Mesh, Peers,
    identity::{GATEWAY, PassportClaims, ServiceKey, Trust},
};

/// A neighbourhood of services that believe each other. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    trust: Trust,
    peers: Peers,
    meshes: Arc<Mutex<HashMap<String, Mesh>>>,
}

impl Neighbours {
    /// A neighbourhood without anybody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whom everybody here believes; a service is started with it.
    #[must_use]
    pub fn trust(&self) -> Trust {
        self.trust.clone()
    }

    /// A way to call everybody here in the name of `name`, who is believed from now on.
    #[must_use]
    pub fn mesh(&self, name: &str) -> Mesh {
        let mut meshes = self.meshes.lock().unwrap_or_else(PoisonError::into_inner);
        let draw = || {
            let key = ServiceKey::generate(name).expect("the system gives randomness");
            self.trust.believe(name, key.public()).expect("a public key");
            Mesh::new(key, self.peers.clone())
        };
        meshes.entry(name.to_owned()).or_insert_with(draw).clone()
    }

    /// Moves in a real service, as its `start` returned it.
    pub fn settle(&self, name: &str, service: Guarded) {
        self.peers.here(name, service);
    }

    /// Moves in a fake one behind the guard that a real one has: callers must prove themselves, and rules hold.
    ///
    /// Panics when the contract has no rule for one of the service's methods.
    pub fn fake(&self, name: &'static str, routes: Routes) {
        let guard = Guard::new(name, self.trust.clone()).expect("every method has a rule");
        self.settle(name, guard.protect(routes));
    }

    /// The context of a person whom the gateway vouches for: `call` it through the mesh of `gateway`.
    #[must_use]
    pub fn person(&self, tenant: Option<TenantId>, user: UserId, permissions: &[&str]) -> Cx {
        let claims = PassportClaims {
            // The key fills in issuer, audience and end of life.
            iss: String::new(),
            aud: String::new(),
            exp: 0,
            sub: user.to_string(),
            sid: uuid::Uuid::now_v7().to_string(),
            tid: tenant.map(|id| id.to_string()),
            perms: permissions.iter().map(|&word| word.to_owned()).collect(),
            epoch: 1,
            suspended: false,
            system_admin: false,
            credential: kernel::Credential::Session,
            of_tenant: false,
        };
        let passport = self.mesh(GATEWAY).key().passport(claims).expect("signs");
        let base = match tenant {
            Some(tenant) => crate::as_user(tenant, user, permissions),
            None => crate::cx_of_platform(),
        };
        Cx { passport: Some(Passport::new(&passport)), ..base }
    }
}
