//! What apps do with people and for themselves, each journey with every library.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Clock;
use reqwest::Method;
use sandbox::logouts;
use serde_json::{Value, json};
use testkit::{Actor, Platform, found};

use super::{
    browser::Browser,
    program::{Library, Program},
};
use crate::steps::text;

const BACK: &str = "https://app.example/cb";
const OUT: &str = "https://app.example/out";
const SCOPE: &str = "openid email user.members.read";
/// Longer than a fresh key waits, and than an access token lives.
const LONG: Duration = Duration::from_secs(700);
/// Longer than two tabs of one browser may use one refresh token.
const SHORT: Duration = Duration::from_secs(15);

/// A platform with a person, the apps of their tenant, and a clock to turn.
struct World {
    platform: Platform,
    clock: Clock,
    person: Actor,
    /// Where apps are told of sessions that ended.
    ear: logouts::Handle,
    given: Value,
}

impl World {
    async fn start(clock: Clock) -> Self {
        let trusted = vec![outbound::Trusted::parse("127.0.0.1").expect("a host")];
        let platform = Platform::builder().clock(clock.clone());
        let platform = platform.settings(|all| all.outbound.outbound_trusted_hosts = trusted);
        let platform = platform.start().await;
        let person = platform.tenant("Acme").await.member("owner").await;
        let account = person.post("/v1/service-accounts", json!({"name": "Robot"})).await.json();
        let account = text(&account, "serviceAccountId");
        let bind = json!({"subjectType": "service_account", "subjectId": account, "role": "user"});
        person.post("/v1/role-bindings", bind).await.json();
        let ear = logouts::start().await.expect("an app that listens");
        let mut given = json!({
            "issuer": platform.url(),
            "back": BACK,
            "out": OUT,
            "ear": ear.url(),
            "scope": SCOPE,
            "members": format!("{}/v1/members", platform.url()),
            "person": {"id": person.user_id(), "email": person.email()},
        });
        let robot = json!({"confidential": true, "serviceAccountId": account, "scopes": ["user.members.read"]});
        for (name, wish) in
            [("app", json!({"confidential": true})), ("public", json!({})), ("robot", robot)]
        {
            given[name] = make(&person, &wish).await;
        }
        given["robot"]["account"] = account.into();
        Self { platform, clock, person, ear, given }
    }
}

/// Makes an app of the tenant that has what it wishes for; its name, and its secret where it has one.
async fn make(person: &Actor, wish: &Value) -> Value {
    let scopes: Vec<_> = SCOPE.split(' ').collect();
    let mut app = json!({"name": "App", "redirectUris": [BACK], "scopes": scopes});
    for (name, value) in wish.as_object().expect("an object") {
        app[name] = value.clone();
    }
    let made = person.post("/v1/oauth-clients", app).await.json();
    json!({"id": made["client"]["clientId"], "secret": made["clientSecret"]})
}

/// Leads every library through a journey, and does what it asks of the world.
async fn lead(world: &World, journey: &str) {
    for library in Library::ALL {
        let mut given = world.given.clone();
        given["journey"] = journey.into();
        given["ahead"] = ahead(world);
        let browser = Browser::of(&world.platform, &world.person);
        let mut program = Program::start(library, &given).await;
        loop {
            let wish = program.asks().await;
            let answer = match text(&wish, "ask") {
                "browse" => {
                    let url = browser.open(text(&wish, "url"), text(&wish, "answer")).await;
                    json!({"url": url})
                }
                "make" => make(&world.person, &wish["wish"]).await,
                "refused" => refused(&world.platform, text(&wish, "token")).await,
                "turn keys" => turn_keys(world).await,
                "told" => told(world, text(&wish, "app")).await,
                "wait" => pass(world, SHORT),
                "nothing more" => break,
                other => panic!("{library:?} asks for {other}"),
            };
            program.tell(&answer).await;
        }
    }
}

