//! The ways into a platform: HTTP for everybody, and the calls by which the operator's command makes people.

use std::{net::SocketAddr, time::Duration};

use kernel::TenantId;
use reqwest::{Client, redirect::Policy};
use secrecy::SecretString;
use uuid::Uuid;
use wire::{
    Mesh,
    auth::v1::{IssueSessionRequest, sessions_client::SessionsClient},
    call,
    user::v1::{CreateUserRequest, people_client::PeopleClient},
};

/// A person of the platform and a session of theirs.
pub(super) struct Person {
    pub(super) user_id: String,
    pub(super) email: String,
    pub(super) password: String,
    pub(super) token: SecretString,
}

/// Shared by everybody who uses one platform.
pub(super) struct Door {
    pub(super) http: Client,
    url: String,
    mesh: Option<Mesh>,
}

impl Door {
    pub(super) fn new(public: SocketAddr, mesh: Option<Mesh>) -> Self {
        let http = Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(60));
        let http = http.build().expect("an HTTP client");
        Self { http, url: format!("http://{public}"), mesh }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Makes a person with a role in the tenant, or on the platform, and signs them in.
    pub(super) async fn person(&self, role: &str, tenant: Option<TenantId>) -> Person {
        let mesh = self.mesh.as_ref().expect("the platform runs all parts");
        let mut cx = kernel::Cx { tenant, ..crate::cx_of_platform() };
        let email = format!("{role}-{}@example.test", Uuid::now_v7().simple());
        let password = Uuid::new_v4().to_string();
        let wish = CreateUserRequest {
            email: email.clone(),
            name: format!("The {role}"),
            password: password.clone(),
            role: role.into(),
        };
        let created = PeopleClient::new(mesh.to(user())).create_user(call(&cx, wish)).await;
        let user_id = created.expect("makes a person").into_inner().user_id;
        cx.tenant = None;
        let wish = IssueSessionRequest { user_id: user_id.clone(), ttl_seconds: 3600 };
        let issued = SessionsClient::new(mesh.to(auth())).issue_session(call(&cx, wish)).await;
        let token = issued.expect("signs them in").into_inner().token.into();
        Person { user_id, email, password, token }
    }
}

const fn user() -> &'static str {
    usher::platform::Part::User.name()
}

const fn auth() -> &'static str {
    usher::platform::Part::Auth.name()
}
