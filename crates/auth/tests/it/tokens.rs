//! Tokens in the place of a session: given, renewed, ended, and used again by somebody who should not have them.

use std::{collections::BTreeMap, time::Duration};

use futures::future::join_all;
use kernel::{Credential, TenantId};
use tonic::Status;
use wire::{
    auth::v1::{
        CheckTokenRequest, CreateTokensRequest, EndSessionRequest, RefreshTokensRequest,
        RevokeTokensRequest, Session, SignInForTokensRequest, TokenSet,
        tokens_client::TokensClient,
    },
    call,
    tokens::{ACCESS_TOKEN, AccessClaims, open},
    user::v1::Effective,
};

use crate::{
    house::{House, PASSWORD, ask, refusal},
    signing_keys::public,
};

fn tokens(house: &House) -> TokensClient<wire::Caller> {
    TokensClient::new(house.mesh_of("gateway"))
}

/// Tokens of a tenant for a session.
pub(crate) async fn created(
    house: &House,
    session: &Session,
    tenant: Option<TenantId>,
    credential: Credential,
) -> Result<TokenSet, Status> {
    let who = (session.user_id.as_str(), session.session_id.as_str());
    let cx = house.vouched(who, tenant, &[], credential);
    Ok(tokens(house).create_tokens(call(&cx, CreateTokensRequest {})).await?.into_inner())
}

/// Tokens of the platform's own scope for a session.
pub(crate) async fn tokens_of(house: &House, session: &Session) -> TokenSet {
    created(house, session, None, Credential::Session).await.expect("gives tokens")
}

async fn refreshed(house: &House, token: &str) -> Result<TokenSet, Status> {
    let request = RefreshTokensRequest { refresh_token: token.into() };
    Ok(tokens(house).refresh_tokens(ask(request)).await?.into_inner())
}

async fn revoke(house: &House, token: &str) {
    let request = RevokeTokensRequest { refresh_token: token.into() };
    tokens(house).revoke_tokens(ask(request)).await.expect("one answer for all");
}

async fn claims(house: &House, set: &TokenSet) -> AccessClaims {
    open(&set.access_token, ACCESS_TOKEN, &public(house).await).expect("holds")
}

/// What the gateway does with a token that it has verified.
async fn shown(house: &House, set: &TokenSet) -> Result<(), Status> {
    let said = claims(house, set).await;
    let request = CheckTokenRequest {
        user_id: said.sub.to_string(),
        session_id: said.sid.to_string(),
        tenant_id: said.tid.map(|id| id.to_string()).unwrap_or_default(),
        family_id: said.family.to_string(),
        generation: said.generation,
        client_id: said.client_id.clone(),
    };
    tokens(house).check_token(ask(request)).await.map(|_| ())
}

/// Ann, signed in, and her tokens of a tenant.
async fn ann(house: &House) -> (Session, TokenSet, TenantId) {
    house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let tenant = testkit::tenant();
    let set = created(house, &session, Some(tenant), Credential::Session).await;
    (session, set.expect("gives tokens"), tenant)
}

#[tokio::test]
async fn an_access_token_says_who_where_with_which_roles_and_for_how_long() {
    let house = House::start().await;
    let user_id = house.signed_up("ann@example.com").await;
    house.people.allow(&user_id.to_string(), &["a.b.c"]);
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let tenant = testkit::tenant();
    let set = created(&house, &session, Some(tenant), Credential::Session).await;
    let set = set.expect("gives tokens");
    let said = claims(&house, &set).await;
    said.check("https://usher.example", house.clock.now()).expect("holds now");
    assert_eq!((said.sub, said.tid), (user_id, Some(tenant)));
    assert_eq!((said.sid.to_string(), said.client_id.as_str()), (session.session_id, "usher"));
    assert_eq!((said.roles.as_slice(), said.epoch), (["admin".to_owned()].as_slice(), 7));
    assert_eq!((said.exp - said.iat, set.expires_in), (300, 300));
    assert!(said.scope.is_none(), "it allows what the person may");
    house.clock.advance(Duration::from_secs(300));
    assert!(said.check("https://usher.example", house.clock.now()).is_err());
}

#[tokio::test]
async fn nobody_gets_tokens_of_a_tenant_they_do_not_belong_to_nor_tokens_for_tokens() {
    let house = House::start().await;
    let user_id = house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let tenant = Some(testkit::tenant());
    for (credential, reason) in
        [(Credential::Token, "session_required"), (Credential::Delegated, "session_required")]
    {
        let refused = refusal(created(&house, &session, tenant, credential).await);
        assert_eq!(refused.1, reason);
    }
    house.people.put_out(&user_id.to_string());
    let refused = refusal(created(&house, &session, tenant, Credential::Session).await);
    assert_eq!(refused.1, "tenant_unknown");
}

