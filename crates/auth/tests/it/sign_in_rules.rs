//! What tenants ask of whoever enters them.

use std::time::Duration;

use bus::Relay;
use kernel::{Cx, TenantId};
use testkit::eventually;
use tonic::Status;
use wire::{
    auth::v1::{
        ChangePasswordRequest, IdentifySessionRequest, Identity, IssueSessionRequest, Session,
        StageCredentialRequest,
    },
    call,
    tenant::v1::TenantSettingsChanged,
};

use crate::house::{House, PASSWORD, refusal};

fn settings(version: i64) -> TenantSettingsChanged {
    TenantSettingsChanged {
        version,
        password_min_length: 15,
        session_idle_minutes: 720,
        session_absolute_minutes: 720,
        ..Default::default()
    }
}

/// A house that hears what the tenant service tells.
async fn listening() -> House {
    let house = House::start().await;
    let relay = Relay::new(house.database.db("tenant"), house.app.nats.clone());
    house.host.spawn("tenant relay", async move |stop| Ok(relay.run(stop).await?));
    house
}

/// Has a tenant tell its settings.
async fn tell_in(house: &House, tenant: TenantId, fact: &TenantSettingsChanged) {
    let db = house.database.db("tenant");
    let mut tx = db.tenant(tenant, "tell").await.expect("opens");
    bus::emit(&mut tx, &testkit::cx(tenant), tenant.uuid(), fact).await.expect("emits");
    tx.commit().await.expect("commits");
}

/// Who stands behind a session at the door of a tenant.
async fn enter(house: &House, session: &Session, tenant: TenantId) -> Result<Identity, Status> {
    let cx = testkit::cx(tenant);
    let request = IdentifySessionRequest { token: session.token.clone() };
    Ok(house.sessions().identify_session(call(&cx, request)).await?.into_inner())
}

async fn is_refused(house: &House, session: &Session, tenant: TenantId, reason: &str) -> bool {
    let entered = enter(house, session, tenant).await;
    entered.is_err_and(|status| wire::code_of(&status).reason == reason)
}

#[tokio::test]
async fn a_tenant_lets_in_whoever_meets_its_rules_and_nobody_else() {
    let (house, strict, lax) = (listening().await, testkit::tenant(), testkit::tenant());
    let user_id = house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    enter(&house, &session, strict).await.expect("it has asked for nothing");
    let asks = TenantSettingsChanged { mfa_required: true, ..settings(2) };
    tell_in(&house, strict, &asks).await;
    eventually("a second factor is asked for", async || {
        is_refused(&house, &session, strict, "second_factor_wanted").await
    })
    .await;
    enter(&house, &session, lax).await.expect("another tenant asks for nothing");
    let request = IssueSessionRequest { user_id: user_id.to_string(), ttl_seconds: 0 };
    let issued = house.sessions_for("usher").issue_session(crate::house::ask(request)).await;
    let issued = issued.expect("issues").into_inner();
    enter(&house, &issued, strict).await.expect("the operator of the machine answers for it");
    // News that come late overrule no newer ones.
    tell_in(&house, strict, &settings(1)).await;
    let asks = TenantSettingsChanged { session_absolute_minutes: 30, ..settings(3) };
    tell_in(&house, strict, &asks).await;
    eventually("the newest rules hold", async || enter(&house, &session, strict).await.is_ok())
        .await;
    house.clock.advance(Duration::from_secs(1_799));
    enter(&house, &session, strict).await.expect("young enough");
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(refusal(enter(&house, &session, strict).await).1, "session_expired");
    enter(&house, &session, lax).await.expect("it is good elsewhere");
}

#[tokio::test]
async fn a_session_that_is_unused_for_longer_than_a_tenant_allows_does_not_enter() {
    let (house, tenant) = (listening().await, testkit::tenant());
    house.signed_up("ann@example.com").await;
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    tell_in(&house, tenant, &TenantSettingsChanged { session_idle_minutes: 10, ..settings(1) })
        .await;
    house.database.until("auth", "select exists (select from sign_in_rules)").await;
    house.clock.advance(Duration::from_secs(599));
    enter(&house, &session, tenant).await.expect("used lately");
    house.clock.advance(Duration::from_secs(600));
    assert_eq!(refusal(enter(&house, &session, tenant).await).1, "session_expired");
}

#[tokio::test]
async fn a_password_is_as_long_as_the_strictest_tenant_asks_that_its_person_has_entered() {
    let (house, tenant) = (listening().await, testkit::tenant());
    let user_id = house.signed_up("ann@example.com").await;
    tell_in(&house, tenant, &TenantSettingsChanged { password_min_length: 30, ..settings(1) })
        .await;
    house.database.until("auth", "select exists (select from sign_in_rules)").await;
    let stage = |cx: Cx, password: &str| {
        let request = StageCredentialRequest {
            user_id: testkit::user().to_string(),
            email: "bob@example.com".into(),
            password: password.into(),
            words: Vec::new(),
        };
        let mut credentials = house.credentials();
        async move { credentials.stage_credential(call(&cx, request)).await }
    };
    let short = stage(testkit::cx(tenant), "eight quick amber finches").await;
    let short = wire::code_of(&short.expect_err("refused"));
    assert_eq!(short.fields[0].problem, "has fewer than 30 characters");
    stage(testkit::cx(testkit::tenant()), "eight quick amber finches").await.expect("elsewhere");
    let session = house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    let change = |new: &str| ChangePasswordRequest {
        current_password: PASSWORD.into(),
        new_password: new.into(),
    };
    enter(&house, &session, tenant).await.expect("enters");
    let cx = house.person(&user_id.to_string(), &session.session_id);
    let short = call(&cx, change("eight quick amber finches"));
    let short = house.passwords().change_password(short).await;
    let short = wire::code_of(&short.expect_err("refused"));
    assert_eq!(short.fields[0].field, "newPassword");
    let long = change("eight quick amber finches fly home");
    house.passwords().change_password(call(&cx, long)).await.expect("long enough");
}
