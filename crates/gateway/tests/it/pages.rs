//! The console behind the gateway: the same way in, the same layers.

use axum::{
    Router,
    response::Html,
    routing::{get, post},
};
use gateway::{Config, Front, Problem, Visitor};
use kernel::Actor;
use wire::user::v1::{GetMeRequest, people_client::PeopleClient};

use crate::world::{Answer, Ask, World, refused};

async fn home(visitor: Visitor) -> Html<String> {
    let tenant = visitor.tenant.as_ref().map_or("none", |tenant| tenant.slug.as_str());
    let who = match visitor.cx.actor {
        Actor::Anonymous => "nobody",
        _ => "a person",
    };
    Html(format!("{who} at {tenant} under [{}]", visitor.prefix))
}

async fn account(front: Front, visitor: Visitor) -> Result<Html<String>, Problem> {
    let visitor = visitor.signed_in()?;
    let mut people = PeopleClient::new(front.mesh().to("user"));
    people.get_me(wire::call(&visitor.cx, GetMeRequest {})).await?;
    Ok(Html("yours".into()))
}

async fn sign_in(front: Front, visitor: Visitor) -> Result<&'static str, Problem> {
    front.charge_login(&visitor)?;
    Ok("in")
}

fn world() -> World {
    let console = Router::new()
        .route("/", get(home))
        .route("/account", get(account))
        .route("/sign-in", post(sign_in))
        .route("/panic", get(async || -> &'static str { panic!("secret of the page") }));
    let config = Config { limit_login: 2, ..Config::default() };
    World::with(config, console)
}

async fn text(ask: Ask) -> String {
    let answer = ask.send(&world()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text
}

#[tokio::test]
async fn a_page_knows_its_visitor_and_its_tenant() {
    let cookie = |ask: Ask| ask.header("cookie", "usher=ann-token");
    assert_eq!(text(Ask::get("/")).await, "nobody at none under []");
    assert_eq!(
        text(cookie(Ask::get("/").host("acme.localhost"))).await,
        "a person at acme under []"
    );
    assert_eq!(text(cookie(Ask::get("/t/acme"))).await, "a person at acme under [/t/acme]");
    assert_eq!(text(cookie(Ask::get("/t/acme/"))).await, "a person at acme under [/t/acme]");
}

#[tokio::test]
async fn a_session_that_has_ended_makes_a_visitor_nobody() {
    let ended = Ask::get("/").header("cookie", "usher=long-gone").host("acme.localhost");
    assert_eq!(text(ended).await, "nobody at acme under []");
}

#[tokio::test]
async fn a_stranger_to_the_tenant_sees_its_public_pages_and_no_others() {
    let world = world();
    let visit = |path: &'static str| {
        let ask = Ask::get(path).header("cookie", "usher=ann-token").host("beta.localhost");
        async { ask.send(&world).await }
    };
    assert_eq!(visit("/").await.text, "nobody at beta under []");
    assert_eq!(visit("/account").await.refusal(), refused(404, "tenant_unknown"));
}

#[tokio::test]
async fn a_page_calls_services_in_the_visitors_name() {
    let world = world();
    let ask = Ask::get("/account").header("cookie", "usher=ann-token");
    assert_eq!(ask.send(&world).await.text, "yours");
    assert!(world.last_seen().user().is_some());
    assert_eq!(Ask::get("/account").send(&world).await.refusal(), refused(401, "sign_in_required"));
}

#[tokio::test]
async fn pages_stand_behind_the_same_layers() {
    let world = world();
    let page = Ask::get("/").send(&world).await;
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    assert_eq!(Ask::get("/nowhere").send(&world).await.refusal(), refused(404, "unknown_route"));
    let panic = Ask::get("/panic").send(&world).await;
    assert_eq!(panic.refusal(), refused(500, "internal"));
    assert!(!panic.text.contains("secret"));
    let forged = Ask::new("POST", "/sign-in").header("sec-fetch-site", "cross-site");
    assert_eq!(forged.send(&world).await.refusal(), refused(403, "cross_site"));
}

#[tokio::test]
async fn the_form_to_sign_in_is_limited_as_the_api_is() {
    let world = world();
    let send = || Ask::new("POST", "/sign-in").send(&world);
    assert_eq!(
        (send().await.status, send().await.status),
        (200.try_into().expect("ok"), 200.try_into().expect("ok"))
    );
    let answer: Answer = send().await;
    assert_eq!(answer.refusal(), refused(429, "rate_limited"));
    let api = Ask::post("/v1/sessions", &serde_json::json!({})).send(&world).await;
    assert_eq!(api.status, 429, "one allowance for both doors");
}
