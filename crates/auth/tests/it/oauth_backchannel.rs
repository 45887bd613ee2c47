//! Apps that are told when a session in which they got tokens has ended.

use std::{collections::HashSet, time::Duration};

use bus::Relay;
use kernel::Credential;
use sandbox::logouts::{self, Handle};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wire::{
    auth::v1::{
        ChangePasswordRequest, EndAllSessionsRequest, EndOAuthClientRequest, EndSessionRequest,
        ErasePersonRequest, FollowPersonRequest, GrantTokensResponse,
        standings_client::StandingsClient,
    },
    call,
    tokens::{ACCESS_TOKEN, AccessClaims, open},
    user::v1::MembershipRemoved,
};

use crate::{
    house::{PASSWORD, ask},
    oauth::{Scene, apps},
    oauth_logouts::{scene_told_at, with_app_told_at},
    signing_keys::public,
};

/// A scene in which Ann's session has given the app tokens, and the app, all ears.
async fn listening() -> (Scene, Handle, GrantTokensResponse) {
    let ear = logouts::start().await.expect("starts");
    let scene = scene_told_at(&ear.url()).await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    (scene, ear, granted)
}

async fn sign_out(scene: &Scene) {
    let request = call(&scene.house.of(&scene.session), EndSessionRequest {});
    scene.house.sessions().end_session(request).await.expect("ends");
}

/// Waits for the word of the end of Ann's session.
async fn told(scene: &Scene, ear: &Handle, what: &str) -> Value {
    testkit::eventually(what, async || !ear.tokens().is_empty()).await;
    let keys = public(&scene.house).await;
    let claims: Value = open(&ear.tokens()[0], "logout+jwt", &keys).expect("holds");
    assert_eq!((&claims["aud"], &claims["sid"]), (&scene.name().into(), &sid(scene)), "{what}");
    claims
}

fn sid(scene: &Scene) -> Value {
    scene.session.session_id.clone().into()
}

async fn runs(scene: &Scene) -> String {
    scene.house.text("select count(*)::text from job_keys where workflow = 'tell_logout'").await
}

#[tokio::test]
async fn whoever_signs_out_does_so_in_each_app_that_got_tokens() {
    let (scene, ear, _granted) = listening().await;
    sign_out(&scene).await;
    let claims = told(&scene, &ear, "signed out").await;
    let at = scene.house.clock.now().jiff().as_second();
    let events = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    assert_eq!((&claims["iss"], &claims["events"]), (&"https://usher.example".into(), &events));
    assert_eq!(claims["sub"], scene.session.user_id.as_str());
    assert_eq!((&claims["iat"], &claims["exp"]), (&at.into(), &(at + 120).into()));
    assert!(claims["jti"].is_string() && claims.get("nonce").is_none(), "{claims}");
    let token = ear.tokens().remove(0);
    let keys = public(&scene.house).await;
    assert!(open::<AccessClaims>(&token, ACCESS_TOKEN, &keys).is_err(), "it opens nothing");
    sign_out(&scene).await;
    assert_eq!(runs(&scene).await, "1", "it has ended once");
}

#[tokio::test]
async fn every_other_end_of_a_session_is_told_as_well() {
    for way in ["all", "password", "disabled", "erased"] {
        let (scene, ear, _granted) = listening().await;
        let (house, user_id) = (&scene.house, scene.session.user_id.clone());
        match way {
            "all" => {
                let request = call(&house.of(&scene.session), EndAllSessionsRequest {});
                house.sessions().end_all_sessions(request).await.map(drop)
            }
            "password" => {
                let other = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
                let request = ChangePasswordRequest {
                    current_password: PASSWORD.into(),
                    new_password: "eight slow green canaries".into(),
                };
                house.passwords().change_password(call(&house.of(&other), request)).await.map(drop)
            }
            "disabled" => {
                let said = FollowPersonRequest {
                    user_id,
                    version: 2,
                    email: "ann@example.com".into(),
                    status: "disabled".into(),
                    kept_session_id: String::new(),
                };
                let mut standings = StandingsClient::new(house.mesh_of("user"));
                standings.follow_person(ask(said)).await.map(drop)
            }
            _ => {
                let mut standings = StandingsClient::new(house.mesh_of("user"));
                standings.erase_person(ask(ErasePersonRequest { user_id })).await.map(drop)
            }
        }
        .expect("ends");
        told(&scene, &ear, way).await;
    }
}

