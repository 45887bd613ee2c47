//! What one person may do, or may not, whatever their roles say.

use std::time::Duration;

use kernel::{Cx, TenantId};
use tonic::Status;
use wire::{
    call, timestamp,
    user::v1::{
        CreatePolicyOverrideRequest, CreateRoleBindingRequest, DeletePolicyOverrideRequest,
        ListEffectiveRequest, ListPolicyOverridesRequest, PolicyOverride,
    },
};

use crate::platform::{Platform, fields, reason, tenant};

const READ: &str = "events.event.read";
const CREATE: &str = "events.event.create";

fn deny(user_id: &str, permission: &str) -> CreatePolicyOverrideRequest {
    CreatePolicyOverrideRequest {
        user_id: user_id.into(),
        effect: "deny".into(),
        permission: permission.into(),
        reason: "an inquiry".into(),
        expires_at: None,
    }
}

fn allow(platform: &Platform, user_id: &str, permission: &str) -> CreatePolicyOverrideRequest {
    let end = platform.clock.now().after(Duration::from_secs(3600));
    CreatePolicyOverrideRequest {
        effect: "allow".into(),
        expires_at: Some(timestamp(end)),
        ..deny(user_id, permission)
    }
}

async fn make(
    platform: &Platform,
    cx: &Cx,
    wish: CreatePolicyOverrideRequest,
) -> Result<PolicyOverride, Status> {
    let made = platform.policy_overrides().create_policy_override(call(cx, wish)).await;
    made.map(tonic::Response::into_inner)
}

async fn withdraw(platform: &Platform, cx: &Cx, override_id: &str) -> Result<(), Status> {
    let wish = DeletePolicyOverrideRequest { override_id: override_id.into() };
    platform.policy_overrides().delete_policy_override(call(cx, wish)).await.map(|_| ())
}

async fn list(platform: &Platform, cx: &Cx, user_id: &str) -> Result<Vec<PolicyOverride>, Status> {
    let wish = ListPolicyOverridesRequest { user_id: user_id.into(), ..Default::default() };
    let listed = platform.policy_overrides().list_policy_overrides(call(cx, wish)).await;
    listed.map(|listed| listed.into_inner().overrides)
}

async fn rights(platform: &Platform, user_id: &str, tenant: TenantId) -> Vec<String> {
    let asked = ListEffectiveRequest {
        user_id: user_id.into(),
        tenant_id: tenant.to_string(),
        tenant_only: false,
    };
    let answer = platform.access().list_effective(call(&platform.nobody(), asked)).await;
    answer.expect("answers").into_inner().permissions
}

#[tokio::test]
async fn a_denial_takes_a_right_away_beats_an_allowance_and_is_taken_back() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let may = async || rights(&platform, &ann, here).await.contains(&READ.to_owned());
    assert!(may().await);
    let denied = make(&platform, &keeper, deny(&ann, READ)).await.expect("denies");
    assert!(!may().await);
    make(&platform, &keeper, allow(&platform, &ann, READ)).await.expect("allows");
    assert!(!may().await);
    let again = make(&platform, &keeper, deny(&ann, READ)).await.expect("stands");
    assert_eq!(again, denied);
    let other = CreatePolicyOverrideRequest { reason: "a verdict".into(), ..deny(&ann, READ) };
    let other = make(&platform, &keeper, other).await.expect("changes");
    assert_eq!(
        (other.override_id, other.reason.as_str()),
        (denied.override_id.clone(), "a verdict")
    );
    assert_eq!(list(&platform, &keeper, &ann).await.expect("lists").len(), 2);
    withdraw(&platform, &keeper, &denied.override_id).await.expect("takes back");
    assert!(may().await);
    let gone = withdraw(&platform, &keeper, &denied.override_id).await.expect_err("gone");
    assert_eq!(reason(&gone), "override_not_found");
    for (question, times) in [
        ("select count(*) from outbox where kind = 'user.override.made'", 3),
        ("select count(*) from outbox where kind = 'user.override.withdrawn'", 1),
        ("select count(*) from audit_events where action like 'override.%'", 4),
    ] {
        assert_eq!(platform.database.count(question).await, times, "{question}");
    }
}

#[tokio::test]
async fn an_allowance_ends_by_itself_and_with_the_membership() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[CREATE]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let may = async || rights(&platform, &ann, here).await.contains(&CREATE.to_owned());
    make(&platform, &keeper, allow(&platform, &ann, CREATE)).await.expect("allows");
    assert!(may().await);
    platform.wait_hours(2);
    assert!(!may().await);
    make(&platform, &keeper, allow(&platform, &ann, CREATE)).await.expect("allows");
    assert!(may().await);
    let close = sqlx::query("update memberships set status = 'disabled'");
    close.execute(&mut platform.database.admin().await).await.expect("closes");
    assert!(!may().await);
}

