//! Accepting an invitation by the word of a tenant's provider.

use kernel::Code;
use sandbox::openid::Person;
use testkit::cx_of_platform;
use tonic::Status;
use wire::{
    auth::v1::{
        BeginSsoSignInRequest, FinishSsoRequest, Session, SsoJourney,
        sso_sign_ins_client::SsoSignInsClient,
    },
    call,
};

use crate::{
    house::refusal,
    sso::{Back, School, ann, of_tenant},
};

const TOKEN: &str = "canary-of-an-invitation";

async fn begin(school: &School, token: &str) -> Result<SsoJourney, Status> {
    let connection_id = school.connection.connection_id.clone();
    let wish = BeginSsoSignInRequest { connection_id, invitation_token: token.into() };
    let mut sign_ins = SsoSignInsClient::new(school.house.mesh_of("gateway"));
    let begun = sign_ins.begin_sso_sign_in(call(&of_tenant(school.tenant), wish)).await;
    begun.map(tonic::Response::into_inner)
}

async fn finish(
    school: &School,
    journey: &SsoJourney,
    back: &Back,
    token: &str,
) -> Result<Session, Status> {
    let back = back.clone();
    let shown = FinishSsoRequest {
        binding: journey.binding.clone(),
        state: back.state,
        code: back.code,
        iss: back.iss,
        error: back.error,
        connection_id: back.connection_id,
        invitation_token: token.into(),
    };
    let mut sign_ins = SsoSignInsClient::new(school.house.mesh_of("gateway"));
    Ok(sign_ins.finish_sso(call(&cx_of_platform(), shown)).await?.into_inner())
}

/// The whole way.
async fn accept(school: &School, token: &str, person: &Person) -> Result<Session, Status> {
    let journey = begin(school, token).await?;
    let back = school.visit(&journey, person).await;
    finish(school, &journey, &back, token).await
}

async fn linked(school: &School) -> String {
    let links =
        "select coalesce(string_agg(subject || ' ' || user_id::text, ','), '') from sso_identities";
    school.house.text(links).await
}

#[tokio::test]
async fn whoever_accepts_by_the_provider_is_linked_and_the_same_ever_after() {
    let school = School::start().await;
    school.house.others.invite(school.tenant, TOKEN, "ann@school.example");
    let session = accept(&school, TOKEN, &ann()).await.expect("comes in");
    let identity = school.house.identify(&session.token).await.expect("is known");
    assert_eq!(identity.tenant_id, school.tenant.to_string(), "good there alone");
    assert_eq!(linked(&school).await, format!("ann-1 {}", session.user_id));
    let asked = &school.house.others.asked()[0];
    assert!(asked.domain_proven && asked.linked_user_id.is_empty());
    let again = school.sign_in(&ann()).await.expect("signs in");
    assert_eq!(again.user_id, session.user_id);
    let told =
        "select string_agg(kind || ' ' || coalesce(data->>'way', ''), ',' order by id) from outbox";
    assert_eq!(school.house.text(told).await, "auth.sso.changed ,auth.sso.linked invitation");
    let address = "select email from credentials where state = 'active'";
    assert_eq!(school.house.text(address).await, "ann@school.example", "letters find them");
    // Whoever is linked accepts the next invitation as who they are.
    school.house.others.invite(school.tenant, "next", "ann@school.example");
    let next = accept(&school, "next", &ann()).await.expect("comes in again");
    assert_eq!(next.user_id, session.user_id);
    assert_eq!(school.house.others.asked()[1].linked_user_id, session.user_id);
}