#[tokio::test]
async fn e_mail_and_password_give_tokens_at_once_and_a_wrong_one_gives_none() {
    let house = House::start().await;
    house.signed_up("ann@example.com").await;
    let wish = |password: &str| {
        let (email, password) = ("ann@example.com".into(), password.into());
        ask(SignInForTokensRequest { email, password })
    };
    let set = tokens(&house).sign_in_for_tokens(wish(PASSWORD)).await.expect("signs in");
    shown(&house, set.get_ref()).await.expect("holds");
    let refused = refusal(tokens(&house).sign_in_for_tokens(wish("wrong words")).await);
    assert_eq!(refused.1, "wrong_credentials");
}

#[tokio::test]
async fn tokens_are_renewed_again_and_again_and_no_table_holds_one() {
    let house = House::start().await;
    let (_, mut set, tenant) = ann(&house).await;
    for generation in 1..=5 {
        house.clock.advance(Duration::from_secs(200));
        let former = set.clone();
        set = refreshed(&house, &set.refresh_token).await.expect("renews");
        assert_ne!(set.refresh_token, former.refresh_token);
        let said = claims(&house, &set).await;
        assert_eq!((said.generation, said.tid), (generation, Some(tenant)));
        assert_eq!(set.refresh_expires_at, former.refresh_expires_at, "however often");
    }
    let kept = house.text("select row_to_json(f)::text from token_families f limit 1").await;
    assert!(!kept.contains(&set.refresh_token[51..]), "{kept}");
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again_and_signs_nobody_out() {
    let house = House::start().await;
    let (_, set, _) = ann(&house).await;
    let lost = refreshed(&house, &set.refresh_token).await.expect("renews");
    house.clock.advance(Duration::from_secs(599));
    let again = refreshed(&house, &set.refresh_token).await.expect("answers again");
    assert_eq!(again.refresh_token, lost.refresh_token);
    shown(&house, &again).await.expect("holds");
    refreshed(&house, &again.refresh_token).await.expect("goes on");
}

#[tokio::test]
async fn a_replaced_token_that_comes_late_ends_the_family_although_we_saw_no_use() {
    let house = House::start().await;
    let (_, stolen, _) = ann(&house).await;
    let newest = refreshed(&house, &stolen.refresh_token).await.expect("renews");
    house.clock.advance(Duration::from_secs(600));
    assert_eq!(refusal(refreshed(&house, &stolen.refresh_token).await).1, "refresh_reused");
    assert_eq!(refusal(refreshed(&house, &newest.refresh_token).await).1, "session_ended");
}

#[tokio::test]
async fn tokens_rest_with_a_tenant_that_is_not_served() {
    let house = House::start().await;
    let (_, set, tenant) = ann(&house).await;
    house.others.suspend(tenant);
    assert_eq!(refusal(refreshed(&house, &set.refresh_token).await).1, "tenant_unknown");
    house.others.resume(tenant);
    refreshed(&house, &set.refresh_token).await.expect("goes on");
}

#[tokio::test]
async fn signing_in_for_tokens_that_are_not_given_leaves_no_session_open() {
    let house = House::start().await;
    let user_id = house.signed_up("ann@example.com").await.to_string();
    let suspended = Effective { belongs: true, suspended: true, ..Effective::default() };
    house.people.say(&user_id, suspended);
    let (email, password) = ("ann@example.com".into(), PASSWORD.into());
    let wish = ask(SignInForTokensRequest { email, password });
    assert_eq!(refusal(tokens(&house).sign_in_for_tokens(wish).await).1, "tenant_unknown");
    let open = "select count(*)::text from sessions where ended_at is null";
    assert_eq!(house.text(open).await, "0");
}

#[tokio::test]
async fn a_second_tab_that_asks_while_the_first_uses_its_answer_is_not_signed_out() {
    let house = House::start().await;
    let (_, set, _) = ann(&house).await;
    let first = refreshed(&house, &set.refresh_token).await.expect("renews");
    shown(&house, &first).await.expect("holds");
    house.clock.advance(Duration::from_secs(9));
    let second = refreshed(&house, &set.refresh_token).await.expect("answers again");
    assert_eq!(second.refresh_token, first.refresh_token);
    refreshed(&house, &second.refresh_token).await.expect("goes on");
}

#[tokio::test]
async fn a_replaced_token_ends_the_family_once_its_successor_was_used() {
    let house = House::start().await;
    for by_access_token in [true, false] {
        let email = format!("ann{by_access_token}@example.com");
        house.signed_up(&email).await;
        let session = house.sign_in(&email, PASSWORD).await.expect("signs in");
        let stolen = tokens_of(&house, &session).await;
        let other = tokens_of(&house, &session).await;
        let mut newest = refreshed(&house, &stolen.refresh_token).await.expect("renews");
        match by_access_token {
            true => shown(&house, &newest).await.expect("holds"),
            false => newest = refreshed(&house, &newest.refresh_token).await.expect("renews"),
        }
        house.clock.advance(Duration::from_secs(10));
        let refused = refusal(refreshed(&house, &stolen.refresh_token).await);
        assert_eq!(refused.1, "refresh_reused");
        let refused = refusal(refreshed(&house, &newest.refresh_token).await);
        assert_eq!(refused.1, "session_ended", "whoever has the newest has to sign in again");
        assert_eq!(refusal(shown(&house, &newest).await).1, "session_ended");
        refreshed(&house, &other.refresh_token).await.expect("another family goes on");
    }
    let told = "select count(*)::text from outbox where kind = 'auth.tokens.reused'";
    assert_eq!(house.text(told).await, "2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_that_renew_one_token_at_once_one_turns_it_and_all_are_told_the_same() {
    let house = House::start().await;
    let (_, mut set, _) = ann(&house).await;
    for round in 1..=rounds() {
        let shown = set.refresh_token.clone();
        let answers = join_all((0..50).map(|_| refreshed(&house, &shown))).await;
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for answer in answers {
            set = answer.expect("nobody is signed out");
            *told.entry(set.refresh_token.clone()).or_default() += 1;
        }
        assert_eq!(told.values().copied().collect::<Vec<_>>(), [50], "one successor for all");
        let generation = house.text("select generation::text from token_families").await;
        assert_eq!(generation, round.to_string(), "turned once");
    }
    refreshed(&house, &set.refresh_token).await.expect("goes on");
}

/// How often races are run: a few unless `USHER_TEST_ROUNDS` says more.
fn rounds() -> u32 {
    std::env::var("USHER_TEST_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

#[tokio::test]
async fn tokens_end_with_their_session_with_the_membership_and_by_hand() {
    let house = House::start().await;
    let (session, set, tenant) = ann(&house).await;
    house.people.put_out(&session.user_id);
    assert_eq!(refusal(refreshed(&house, &set.refresh_token).await).1, "tenant_unknown");
    house.people.allow(&session.user_id, &[]);
    let set = refreshed(&house, &set.refresh_token).await.expect("the membership goes on");
    let revoked = created(&house, &session, Some(tenant), Credential::Session).await;
    let revoked = revoked.expect("gives tokens");
    for token in [revoked.refresh_token.as_str(), &revoked.refresh_token, "", "us_AAAA"] {
        revoke(&house, token).await;
    }
    assert_eq!(refusal(refreshed(&house, &revoked.refresh_token).await).1, "session_ended");
    assert_eq!(refusal(shown(&house, &revoked).await).1, "session_ended");
    shown(&house, &set).await.expect("another family goes on");
    let end = call(&house.of(&session), EndSessionRequest {});
    house.sessions().end_session(end).await.expect("signs out");
    assert_eq!(refusal(refreshed(&house, &set.refresh_token).await).1, "session_ended");
    assert_eq!(refusal(shown(&house, &set).await).1, "session_ended");
}

#[tokio::test]
async fn tokens_end_however_often_they_are_renewed() {
    let house = House::start().await;
    let (_, mut set, _) = ann(&house).await;
    for _ in 0..11 {
        house.clock.advance(Duration::from_secs(3_600));
        set = refreshed(&house, &set.refresh_token).await.expect("renewing is using");
    }
    house.clock.advance(Duration::from_secs(3_599));
    let last = refreshed(&house, &set.refresh_token).await.expect("renews");
    let said = claims(&house, &last).await;
    assert_eq!(said.exp - said.iat, 1, "no token outlives its session");
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(refusal(refreshed(&house, &last.refresh_token).await).1, "session_expired");
}

#[tokio::test]
async fn what_is_no_refresh_token_of_ours_is_refused_and_ends_nothing() {
    let house = House::start().await;
    let (session, set, _) = ann(&house).await;
    let other = refreshed(&house, &set.refresh_token).await.expect("renews");
    let text = &set.refresh_token;
    let (names, proof) = text.split_at(51);
    for forged in [
        String::new(),
        "ur_".into(),
        session.token.clone(),
        set.access_token.clone(),
        format!("{text}="),
        format!("{text}A"),
        text[..text.len() - 1].to_owned(),
        text.to_uppercase(),
        format!("{}{proof}", &other.refresh_token[..51]),
        format!("{names}{}", "A".repeat(43)),
    ] {
        assert_eq!(refusal(refreshed(&house, &forged).await).1, "bad_token", "{forged}");
        revoke(&house, &forged).await;
    }
    refreshed(&house, &other.refresh_token).await.expect("goes on");
}