#[tokio::test]
async fn who_is_denied_everything_may_nothing() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    make(&platform, &keeper, deny(&ann, "")).await.expect("denies");
    assert!(rights(&platform, &ann, here).await.is_empty());
}

#[tokio::test]
async fn nobody_rules_over_themselves_their_betters_or_whoever_answers_for_the_tenant() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let above = make(&platform, &keeper, allow(&platform, &ann, CREATE)).await;
    assert_eq!(reason(&above.expect_err("above own")), "permission_above_own");
    let above = make(&platform, &keeper, deny(&ann, CREATE)).await;
    assert_eq!(reason(&above.expect_err("above own")), "permission_above_own");
    let strong = platform.keeper(here, &[CREATE]);
    let bind = CreateRoleBindingRequest {
        user_id: ann.clone(),
        role: "events.organizer".into(),
        ..Default::default()
    };
    platform.role_bindings().create_role_binding(call(&strong, bind)).await.expect("binds");
    let above = make(&platform, &keeper, deny(&ann, "")).await;
    assert_eq!(reason(&above.expect_err("above own")), "permission_above_own");
    let me = ann.parse().expect("an id");
    let herself = platform.person(me, Some(here), &["user.overrides.write", READ]);
    let own = make(&platform, &herself, allow(&platform, &ann, READ)).await;
    assert_eq!(reason(&own.expect_err("own")), "own_account");
    let denied = make(&platform, &keeper, deny(&ann, READ)).await.expect("denies");
    let own = withdraw(&platform, &herself, &denied.override_id).await;
    assert_eq!(reason(&own.expect_err("own")), "own_account");
    let bob = platform.admit(here, "bob@example.com").await.user_id;
    let owner = sqlx::query("update role_bindings set role = 'owner' where user_id = $1::uuid");
    let owner = owner.bind(uuid::Uuid::parse_str(&bob).expect("an id"));
    owner.execute(&mut platform.database.admin().await).await.expect("raises");
    for wish in [deny(&bob, READ), deny(&bob, "")] {
        let refused = make(&platform, &keeper, wish).await.expect_err("answers");
        assert_eq!(reason(&refused), "answers_for_tenant");
    }
}

#[tokio::test]
async fn an_override_that_is_none_is_refused_by_its_field() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let month = platform.clock.now().after(Duration::from_secs(31 * 24 * 3600));
    let good = || allow(&platform, &ann, READ);
    for (wish, field) in [
        (CreatePolicyOverrideRequest { user_id: "ann".into(), ..good() }, "userId"),
        (CreatePolicyOverrideRequest { effect: "maybe".into(), ..good() }, "effect"),
        (CreatePolicyOverrideRequest { permission: String::new(), ..good() }, "permission"),
        (
            CreatePolicyOverrideRequest { permission: "no.such.thing".into(), ..good() },
            "permission",
        ),
        (CreatePolicyOverrideRequest { reason: " ".into(), ..good() }, "reason"),
        (CreatePolicyOverrideRequest { reason: "a".repeat(501), ..good() }, "reason"),
        (CreatePolicyOverrideRequest { expires_at: None, ..good() }, "expiresAt"),
        (CreatePolicyOverrideRequest { expires_at: Some(timestamp(month)), ..good() }, "expiresAt"),
        (
            CreatePolicyOverrideRequest {
                expires_at: Some(timestamp(platform.clock.now())),
                ..deny(&ann, READ)
            },
            "expiresAt",
        ),
    ] {
        let refused = make(&platform, &keeper, wish.clone()).await.expect_err("refused");
        assert_eq!(fields(&refused), [field], "{wish:?}");
    }
    assert_eq!(platform.database.count("select count(*) from policy_overrides").await, 0);
}

#[tokio::test]
async fn another_tenants_people_and_overrides_are_missing_ones() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let (mine, theirs) = (platform.keeper(here, &[]), platform.keeper(there, &[]));
    let ann = platform.admit(there, "ann@example.com").await.user_id;
    let made = make(&platform, &theirs, deny(&ann, READ)).await.expect("denies");
    let missing = make(&platform, &mine, deny(&ann, READ)).await.expect_err("missing");
    assert_eq!(reason(&missing), "person_not_found");
    let missing = withdraw(&platform, &mine, &made.override_id).await.expect_err("missing");
    assert_eq!(reason(&missing), "override_not_found");
    let missing = list(&platform, &mine, &ann).await.expect_err("missing");
    assert_eq!(reason(&missing), "person_not_found");
    assert!(list(&platform, &mine, "").await.expect("lists").is_empty());
    assert_eq!(list(&platform, &theirs, "").await.expect("lists"), [made]);
}