#[tokio::test]
async fn a_journey_accepts_the_invitation_that_it_was_begun_with_and_no_other() {
    let school = School::start().await;
    school.house.others.invite(school.tenant, TOKEN, "ann@school.example");
    school.house.others.invite(school.tenant, "another", "ann@school.example");
    for (begun, finished) in [(TOKEN, "another"), (TOKEN, ""), ("", TOKEN), (TOKEN, "with space")] {
        let journey = begin(&school, begun).await.expect("begins");
        let back = school.visit(&journey, &ann()).await;
        let refused = refusal(finish(&school, &journey, &back, finished).await);
        assert_eq!(refused, (Code::Unauthenticated, "sso_refused".into()), "{begun} {finished}");
    }
    let journey = begin(&school, TOKEN).await.expect("begins");
    let back = school.visit(&journey, &ann()).await;
    let elsewhere =
        SsoJourney { binding: begin(&school, TOKEN).await.expect("begins").binding, ..journey };
    let refused = refusal(finish(&school, &elsewhere, &back, TOKEN).await);
    assert_eq!(refused.1, "sso_refused", "not in the browser that began");
    for bad in ["with space", &"x".repeat(129)] {
        assert_eq!(refusal(begin(&school, bad).await).1, "sso_refused", "{bad}");
    }
    assert!(school.house.others.asked().is_empty(), "no invitation was touched");
    assert_eq!(school.house.text("select count(*)::text from sessions").await, "0");
    let kept = "select count(*)::text from sso_journeys j where j::text like '%canary%'";
    assert_eq!(school.house.text(kept).await, "0", "the token is kept nowhere");
}

#[tokio::test]
async fn where_the_invitation_does_not_let_them_in_nothing_changes() {
    let school = School::start().await;
    let house = &school.house;
    house.others.invite(school.tenant, TOKEN, "ann@school.example");
    let denied = |reason: &str| (Code::Denied, reason.to_owned());
    let other = accept(&school, TOKEN, &Person::new("eve-3", "eve@school.example")).await;
    assert_eq!(refusal(other), denied("sso_other_address"));
    let unverified = Person { email_verified: false, ..ann() };
    let unproven = accept(&school, TOKEN, &unverified).await;
    assert_eq!(refusal(unproven), denied("sso_other_address"));
    let closed = accept(&school, "unknown", &ann()).await;
    assert_eq!(refusal(closed), (Code::Gone, "sso_invitation_closed".into()));
    house.others.invite(testkit::tenant(), "foreign", "ann@school.example");
    let foreign = accept(&school, "foreign", &ann()).await;
    assert_eq!(refusal(foreign).1, "sso_invitation_closed", "another tenant's");
    house.others.know("ann@school.example", &testkit::user().to_string());
    let taken = accept(&school, TOKEN, &ann()).await;
    assert_eq!(
        refusal(taken),
        (Code::Conflict, "sso_link_first".into()),
        "never by the address alone"
    );
    assert_eq!(linked(&school).await, "");
    assert_eq!(house.text("select count(*)::text from sessions").await, "0");
    assert_eq!(house.text("select count(*)::text from credentials").await, "0");
}

#[tokio::test]
async fn whoever_was_let_in_and_not_linked_goes_on_where_it_stopped() {
    let school = School::start().await;
    school.house.others.invite(school.tenant, TOKEN, "ann@school.example");
    let first = accept(&school, TOKEN, &ann()).await.expect("comes in");
    // As if this process had died before the link.
    let mut admin = school.house.admin().await;
    sqlx::query("delete from sso_identities").execute(&mut admin).await.expect("deletes");
    let again = accept(&school, TOKEN, &ann()).await.expect("comes in by the used link");
    assert_eq!(again.user_id, first.user_id);
    assert_eq!(linked(&school).await, format!("ann-1 {}", first.user_id));
    let other = accept(&school, TOKEN, &Person::new("eve-3", "ann@school.example")).await;
    assert_eq!(refusal(other).1, "sso_invitation_closed", "another subject");
}

#[tokio::test]
async fn a_used_invitation_lets_nobody_into_an_account_that_another_link_has_taken_the_place_of() {
    let school = School::start().await;
    school.house.others.invite(school.tenant, TOKEN, "ann@school.example");
    let first = accept(&school, TOKEN, &ann()).await.expect("comes in");
    let other = testkit::user().to_string();
    let mut admin = school.house.admin().await;
    sqlx::query("update sso_identities set user_id = $1::uuid")
        .bind(&other)
        .execute(&mut admin)
        .await
        .expect("links somebody else");
    let again = accept(&school, TOKEN, &ann()).await;
    assert_eq!(refusal(again), (Code::Gone, "sso_invitation_closed".into()));
    assert_eq!(school.house.others.asked()[1].linked_user_id, other);
    assert_eq!(linked(&school).await, format!("ann-1 {other}"), "nothing has changed");
    let sessions = "select string_agg(user_id::text, ',') from sessions";
    assert_eq!(school.house.text(sessions).await, first.user_id, "that of the first time");
}
