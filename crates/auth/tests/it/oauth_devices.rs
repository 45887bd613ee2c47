//! Devices without a keyboard: asked for, answered by people once, and given tokens once. `USHER_RACE_ROUNDS` (4) says how
//! often many do it at once.

use std::{collections::BTreeMap, time::Duration};

use futures::future::join_all;
use kernel::{Credential, Cx};
use tonic::Status;
use wire::{
    auth::v1::{
        AnswerDeviceRequest, BeginDeviceRequest, ClientProof, CreateOAuthClientRequest,
        DeviceBegun, DeviceQuestion, GrantTokensRequest, ShowDeviceRequest,
        devices_client::DevicesClient,
    },
    call,
};

use crate::{
    house::{House, PASSWORD, ask, from, refusal},
    oauth::{Scene, access, apps},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How many act at once.
const RACERS: usize = 50;

/// How often all of it is tried.
fn rounds() -> usize {
    let wished = std::env::var("USHER_RACE_ROUNDS").ok().filter(|text| !text.is_empty());
    wished.map_or(4, |text| text.parse().expect("USHER_RACE_ROUNDS is a whole number"))
}

fn devices(house: &House) -> DevicesClient<wire::Caller> {
    DevicesClient::new(house.mesh_of("gateway"))
}

async fn begin(
    scene: &Scene,
    client: Option<ClientProof>,
    scope: &str,
) -> Result<DeviceBegun, Status> {
    let request = BeginDeviceRequest { client, scope: scope.into() };
    Ok(devices(&scene.house).begin_device(ask(request)).await?.into_inner())
}

async fn begun(scene: &Scene) -> DeviceBegun {
    begin(scene, scene.proof(), "openid user.members.read").await.expect("begins")
}

/// Ann, at her browser.
fn ann(scene: &Scene) -> Cx {
    scene.house.of(&scene.session)
}

async fn look(scene: &Scene, cx: &Cx, typed: &str) -> Result<DeviceQuestion, Status> {
    let request = ShowDeviceRequest { user_code: typed.into() };
    Ok(devices(&scene.house).show_device(call(cx, request)).await?.into_inner())
}

async fn answer(
    scene: &Scene,
    cx: &Cx,
    question: &DeviceQuestion,
    agreed: bool,
) -> Result<(), Status> {
    let (user_code, approval) = (question.user_code.clone(), question.approval.clone());
    let request = AnswerDeviceRequest { user_code, approval, agreed };
    devices(&scene.house).answer_device(call(cx, request)).await.map(drop)
}

/// A device for which Ann has said this.
pub(crate) async fn answered(scene: &Scene, agreed: bool) -> DeviceBegun {
    let begun = begun(scene).await;
    let question = look(scene, &ann(scene), &begun.user_code).await.expect("asks");
    answer(scene, &ann(scene), &question, agreed).await.expect("answers");
    begun
}

pub(crate) fn poll(scene: &Scene, begun: &DeviceBegun) -> GrantTokensRequest {
    GrantTokensRequest {
        client: scene.proof(),
        grant_type: GRANT.into(),
        device_code: begun.device_code.clone(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_device_gets_tokens_once_its_person_has_agreed() {
    let scene = Scene::set().await;
    let begun = begun(&scene).await;
    assert_eq!(begun.verification_uri, "https://usher.example/device");
    assert_eq!((begun.expires_in, begun.interval, begun.user_code.len()), (600, 5, 9));
    assert_eq!(scene.refused(poll(&scene, &begun)).await, "authorization_pending");
    let typed = begun.user_code.to_lowercase().replace('-', " ");
    let question = look(&scene, &ann(&scene), &typed).await.expect("asks");
    assert_eq!(
        (question.client_name.as_str(), &question.user_code),
        ("Calendar", &begun.user_code)
    );
    assert_eq!(question.scopes, ["openid", "user.members.read"]);
    answer(&scene, &ann(&scene), &question, true).await.expect("agrees");
    let granted = scene.grant(poll(&scene, &begun)).await.expect("grants");
    assert_eq!(granted.scope, "openid user.members.read");
    assert!(!granted.id_token.is_empty());
    assert!(scene.introspect(&access(&granted)).await.active);
    assert_eq!(scene.refused(poll(&scene, &begun)).await, "invalid_grant", "once");
    assert!(scene.introspect(&access(&granted)).await.active, "a device may ask twice");
    let next = scene.grant(scene.renewal(&granted)).await.expect("renews");
    assert_eq!(next.scope, granted.scope);
}

#[tokio::test]
async fn a_device_that_asks_too_often_waits_ever_longer() {
    let scene = Scene::set().await;
    let begun = begun(&scene).await;
    let told = async || scene.refused(poll(&scene, &begun)).await;
    assert_eq!(told().await, "authorization_pending");
    assert_eq!(told().await, "slow_down");
    scene.house.clock.advance(Duration::from_secs(9));
    assert_eq!(told().await, "slow_down", "ten seconds by now");
    scene.house.clock.advance(Duration::from_secs(15));
    assert_eq!(told().await, "authorization_pending");
}

#[tokio::test]
async fn a_device_is_told_of_a_refusal_and_of_the_end_of_its_time() {
    let scene = Scene::set().await;
    let refused = answered(&scene, false).await;
    assert_eq!(scene.refused(poll(&scene, &refused)).await, "access_denied");
    let (late, approved) = (begun(&scene).await, answered(&scene, true).await);
    scene.house.clock.advance(Duration::from_secs(600));
    assert_eq!(scene.refused(poll(&scene, &late)).await, "expired_token");
    assert_eq!(scene.refused(poll(&scene, &approved)).await, "expired_token");
    let gone = look(&scene, &ann(&scene), &late.user_code).await;
    assert_eq!(refusal(gone).1, "device_not_found");
}

#[tokio::test]
async fn only_an_app_that_may_begins_and_each_redeems_its_own() {
    let scene = Scene::set().await;
    let wish =
        CreateOAuthClientRequest { name: "Other".into(), confidential: true, ..Default::default() };
    let other = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
    let other = other.expect("makes").into_inner();
    let other = Some(ClientProof {
        client_id: other.client.expect("an app").client_id,
        client_secret: other.client_secret,
        ..Default::default()
    });
    let wrong = ClientProof { client_secret: "ux_wrong".into(), ..scene.proof().expect("a proof") };
    for (client, scope, reason) in [
        (None, "openid", "invalid_client"),
        (Some(wrong), "openid", "invalid_client"),
        (other.clone(), "", "unauthorized_client"),
        (scene.proof(), "", "invalid_scope"),
        (scene.proof(), "openid user.invites.create", "invalid_scope"),
    ] {
        assert_eq!(refusal(begin(&scene, client, scope).await).1, reason);
    }
    let begun = answered(&scene, true).await;
    let stolen = GrantTokensRequest { client: other, ..poll(&scene, &begun) };
    assert_eq!(scene.refused(stolen).await, "unauthorized_client");
    for code in ["", "ud_", "uo_AAAA", &format!("{}x", begun.device_code), &begun.user_code] {
        let request = GrantTokensRequest { device_code: code.into(), ..poll(&scene, &begun) };
        assert_eq!(scene.refused(request).await, "invalid_grant", "{code}");
    }
    let bad = ["password", "device_code device_code"].map(|text| text.split(' '));
    for grants in bad {
        let grants = grants.map(str::to_owned).collect();
        let wish = CreateOAuthClientRequest { name: "X".into(), grants, ..Default::default() };
        let made = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
        assert_eq!(refusal(made).1, "client_refused");
    }
}

#[tokio::test]
async fn no_answer_counts_but_that_of_whoever_was_asked_and_the_first() {
    let scene = Scene::set().await;
    let begun = begun(&scene).await;
    let question = look(&scene, &ann(&scene), &begun.user_code).await.expect("asks");
    for approval in ["", "x", &question.approval[1..]] {
        let forged = DeviceQuestion { approval: approval.into(), ..question.clone() };
        assert_eq!(refusal(answer(&scene, &ann(&scene), &forged, true).await).1, "not_asked");
    }
    let elsewhere = DeviceQuestion { user_code: "BCDF-GHJK".into(), ..question.clone() };
    assert_eq!(refusal(answer(&scene, &ann(&scene), &elsewhere, true).await).1, "not_asked");
    let second = scene.house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let other = scene.house.of(&second);
    assert_eq!(refusal(answer(&scene, &other, &question, true).await).1, "not_asked");
    let of = (scene.session.user_id.as_str(), scene.session.session_id.as_str());
    let by_token = scene.house.vouched(of, None, &[], Credential::Token);
    let by_token = answer(&scene, &by_token, &question, true).await;
    assert_eq!(refusal(by_token).1, "session_required");
    answer(&scene, &ann(&scene), &question, false).await.expect("refuses");
    let again = answer(&scene, &ann(&scene), &question, true).await;
    assert_eq!(refusal(again).1, "device_not_found", "it was answered");
    assert_eq!(scene.refused(poll(&scene, &begun)).await, "access_denied");
}

#[tokio::test]
async fn strangers_to_the_tenant_see_no_device_and_whoever_leaves_gives_no_tokens() {
    let scene = Scene::set().await;
    let (shown, agreed) = (begun(&scene).await, answered(&scene, true).await);
    scene.house.people.put_out(&scene.session.user_id);
    let looked = look(&scene, &ann(&scene), &shown.user_code).await;
    assert_eq!(refusal(looked).1, "device_not_found");
    assert_eq!(scene.refused(poll(&scene, &agreed)).await, "invalid_grant");
    scene.house.others.suspend(scene.tenant);
    assert_eq!(refusal(begin(&scene, scene.proof(), "openid").await).1, "invalid_client");
    assert_eq!(scene.refused(poll(&scene, &shown)).await, "invalid_client");
}

#[tokio::test]
async fn a_session_that_ended_gives_a_device_nothing() {
    let scene = Scene::set().await;
    let agreed = answered(&scene, true).await;
    let request = wire::auth::v1::EndSessionRequest {};
    scene.house.sessions().end_session(call(&ann(&scene), request)).await.expect("ends");
    assert_eq!(scene.refused(poll(&scene, &agreed)).await, "invalid_grant");
}

#[tokio::test]
async fn guesses_of_a_person_are_slowed_down_and_right_ones_are_not_counted() {
    let scene = Scene::set().await;
    let begun = begun(&scene).await;
    for _ in 0..20 {
        look(&scene, &ann(&scene), &begun.user_code).await.expect("asks");
    }
    for wrong in ["BCDF-GHJK", "", "no code"].into_iter().cycle().take(11) {
        let looked = look(&scene, &ann(&scene), wrong).await;
        assert_eq!(refusal(looked).1, "device_not_found", "{wrong}");
    }
    let looked = look(&scene, &ann(&scene), &begun.user_code).await;
    assert_eq!(refusal(looked).1, "too_many_tries");
    scene.house.clock.advance(Duration::from_secs(1));
    look(&scene, &ann(&scene), &begun.user_code).await.expect("asks after a while");
    scene.house.sign_in("ann@example.com", PASSWORD).await.expect("a password is another matter");
}

#[tokio::test]
async fn guesses_from_one_source_are_slowed_down_whoever_makes_them() {
    let scene = Scene::set().await;
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..11 {
        let id = testkit::user().to_string();
        let cx = Cx { ip: from("192.0.2.9").ip, ..scene.house.person(&id, &id) };
        for _ in 0..10 {
            let reason = refusal(look(&scene, &cx, "BCDF-GHJK").await).1;
            *told.entry(reason).or_default() += 1;
        }
    }
    let expected = [("device_not_found", 101), ("too_many_tries", 9)];
    assert_eq!(told, expected.map(|(word, count)| (word.to_owned(), count)).into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_that_answer_and_fifty_that_redeem_at_once_one_counts() {
    let scene = Scene::set().await;
    for round in 0..rounds() {
        let begun = begun(&scene).await;
        // A session has so many families of tokens at most.
        let session = scene.house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
        let cx = scene.house.of(&session);
        let question = look(&scene, &cx, &begun.user_code).await.expect("asks");
        let said = (0..RACERS).map(|at| answer(&scene, &cx, &question, at % 2 == 0));
        let said = join_all(said).await;
        let counted: Vec<usize> = (0..RACERS).filter(|at| said[*at].is_ok()).collect();
        assert_eq!(counted.len(), 1, "round {round}: one answer counts");
        for lost in said.into_iter().filter(Result::is_err) {
            assert_eq!(refusal(lost).1, "device_not_found");
        }
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for answer in join_all((0..RACERS).map(|_| scene.grant(poll(&scene, &begun)))).await {
            let word =
                answer.map_or_else(|status| wire::code_of(&status).reason, |_| "granted".into());
            *told.entry(word).or_default() += 1;
        }
        let expected = match counted[0] % 2 {
            0 => BTreeMap::from([("granted".into(), 1), ("invalid_grant".into(), RACERS - 1)]),
            _ => BTreeMap::from([("access_denied".into(), RACERS)]),
        };
        assert_eq!(told, expected, "round {round}");
    }
}

#[tokio::test]
async fn questions_of_two_days_ago_are_swept() {
    let scene = Scene::set().await;
    begun(&scene).await;
    scene.house.clock.advance(Duration::from_secs(2 * 24 * 3_600));
    begun(&scene).await;
    // A fresh start sweeps at once.
    let host = boot::Host::new();
    auth::start(&scene.house.app, wire::identity::Trust::default(), &host).expect("starts");
    let swept = "select count(*) = 1 from oauth_devices";
    scene.house.database.until(auth::NAME, swept).await;
    host.drain(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn codes_are_kept_as_hashes_alone() {
    let scene = Scene::set().await;
    let begun = begun(&scene).await;
    let kept = scene.house.text("select row_to_json(d)::text from oauth_devices d").await;
    let letters = begun.user_code.replace('-', "");
    for secret in [begun.device_code.as_str(), &begun.user_code, &letters] {
        assert!(!kept.contains(secret), "{kept}");
    }
}

#[tokio::test]
async fn whoever_proves_nothing_begins_so_many_at_once_and_leaves_no_trail() {
    let scene = Scene::set().await;
    let wish = CreateOAuthClientRequest {
        name: "Screen".into(),
        scopes: vec!["openid".into()],
        grants: vec!["device_code".into()],
        ..Default::default()
    };
    let app = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
    let scene = Scene { app: app.expect("makes").into_inner(), ..scene };
    let begin = async || begin(&scene, scene.proof(), "openid").await;
    begin().await.expect("begins");
    let fill = "insert into oauth_devices (tenant_id, code_hash, user_code_hash, client_id, scope, created_at,
                                           expires_at, wait_seconds)
                select tenant_id, sha256(n::text::bytea), sha256(n::text::bytea), client_id, scope, created_at,
                       expires_at, wait_seconds
                from oauth_devices, generate_series(2, 1000) n";
    sqlx::query(fill).execute(&mut scene.house.admin().await).await.expect("fills");
    assert_eq!(refusal(begin().await).1, "busy");
    scene.house.clock.advance(Duration::from_secs(600));
    begin().await.expect("begins when they are over");
    let trail = "select count(*)::text from audit_events where action = 'oauth.device'";
    assert_eq!(scene.house.text(trail).await, "0");
}
