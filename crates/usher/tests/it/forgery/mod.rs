//! Forged access tokens at every door: none is let in, and the genuine one is, before and after.

mod forge;
mod forms;

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Clock, Cx, TenantId};
use reqwest::{Method, redirect::Policy};
use secrecy::ExposeSecret;
use serde_json::json;
use testkit::{Actor, MASTER_KEY, Neighbours, Platform, Tenant, free_ports};
use tonic::Code;
use vault::{Keyring, MasterKey, Sealed, Vault};
use wire::auth::v1::{ListSessionsRequest, sessions_client::SessionsClient};

use self::forge::{Forge, Forged};
use crate::steps::text;

/// A platform, a member of a tenant, their token, and the forger's workshop.
struct Scene {
    platform: Platform,
    tenant: Tenant,
    member: Actor,
    genuine: String,
    forge: Forge,
    foreign: TenantId,
}

impl Scene {
    async fn set(platform: Platform) -> Self {
        let tenant = platform.tenant("Acme").await;
        let foreign = platform.tenant("Beta").await.id;
        let member = tenant.member("admin").await;
        let genuine = token(&member).await;
        let forge = Forge::new(&genuine, &signing_key(&platform).await);
        Self { platform, tenant, member, genuine, forge, foreign }
    }

    /// Every forged token, each under a name of its own.
    fn forged(&self) -> Vec<Forged> {
        let all = self.forge.all(&self.foreign.to_string());
        let names: BTreeSet<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.len(), all.len(), "a row has no name of its own");
        assert!(all.len() >= 80, "{} rows", all.len());
        all
    }

    /// The answer to a read of the tenant's members with this token.
    async fn rest(&self, token: &str) -> u16 {
        let nobody = self.platform.anonymous();
        nobody.send(nobody.request(Method::GET, "/v1/members").bearer_auth(token)).await.status
    }
}

async fn token(member: &Actor) -> String {
    let set = member.post("/v1/tokens", json!({})).await.json();
    text(&set, "accessToken").to_owned()
}

/// The key that signs, as only the platform itself can read it.
async fn signing_key(platform: &Platform) -> Vec<u8> {
    let db = platform.database().db("auth");
    let master = MasterKey::parse(&MASTER_KEY.into()).expect("a key");
    let vault = Vault::new(Keyring { current: master, older: Vec::new() });
    let mut tx = db.tenant(TenantId::PLATFORM, "read_signing_key").await.expect("begins");
    let question = "select key_id, private_key from signing_keys order by signs_from limit 1";
    let (id, sealed): (uuid::Uuid, Sealed) =
        sqlx::query_as(question).fetch_one(&mut *tx).await.expect("a key");
    let cx = Cx::of_service("test", None, &Clock::system());
    let opened = vault.open(&mut tx, &cx, "auth.signing_key", id, &sealed).await.expect("opens");
    STANDARD.decode(opened.expose_secret()).expect("base64")
}

#[tokio::test]
async fn no_forged_token_is_accepted_over_rest() {
    let scene = Scene::set(Platform::start().await).await;
    assert_eq!(scene.rest(&scene.genuine).await, 200);
    assert_eq!(scene.rest(&scene.forge.control()).await, 200, "the workshop signs as we do");
    let mut accepted = Vec::new();
    for (what, token) in scene.forged() {
        let status = scene.rest(&token).await;
        if !matches!(status, 401 | 403) {
            accepted.push((what, status));
        }
    }
    assert!(accepted.is_empty(), "{accepted:#?}");
    assert_eq!(scene.rest(&scene.genuine).await, 200);
    scene.platform.stop().await;
}

#[tokio::test]
async fn no_forged_token_is_accepted_by_the_console() {
    let scene = Scene::set(Platform::start().await).await;
    let http = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
    let page = format!("{}/t/{}/account", scene.platform.url(), scene.tenant.slug);
    let asked = |header: &'static str, value: String| {
        let request = http.get(&page).header(header, value);
        async { request.send().await.expect("answers").status().as_u16() }
    };
    let session = scene.member.token().expose_secret();
    assert_eq!(asked("cookie", format!("usher={session}")).await, 200);
    assert_eq!(asked("authorization", format!("Bearer {}", scene.genuine)).await, 200);
    let genuine = asked("cookie", format!("usher={}", scene.genuine)).await;
    assert_ne!(genuine, 200, "a cookie holds a session and nothing else");
    let mut accepted = Vec::new();
    for (what, token) in scene.forged() {
        for (header, value) in
            [("cookie", format!("usher={token}")), ("authorization", format!("Bearer {token}"))]
        {
            let status = asked(header, value).await;
            if status == 200 || status >= 500 {
                accepted.push((what.clone(), header, status));
            }
        }
    }
    assert!(accepted.is_empty(), "{accepted:#?}");
    scene.platform.stop().await;
}

#[tokio::test]
async fn no_forged_token_is_accepted_over_grpc() {
    let address = format!("127.0.0.1:{}", free_ports(1)[0]);
    let listen = address.parse().expect("an address");
    let platform =
        Platform::builder().settings(move |settings| settings.boot.grpc_listen = Some(listen));
    let scene = Scene::set(platform.start().await).await;
    // What every guard asks of whatever is shown to it, with the gateway believed.
    let neighbours = Neighbours::new();
    let _gateway = neighbours.mesh("gateway");
    let trust = neighbours.trust();
    let mut forged = scene.forged();
    forged.push((
        "the genuine one, which is no proof of a call inside".into(),
        scene.genuine.clone(),
    ));
    for (what, token) in forged {
        assert!(trust.passport(&token).is_err(), "{what} as a passport");
        assert!(trust.service(&token, "auth").is_err(), "{what} as a service's token");
        for header in ["usher-service", "usher-passport", "authorization"] {
            let status = bare(&address, header, &token).await;
            assert_eq!(status, Code::Unauthenticated, "{what} as {header}");
        }
    }
    scene.platform.stop().await;
}

/// A call without any other proof than this header.
async fn bare(address: &str, header: &'static str, token: &str) -> Code {
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{address}"));
    let channel = endpoint.expect("an address").connect_lazy();
    let mut request = tonic::Request::new(ListSessionsRequest::default());
    let Ok(value) = token.parse() else { return Code::Unauthenticated };
    request.metadata_mut().insert(header, value);
    let answer = SessionsClient::new(channel).list_sessions(request).await;
    answer.expect_err("nobody is let in").code()
}
