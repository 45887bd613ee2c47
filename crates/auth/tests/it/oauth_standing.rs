//! What apps have rests and ends with what it stands on: the tenant, the person, their session, the app.

use std::time::Duration;

use kernel::Credential;
use tonic::Status;
use wire::{
    auth::v1::{
        ClientProof, CreateOAuthClientRequest, EndOAuthClientRequest, EndSessionRequest,
        GetUserInfoRequest, GrantTokensRequest, GrantTokensResponse, NewOAuthClient,
        RevokeTokenRequest, RotateOAuthClientSecretRequest,
    },
    call,
};

use crate::{
    house::{PASSWORD, ask, refusal},
    oauth::{Scene, access, apps, oauth},
    tokens::created,
};

fn refresh(granted: &GrantTokensResponse) -> String {
    granted.tokens.as_ref().expect("tokens").refresh_token.clone()
}

async fn user_info(scene: &Scene, granted: &GrantTokensResponse) -> Result<(), Status> {
    let asked = GetUserInfoRequest { access_token: access(granted) };
    oauth(&scene.house).get_user_info(ask(asked)).await.map(|_| ())
}

#[tokio::test]
async fn an_app_is_told_and_given_nothing_while_its_tenant_is_not_served() {
    let scene = Scene::set().await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    scene.house.others.suspend(scene.tenant);
    assert_eq!(scene.refused(scene.renewal(&granted)).await, "invalid_client");
    assert_eq!(refusal(user_info(&scene, &granted).await).1, "invalid_token");
    scene.house.others.resume(scene.tenant);
    user_info(&scene, &granted).await.expect("goes on");
    scene.grant(scene.renewal(&granted)).await.expect("goes on");
}

#[tokio::test]
async fn no_token_of_somebody_put_out_or_signed_out_is_alive() {
    let scene = Scene::set().await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    let shown = [access(&granted), refresh(&granted)];
    for token in &shown {
        assert!(scene.introspect(token).await.active);
    }
    scene.house.people.put_out(&scene.session.user_id);
    for token in &shown {
        assert!(!scene.introspect(token).await.active, "put out");
    }
    assert_eq!(refusal(user_info(&scene, &granted).await).1, "invalid_token");
    scene.house.people.allow(&scene.session.user_id, &[]);
    assert!(scene.introspect(&shown[1]).await.active);
    let end = call(&scene.house.of(&scene.session), EndSessionRequest {});
    scene.house.sessions().end_session(end).await.expect("signs out");
    for token in &shown {
        assert!(!scene.introspect(token).await.active, "signed out");
    }
}

#[tokio::test]
async fn a_token_is_given_up_although_its_person_rests() {
    let scene = Scene::set().await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    scene.house.people.put_out(&scene.session.user_id);
    let revoke = RevokeTokenRequest { client: scene.proof(), token: access(&granted) };
    oauth(&scene.house).revoke_token(ask(revoke)).await.expect("ends");
    scene.house.people.allow(&scene.session.user_id, &[]);
    assert!(!scene.introspect(&refresh(&granted)).await.active);
}

#[tokio::test]
async fn giving_up_a_token_is_not_said_to_be_done_where_it_could_not_be() {
    let scene = Scene::set().await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    scene.house.clock.advance(std::time::Duration::from_secs(60));
    let mut admin = scene.house.admin().await;
    sqlx::query("alter table signing_keys rename to away").execute(&mut admin).await.expect("away");
    let revoke = RevokeTokenRequest { client: scene.proof(), token: access(&granted) };
    oauth(&scene.house).revoke_token(ask(revoke)).await.expect_err("is not done");
}

#[tokio::test]
async fn a_renewal_may_ask_for_less_and_one_that_asks_for_more_costs_nothing() {
    let scene = Scene::set().await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    let asking =
        |scope: &str| GrantTokensRequest { scope: scope.into(), ..scene.renewal(&granted) };
    assert_eq!(scene.refused(asking("openid email")).await, "invalid_scope");
    let turned = scene.house.text("select generation::text from token_families").await;
    assert_eq!(turned, "0", "nothing has turned");
    let less = scene.grant(asking("user.members.read")).await.expect("renews");
    assert_eq!(less.scope, "user.members.read");
    assert_eq!(refusal(user_info(&scene, &less).await).1, "insufficient_scope");
    let all =
        GrantTokensRequest { scope: "user.members.read openid".into(), ..scene.renewal(&less) };
    assert_eq!(scene.grant(all).await.expect("renews").scope, "openid user.members.read");
}