/// What was revoked is refused, as soon as the gateway asks anew.
async fn refused(platform: &Platform, token: &str) -> Value {
    let nobody = platform.anonymous();
    let read = || nobody.request(Method::GET, "/v1/members").bearer_auth(token);
    let ended = async || nobody.send(read()).await.status == 401;
    platform.eventually("what was revoked is refused", ended).await;
    json!({})
}

/// The token by which an app is told that a session has ended.
async fn told(world: &World, app: &str) -> Value {
    let is_its = |token: &String| {
        let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Option<Value> = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        claims.is_some_and(|claims| claims["aud"] == app)
    };
    let token =
        found("the app is told", async || world.ear.tokens().into_iter().find(is_its)).await;
    json!({"token": token})
}

/// Another key signs, and the former one is still published.
async fn turn_keys(world: &World) -> Value {
    let root = world.platform.staff("super_admin").await;
    let next = root.post("/v1/signing-keys/rotate", json!({})).await.json();
    let published = async || {
        let set = world.platform.anonymous().get("/.well-known/jwks.json").await.json();
        set["keys"]
            .as_array()
            .is_some_and(|keys| keys.iter().any(|key| key["kid"] == next["keyId"]))
    };
    world.platform.eventually("the next key is published", published).await;
    pass(world, LONG)
}

/// A clock that stands ahead of the machine's: the deadlines of calls are measured by the machine's as well.
fn standing() -> Clock {
    Clock::standing_at(kernel::Timestamp::from(jiff::Timestamp::now()).after(LONG))
}

/// Time passes.
fn pass(world: &World, span: Duration) -> Value {
    world.clock.advance(span);
    json!({"ahead": ahead(world)})
}

/// By how many seconds the platform's clock is ahead of the machine's.
fn ahead(world: &World) -> Value {
    (world.clock.now().jiff().as_second() - jiff::Timestamp::now().as_second()).into()
}

#[tokio::test]
async fn an_app_signs_a_person_in_renews_asks_and_revokes() {
    let world = World::start(Clock::system()).await;
    lead(&world, "person").await;
    world.platform.stop().await;
}

#[tokio::test]
async fn an_app_that_keeps_no_secret_does_so_by_its_verifier() {
    let world = World::start(Clock::system()).await;
    lead(&world, "public").await;
    world.platform.stop().await;
}

#[tokio::test]
async fn an_app_acts_for_itself() {
    let world = World::start(Clock::system()).await;
    lead(&world, "itself").await;
    world.platform.stop().await;
}

#[tokio::test]
async fn what_is_not_as_it_was_asked_is_refused_by_the_library_or_the_platform() {
    let world = World::start(Clock::system()).await;
    lead(&world, "refusals").await;
    world.platform.stop().await;
}

#[tokio::test]
async fn a_sign_in_goes_on_while_keys_are_turned_and_ends_with_a_stolen_token() {
    let world = World::start(standing()).await;
    lead(&world, "keys").await;
    world.platform.kill();
}

#[tokio::test]
async fn an_app_asks_for_no_question_and_learns_why_there_has_to_be_one() {
    let world = World::start(Clock::system()).await;
    lead(&world, "quietly").await;
    world.platform.stop().await;
}

#[tokio::test]
async fn an_app_pushes_what_it_asks_for() {
    let world = World::start(Clock::system()).await;
    lead(&world, "pushed").await;
    world.platform.stop().await;
}

#[tokio::test]
async fn an_app_proves_itself_by_a_key() {
    let world = World::start(Clock::system()).await;
    lead(&world, "keyed").await;
    world.platform.stop().await;
}

#[tokio::test]
async fn a_person_lets_a_device_act() {
    let world = World::start(standing()).await;
    lead(&world, "device").await;
    world.platform.kill();
}

#[tokio::test]
async fn an_app_signs_a_person_out_and_is_told_of_it() {
    let world = World::start(Clock::system()).await;
    lead(&world, "logout").await;
    world.platform.stop().await;
}

#[tokio::test]
async fn an_app_passes_on_less_than_it_was_given() {
    let world = World::start(Clock::system()).await;
    lead(&world, "exchange").await;
    world.platform.stop().await;
}
