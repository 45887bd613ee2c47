//! A tenant of the platform, and its people.

use std::sync::Arc;

use kernel::TenantId;
use serde_json::json;

use super::{Actor, door::Door};

/// A tenant of a running platform.
#[derive(Clone)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its slug.
    pub slug: String,
    door: Arc<Door>,
}

impl Tenant {
    pub(super) async fn create(door: Arc<Door>, operator: &Actor, name: &str) -> Self {
        let created = operator.post("/v1/tenants", json!({"name": name})).await.json();
        let text = |key: &str| created[key].as_str().expect("a text").to_owned();
        let id = TenantId::parse(&text("tenantId")).expect("an id");
        Self { id, slug: text("slug"), door }
    }

    /// A new person who runs this tenant.
    pub async fn admin(&self) -> Actor {
        self.member("admin").await
    }

    /// A new person with this role here.
    pub async fn member(&self, role: &str) -> Actor {
        let person = self.door.person(role, Some(self.id)).await;
        Actor::new(self.door.clone(), person, Some(self.id))
    }
}