#[tokio::test]
async fn an_app_of_a_tenant_that_somebody_leaves_is_told_though_the_session_goes_on() {
    let (scene, ear, _granted) = listening().await;
    let house = &scene.house;
    let db = house.database.db("user");
    let mut tx = db.tenant(scene.tenant, "remove").await.expect("opens");
    let user_id = kernel::UserId::parse(&scene.session.user_id).expect("an id");
    let fact = MembershipRemoved { user_id: user_id.to_string(), ..Default::default() };
    bus::emit(&mut tx, &testkit::cx(scene.tenant), user_id.uuid(), &fact).await.expect("emits");
    tx.commit().await.expect("commits");
    let relay = Relay::new(db, house.app.nats.clone());
    house.host.spawn("user relay", async move |stop| Ok(relay.run(stop).await?));
    told(&scene, &ear, "left").await;
    let kept = house.text("select count(*)::text from session_apps").await;
    assert_eq!(kept, "0", "it is not told again when the session ends");
    house.identify(&scene.session.token).await.expect("goes on");
}

#[tokio::test]
async fn a_tenants_apps_that_never_answer_keep_no_other_tenant_waiting() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let nowhere = format!("http://{}/logout", silent.local_addr().expect("an address"));
    let (scene, ear, _granted) = listening().await;
    let (anns, calendar) = (scene.session.clone(), scene.app.clone());
    scene.house.signed_up("bob@example.com").await;
    let session = scene.house.sign_in("bob@example.com", PASSWORD).await.expect("signs in");
    let (tenant, id) = (testkit::tenant(), testkit::user().to_string());
    let rights = ["auth.clients.read", "auth.clients.write"];
    let admin = scene.house.vouched((&id, &id), Some(tenant), &rights, Credential::Session);
    let mut scene = Scene { session, tenant, admin, ..scene };
    for _ in 0..5 {
        scene = with_app_told_at(scene, &nowhere).await;
        scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    }
    sign_out(&scene).await;
    let mut held = Vec::new();
    while held.len() < 4 {
        held.push(silent.accept().await.expect("is asked"));
    }
    let scene = Scene { session: anns, app: calendar, ..scene };
    sign_out(&scene).await;
    told(&scene, &ear, "meanwhile").await;
    let given_up = "select count(*)::text from job_steps where reason is not null";
    assert_eq!(scene.house.text(given_up).await, "0", "the others are still being asked");
}

#[tokio::test]
async fn what_has_expired_is_told_of_no_more() {
    let (scene, _ear, _granted) = listening().await;
    scene.house.clock.advance(Duration::from_secs(400 * 24 * 3_600));
    for _ in 0..2 {
        let session = scene.house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
        let request = call(&scene.house.of(&session), EndAllSessionsRequest {});
        scene.house.sessions().end_all_sessions(request).await.expect("ends");
    }
    assert_eq!(scene.house.text("select count(*)::text from job_keys").await, "0");
}

#[tokio::test]
async fn an_app_that_is_away_is_told_when_it_is_back() {
    let (scene, ear, _granted) = listening().await;
    for status in [503, 429, 500] {
        ear.push_fault(status);
    }
    sign_out(&scene).await;
    testkit::eventually("told at last", async || {
        scene.house.clock.advance(Duration::from_secs(60));
        !ear.tokens().is_empty()
    })
    .await;
    let one: HashSet<String> = ear.tokens().into_iter().collect();
    assert_eq!(one.len(), 1);
}

#[tokio::test]
async fn an_app_that_refuses_the_word_is_not_asked_again() {
    let (scene, ear, _granted) = listening().await;
    ear.push_fault(400);
    sign_out(&scene).await;
    let failed = "select exists (select from job_history where state = 'failed') or exists (select from jobs where state = 'failed')";
    scene.house.database.until(auth::NAME, failed).await;
    assert!(ear.tokens().is_empty());
}

#[tokio::test]
async fn no_word_goes_to_an_address_inside() {
    let scene = scene_told_at("https://10.0.0.1/told").await;
    scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    sign_out(&scene).await;
    let refused = "select exists (select from job_steps where reason = 'backchannel_logout_address_forbidden')";
    scene.house.database.until(auth::NAME, refused).await;
}

#[tokio::test]
async fn nothing_is_told_where_nobody_listens() {
    let scene = scene_told_at("").await;
    scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    sign_out(&scene).await;
    assert_eq!(scene.house.text("select count(*)::text from job_keys").await, "0");
    let (scene, ear, _granted) = listening().await;
    let end = EndOAuthClientRequest { oauth_client_id: scene.name() };
    apps(&scene.house).end_o_auth_client(call(&scene.admin, end)).await.expect("ends");
    sign_out(&scene).await;
    let done =
        "select exists (select from job_history where (workflow, state) = ('tell_logout', 'done'))
                or exists (select from jobs where (workflow, state) = ('tell_logout', 'done'))";
    scene.house.database.until(auth::NAME, done).await;
    assert!(ear.tokens().is_empty(), "the app has ended");
}
