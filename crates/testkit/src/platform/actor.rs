//! Somebody who uses the platform over HTTP.

use std::sync::Arc;

use kernel::TenantId;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    Response,
    door::{Door, Person},
};

/// Somebody who uses the platform over HTTP: a person with a token, or nobody in particular.
#[derive(Clone)]
pub struct Actor {
    door: Arc<Door>,
    person: Option<Arc<Person>>,
    tenant: Option<TenantId>,
}

impl Actor {
    pub(super) fn new(door: Arc<Door>, person: Person, tenant: Option<TenantId>) -> Self {
        Self { door, person: Some(Arc::new(person)), tenant }
    }

    pub(super) const fn anonymous(door: Arc<Door>) -> Self {
        Self { door, person: None, tenant: None }
    }

    /// The same person, whose requests name this tenant from now on.
    #[must_use]
    pub fn within(&self, tenant: TenantId) -> Self {
        Self { tenant: Some(tenant), ..self.clone() }
    }

    /// The same person, whose requests name no tenant.
    #[must_use]
    pub fn outside(&self) -> Self {
        Self { tenant: None, ..self.clone() }
    }

    /// The person's id. Panics for nobody.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.person().user_id
    }

    /// The person's address. Panics for nobody.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.person().email
    }

    /// What the person signs in with. Panics for nobody.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.person().password
    }

    /// The person's bearer token. Panics for nobody.
    #[must_use]
    pub fn token(&self) -> &SecretString {
        &self.person().token
    }

    fn person(&self) -> &Person {
        self.person.as_ref().expect("somebody in particular")
    }

    /// Reads `path`, which begins with a slash.
    pub async fn get(&self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// Deletes what is there.
    pub async fn delete(&self, path: &str) -> Response {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// A request of this person, to be changed at will and handed to [`Actor::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.door.http.request(method, format!("{}{path}", self.door.url()));
        if let Some(person) = &self.person {
            request = request.bearer_auth(person.token.expose_secret());
        }
        if let Some(tenant) = self.tenant {
            request = request.header("x-tenant-id", tenant.to_string());
        }
        request
    }

    /// Sends a request. Panics when it is not answered.
    pub async fn send(&self, request: RequestBuilder) -> Response {
        Response::read(request.send().await.expect("the platform answers")).await
    }
}
