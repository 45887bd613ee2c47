//! Decisions from memory: how soon they follow a change of rights, in this process and in another.

use std::time::Duration;

use bus::Nats;
use kernel::Cx;
use testkit::{Stream, eventually};
use user::Snapshots;
use wire::{
    Caller, call,
    user::v1::{
        AddGroupMemberRequest, CheckRequest, CreatePolicyOverrideRequest, CreateRoleBindingRequest,
        Decision, DeleteRoleBindingRequest, DisableMemberRequest, RemoveGroupMemberRequest,
        decisions_client::DecisionsClient,
    },
};

use crate::{
    groups::make_community,
    platform::{Platform, tenant},
};

const CREATE: &str = "events.event.create";

async fn ask(decisions: &mut DecisionsClient<Caller>, cx: &Cx, user_id: &str) -> Decision {
    let asked =
        CheckRequest { user_id: user_id.into(), permission: CREATE.into(), ..Default::default() };
    decisions.check(call(cx, asked)).await.expect("answers").into_inner()
}

async fn organize(platform: &Platform, cx: &Cx, user_id: &str) -> String {
    let wish = CreateRoleBindingRequest {
        user_id: user_id.into(),
        role: "events.organizer".into(),
        ..Default::default()
    };
    let bound = platform.role_bindings().create_role_binding(call(cx, wish)).await;
    bound.expect("binds").into_inner().binding_id
}

async fn unbind(platform: &Platform, cx: &Cx, binding_id: &str) {
    let wish = DeleteRoleBindingRequest { binding_id: binding_id.into() };
    platform.role_bindings().delete_role_binding(call(cx, wish)).await.expect("takes away");
}

#[tokio::test]
async fn a_change_counts_at_once_for_whoever_made_it() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.keeper(here, &[CREATE, "user.groups.write"]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let mut decisions = platform.decisions();
    let mut may = async || ask(&mut decisions, &boss, &ann).await.allowed;
    for _ in 0..3 {
        assert!(!may().await);
        let binding = organize(&platform, &boss, &ann).await;
        assert!(may().await && may().await);
        unbind(&platform, &boss, &binding).await;
    }
    let id = make_community(&platform, &boss, "").await;
    let wish = CreateRoleBindingRequest {
        subject_type: "group".into(),
        subject_id: id.clone(),
        role: "events.organizer".into(),
        ..Default::default()
    };
    platform.role_bindings().create_role_binding(call(&boss, wish)).await.expect("binds");
    let (community_id, user_id) = (id, ann.clone());
    let add = AddGroupMemberRequest {
        community_id: community_id.clone(),
        user_id: user_id.clone(),
        ..Default::default()
    };
    let remove = RemoveGroupMemberRequest { community_id, user_id, ..Default::default() };
    for _ in 0..3 {
        assert!(!may().await);
        platform.group_members().add_group_member(call(&boss, add.clone())).await.expect("adds");
        assert!(may().await);
        let asked = call(&boss, remove.clone());
        platform.group_members().remove_group_member(asked).await.expect("removes");
    }
    assert!(!may().await);
    organize(&platform, &boss, &ann).await;
    assert!(may().await);
    let deny = CreatePolicyOverrideRequest {
        user_id: ann.clone(),
        effect: "deny".into(),
        permission: CREATE.into(),
        reason: "an inquiry".into(),
        expires_at: None,
    };
    platform.policy_overrides().create_policy_override(call(&boss, deny)).await.expect("denies");
    assert!(!may().await);
    let pause = DisableMemberRequest { user_id: ann.clone(), note: String::new() };
    platform.memberships().disable_member(call(&boss, pause)).await.expect("pauses");
    assert!(!may().await);
}

#[tokio::test]
async fn a_known_person_is_answered_about_without_the_database() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let mut decisions = platform.decisions();
    let first = ask(&mut decisions, &keeper, &ann).await;
    // Whoever writes past the service moves nothing, so what is remembered goes on to be told.
    let close = sqlx::query("update memberships set status = 'disabled'");
    close.execute(&mut platform.database.admin().await).await.expect("closes");
    assert_eq!(first.reason_code, "RBAC_DENY");
    assert_eq!(ask(&mut decisions, &keeper, &ann).await, first);
    // But not for long.
    eventually("what is remembered ends by itself", async || {
        ask(&mut decisions, &keeper, &ann).await.reason_code == "NO_ROLE"
    })
    .await;
}

#[tokio::test]
async fn another_process_hears_of_a_change() {
    let stream = Stream::new().await;
    // It would not end by itself for long.
    let snapshots = Snapshots::lasting(Duration::from_secs(3600));
    let platform = Platform::start_with(stream.nats().await).await;
    follows(&platform, platform.elsewhere(stream.nats().await, snapshots)).await;
}

#[tokio::test]
async fn another_process_that_hears_nothing_forgets_by_itself() {
    let nowhere = Nats::connect(&"nats://127.0.0.1:1".into()).await.expect("an address");
    let platform = Platform::start().await;
    follows(&platform, platform.elsewhere(nowhere, Snapshots::default())).await;
}

async fn follows(platform: &Platform, mut elsewhere: DecisionsClient<Caller>) {
    let here = tenant();
    let boss = platform.keeper(here, &[CREATE]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    assert!(!ask(&mut elsewhere, &boss, &ann).await.allowed);
    let binding = organize(platform, &boss, &ann).await;
    // Whoever just begins to listen may have missed that, so something else happens until it does.
    let bob = platform.admit(here, "bob@example.com").await.user_id;
    eventually("the right is known elsewhere", async || {
        let other = organize(platform, &boss, &bob).await;
        unbind(platform, &boss, &other).await;
        ask(&mut elsewhere, &boss, &ann).await.allowed
    })
    .await;
    unbind(platform, &boss, &binding).await;
    eventually("the right has ended elsewhere", async || {
        !ask(&mut elsewhere, &boss, &ann).await.allowed
    })
    .await;
}