#[tokio::test]
async fn a_code_of_an_app_that_ends_meanwhile_gives_nothing() {
    let scene = Scene::set().await;
    let code = scene.code().await;
    let mut admin = scene.house.admin().await;
    // The app ends in a transaction that is open while the code is shown.
    sqlx::query("begin").execute(&mut admin).await.expect("begins");
    let end = "update oauth_clients set ended_at = now()";
    sqlx::query(end).execute(&mut admin).await.expect("ends");
    let commit = async {
        // Until the redemption waits for the app's row.
        let waits = "select exists (select from pg_stat_activity where wait_event_type = 'Lock'
                     and datname = current_database())";
        while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut admin).await.expect("looks") {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        sqlx::query("commit").execute(&mut admin).await.expect("commits");
    };
    let (refused, ()) = tokio::join!(scene.refused(scene.redemption(&code)), commit);
    assert_eq!(refused, "invalid_client");
    assert_eq!(scene.house.text("select count(*)::text from token_families").await, "0");
}

#[tokio::test]
async fn a_tenant_has_a_hundred_apps_at_most() {
    let scene = Scene::set().await;
    let wish = || CreateOAuthClientRequest { name: "App".into(), ..Default::default() };
    for _ in 0..99 {
        let made = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish())).await;
        made.expect("makes");
    }
    let beyond = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish())).await;
    assert_eq!(refusal(beyond).1, "too_many_apps");
}

#[tokio::test]
async fn a_sign_in_that_is_not_let_in_is_an_invalid_grant() {
    let scene = Scene::set().await;
    let code = scene.code().await;
    let mut admin = scene.house.admin().await;
    let sso = "update sessions set method = 'sso'";
    sqlx::query(sso).execute(&mut admin).await.expect("a provider's");
    assert_eq!(scene.refused(scene.redemption(&code)).await, "invalid_grant");
    let nobody =
        GrantTokensRequest { client: Some(ClientProof::default()), ..scene.redemption(&code) };
    assert_eq!(scene.refused(nobody).await, "invalid_client");
}

#[tokio::test]
async fn tokens_of_an_app_end_with_the_session_and_with_the_app() {
    let scene = Scene::set().await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    let told = scene.introspect(&access(&granted)).await;
    assert_eq!((told.active, told.tid.as_str()), (true, scene.tenant.to_string().as_str()));
    let rotate = RotateOAuthClientSecretRequest { oauth_client_id: scene.name() };
    let rotated = apps(&scene.house).rotate_o_auth_client_secret(call(&scene.admin, rotate)).await;
    let secret = rotated.expect("rotates").into_inner().client_secret;
    assert_eq!(scene.refused(scene.renewal(&granted)).await, "invalid_client", "the former secret");
    let scene =
        Scene { app: NewOAuthClient { client_secret: secret, ..scene.app.clone() }, ..scene };
    scene.grant(scene.renewal(&granted)).await.expect("renews");
    let end = call(&scene.house.of(&scene.session), EndSessionRequest {});
    scene.house.sessions().end_session(end).await.expect("signs out");
    assert!(!scene.introspect(&access(&granted)).await.active);
    let end = || EndOAuthClientRequest { oauth_client_id: scene.name() };
    for _ in 0..2 {
        let ended = apps(&scene.house).end_o_auth_client(call(&scene.admin, end())).await;
        assert!(ended.expect("ends").into_inner().ended_at.is_some());
    }
    assert_eq!(scene.refused(scene.renewal(&granted)).await, "invalid_client");
}

#[tokio::test]
async fn an_app_that_begins_anew_with_each_code_ends_what_it_began_first() {
    let scene = Scene::set().await;
    let mut granted = Vec::new();
    for _ in 0..12 {
        scene.house.clock.advance(Duration::from_millis(1));
        granted.push(scene.grant(scene.redemption(&scene.code().await)).await.expect("grants"));
    }
    let mut alive = Vec::new();
    for granted in &granted {
        alive.push(scene.introspect(&access(granted)).await.active);
    }
    assert_eq!(alive, [vec![false; 2], vec![true; 10]].concat());
    let other = scene.house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let scene = Scene { session: other, ..scene };
    for _ in 0..50 {
        let own = created(&scene.house, &scene.session, Some(scene.tenant), Credential::Session);
        own.await.expect("gives tokens");
    }
    let code = scene.code().await;
    assert_eq!(scene.refused(scene.redemption(&code)).await, "invalid_grant");
}
