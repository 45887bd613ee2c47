//! Lesser tokens for tokens: less scope, no longer life, the same end, and who acts for whom.

use std::time::Duration;

use kernel::Credential;
use wire::{
    auth::v1::{
        ClientProof, CreateOAuthClientRequest, EndOAuthClientRequest, EndSessionRequest,
        GrantTokensRequest, GrantTokensResponse, RevokeTokenRequest,
    },
    call,
    tokens::{ACCESS_TOKEN, AccessClaims, open},
};

use crate::{
    house::{PASSWORD, ask},
    oauth::{Scene, access, apps, oauth},
    signing_keys::public,
    tokens::created,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const KIND: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A scene with the token that Ann's calendar has of her, and another app that exchanges.
async fn scene() -> (Scene, String, ClientProof) {
    let scene = Scene::set().await;
    let granted = scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    let exchanger = app(&scene, true, &["token_exchange"]).await;
    (scene, access(&granted), exchanger)
}

async fn app(scene: &Scene, confidential: bool, grants: &[&str]) -> ClientProof {
    let wish = CreateOAuthClientRequest {
        name: "Reports".into(),
        confidential,
        scopes: ["email", "user.members.read", "user.invites.create"].map(String::from).into(),
        grants: grants.iter().map(|&grant| grant.to_owned()).collect(),
        ..Default::default()
    };
    let made = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await;
    let made = made.expect("makes").into_inner();
    let (client_id, client_secret) = (made.client.expect("an app").client_id, made.client_secret);
    ClientProof { client_id, client_secret, ..Default::default() }
}

fn wish(client: &ClientProof, subject: &str) -> GrantTokensRequest {
    GrantTokensRequest {
        client: Some(client.clone()),
        grant_type: GRANT.into(),
        subject_token: subject.into(),
        subject_token_type: KIND.into(),
        ..Default::default()
    }
}

async fn claims(scene: &Scene, token: &str) -> AccessClaims {
    open(token, ACCESS_TOKEN, &public(&scene.house).await).expect("holds")
}

async fn given(scene: &Scene, wish: GrantTokensRequest) -> (GrantTokensResponse, AccessClaims) {
    let given = scene.grant(wish).await.expect("exchanges");
    let said = claims(scene, &access(&given)).await;
    (given, said)
}

#[tokio::test]
async fn an_app_gets_less_than_it_showed_for_no_longer_and_with_the_same_end() {
    let (scene, subject, exchanger) = scene().await;
    scene.house.clock.advance(Duration::from_secs(200));
    let (granted, said) = given(&scene, wish(&exchanger, &subject)).await;
    assert_eq!(granted.scope, "user.members.read", "what both have");
    let tokens = granted.tokens.as_ref().expect("tokens");
    assert!(tokens.refresh_token.is_empty() && granted.id_token.is_empty());
    assert_eq!(tokens.expires_in, 100, "as long as what was shown");
    let shown = claims(&scene, &subject).await;
    assert_eq!((said.sub, said.sid, said.family), (shown.sub, shown.sid, shown.family));
    assert_eq!((said.tid, said.exp), (shown.tid, shown.exp));
    assert_eq!((said.client_id, said.act), (exchanger.client_id.clone(), None));
    assert_ne!(said.jti, shown.jti);
    assert!(scene.introspect(&access(&granted)).await.active);
    let revoke = RevokeTokenRequest { client: scene.proof(), token: subject };
    oauth(&scene.house).revoke_token(ask(revoke)).await.expect("ends");
    assert!(!scene.introspect(&access(&granted)).await.active, "it ends with what was shown");
}

#[tokio::test]
async fn who_acts_for_whom_is_told_with_all_who_acted_before() {
    let (scene, subject, exchanger) = scene().await;
    scene.house.signed_up("bob@example.com").await;
    let session = scene.house.sign_in("bob@example.com", PASSWORD).await.expect("signs in");
    let of_bob = created(&scene.house, &session, Some(scene.tenant), Credential::Session).await;
    let of_bob = of_bob.expect("gives tokens").access_token;
    let delegated = |subject: &str| GrantTokensRequest {
        actor_token: of_bob.clone(),
        actor_token_type: KIND.into(),
        ..wish(&exchanger, subject)
    };
    let mut token = subject.clone();
    for depth in 1..=4 {
        let (granted, said) = given(&scene, delegated(&token)).await;
        let act = said.act.expect("somebody acts");
        assert_eq!((act.sub.to_string(), act.depth()), (session.user_id.clone(), depth));
        assert_eq!(
            (said.sub.to_string(), act.client_id),
            (scene.session.user_id.clone(), "usher".into())
        );
        token = access(&granted);
    }
    assert_eq!(scene.refused(delegated(&token)).await, "invalid_request", "too many by now");
    let (_, said) = given(&scene, wish(&exchanger, &token)).await;
    assert_eq!(said.act.expect("is not washed off").depth(), 4);
}

#[tokio::test]
async fn a_persons_own_token_gives_rights_and_not_who_they_are() {
    let (scene, _, exchanger) = scene().await;
    let own = created(&scene.house, &scene.session, Some(scene.tenant), Credential::Session).await;
    let own = own.expect("gives tokens").access_token;
    let (granted, _) = given(&scene, wish(&exchanger, &own)).await;
    assert_eq!(granted.scope, "user.invites.create user.members.read");
    let email = GrantTokensRequest { scope: "email".into(), ..wish(&exchanger, &own) };
    assert_eq!(scene.refused(email).await, "invalid_scope");
}

#[tokio::test]
async fn whatever_asks_for_more_or_shows_what_is_not_its_tenants_is_refused() {
    let (scene, subject, exchanger) = scene().await;
    let (bare, public) =
        (app(&scene, true, &[]).await, app(&scene, false, &["token_exchange"]).await);
    let abroad =
        created(&scene.house, &scene.session, Some(testkit::tenant()), Credential::Session);
    let abroad = abroad.await.expect("gives tokens");
    let good = || wish(&exchanger, &subject);
    let here = "https://usher.example";
    for (wish, reason) in [
        (wish(&bare, &subject), "unauthorized_client"),
        (wish(&public, &subject), "unauthorized_client"),
        (wish(&exchanger, ""), "invalid_request"),
        (wish(&exchanger, "x"), "invalid_request"),
        (wish(&exchanger, &abroad.refresh_token), "invalid_request"),
        (wish(&exchanger, &abroad.access_token), "invalid_request"),
        (GrantTokensRequest { subject_token_type: String::new(), ..good() }, "invalid_request"),
        (
            GrantTokensRequest {
                subject_token_type: "urn:ietf:params:oauth:token-type:id_token".into(),
                ..good()
            },
            "invalid_request",
        ),
        (
            GrantTokensRequest {
                requested_token_type: "urn:ietf:params:oauth:token-type:refresh_token".into(),
                ..good()
            },
            "invalid_request",
        ),
        (GrantTokensRequest { actor_token: subject.clone(), ..good() }, "invalid_request"),
        (GrantTokensRequest { actor_token_type: KIND.into(), ..good() }, "invalid_request"),
        (
            GrantTokensRequest {
                actor_token: abroad.access_token.clone(),
                actor_token_type: KIND.into(),
                ..good()
            },
            "invalid_request",
        ),
        (
            GrantTokensRequest { audience: "https://other.example".into(), ..good() },
            "invalid_target",
        ),
        (GrantTokensRequest { resource: format!("{here}/x"), ..good() }, "invalid_target"),
        (GrantTokensRequest { scope: "user.invites.create".into(), ..good() }, "invalid_scope"),
        (GrantTokensRequest { scope: "openid".into(), ..good() }, "invalid_scope"),
    ] {
        assert_eq!(scene.refused(wish.clone()).await, reason, "{wish:?}");
    }
    let told = GrantTokensRequest { audience: here.into(), resource: here.into(), ..good() };
    scene
        .grant(GrantTokensRequest { requested_token_type: KIND.into(), ..told })
        .await
        .expect("is here");
}

#[tokio::test]
async fn nothing_is_exchanged_for_what_has_ended_or_whoever_is_put_out() {
    let (scene, subject, exchanger) = scene().await;
    let (given, _) = given(&scene, wish(&exchanger, &subject)).await;
    scene.house.people.put_out(&scene.session.user_id);
    assert_eq!(scene.refused(wish(&exchanger, &subject)).await, "invalid_request", "put out");
    assert!(!scene.introspect(&access(&given)).await.active);
    scene.house.people.allow(&scene.session.user_id, &[]);
    scene.house.others.suspend(scene.tenant);
    assert_eq!(scene.refused(wish(&exchanger, &subject)).await, "invalid_client", "suspended");
    scene.house.others.resume(scene.tenant);
    let request = call(&scene.house.of(&scene.session), EndSessionRequest {});
    scene.house.sessions().end_session(request).await.expect("ends");
    assert_eq!(scene.refused(wish(&exchanger, &subject)).await, "invalid_request", "signed out");
    let end = EndOAuthClientRequest { oauth_client_id: exchanger.client_id.clone() };
    apps(&scene.house).end_o_auth_client(call(&scene.admin, end)).await.expect("ends");
    assert_eq!(scene.refused(wish(&exchanger, &subject)).await, "invalid_client");
}

#[tokio::test]
async fn a_token_is_exchanged_within_its_time() {
    let (scene, subject, exchanger) = scene().await;
    scene.house.clock.advance(Duration::from_secs(300));
    assert_eq!(scene.refused(wish(&exchanger, &subject)).await, "invalid_request");
}

#[tokio::test]
async fn what_an_app_got_for_anothers_token_ends_with_that_app() {
    let (scene, subject, exchanger) = scene().await;
    let (given, _) = given(&scene, wish(&exchanger, &subject)).await;
    assert!(scene.introspect(&access(&given)).await.active);
    let end = EndOAuthClientRequest { oauth_client_id: exchanger.client_id };
    apps(&scene.house).end_o_auth_client(call(&scene.admin, end)).await.expect("ends");
    assert!(!scene.introspect(&access(&given)).await.active);
    assert!(scene.introspect(&subject).await.active, "the other app's token is its own");
}
