//! Invitations that give several roles, or in a part of the tenant.

use kernel::{Cx, TenantId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        CreateInviteRequest, DeleteCustomRoleRequest, Invite, InviteAccepted, ListInvitesRequest,
        ListRoleBindingsRequest, PutCustomRoleRequest,
    },
};

use crate::platform::{PASSWORD, Platform, ask, fields, reason, tenant};

async fn invite(
    platform: &Platform,
    cx: &Cx,
    asked: CreateInviteRequest,
) -> Result<Invite, Status> {
    platform.invites().create_invite(call(cx, asked)).await.map(tonic::Response::into_inner)
}

fn with_roles(email: &str, roles: &[&str]) -> CreateInviteRequest {
    CreateInviteRequest { roles: roles.iter().map(|&role| role.into()).collect(), ..ask(email) }
}

async fn custom_role(platform: &Platform, here: TenantId, role: &str, permission: &str) {
    let asked = PutCustomRoleRequest {
        role_id: role.into(),
        title: "Front desk".into(),
        permissions: vec![permission.into()],
    };
    let keeper = platform.keeper(here, crate::platform::OWNER);
    platform.custom_roles().put_custom_role(call(&keeper, asked)).await.expect("makes");
}

/// Role and place of each binding of a person.
async fn bound(platform: &Platform, here: TenantId, user_id: &str) -> Vec<(String, String)> {
    let asked = ListRoleBindingsRequest { user_id: user_id.into(), ..Default::default() };
    let keeper = platform.keeper(here, &[]);
    let listed = platform.role_bindings().list_role_bindings(call(&keeper, asked)).await;
    let bindings = listed.expect("lists").into_inner().bindings;
    let mut bound: Vec<_> = bindings.into_iter().map(|one| (one.role, one.scope_type)).collect();
    bound.sort();
    bound
}

#[tokio::test]
async fn all_roles_of_an_invitation_are_bound_built_in_or_the_tenants_own() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    custom_role(&platform, here, "front-desk", "events.event.read").await;
    let asked = with_roles("ann@example.com", &["user", "front-desk", "client"]);
    let made = invite(&platform, &boss, asked).await.expect("invites");
    assert_eq!((made.role.as_str(), made.scope_type.as_str()), ("user", "tenant"));
    assert_eq!(made.roles, ["user", "front-desk", "client"]);
    let by_role = ListInvitesRequest { role: "front-desk".into(), ..Default::default() };
    let listed = platform.invites().list_invites(call(&boss, by_role)).await.expect("lists");
    assert_eq!(listed.into_inner().invites.len(), 1);
    let token = platform.token(here, &made.invite_id).await;
    let user_id = platform.accept(&token, PASSWORD).await.expect("accepts").user_id;
    let bound = bound(&platform, here, &user_id).await;
    let names: Vec<_> = bound.iter().map(|(role, place)| (role.as_str(), place.as_str())).collect();
    assert_eq!(names, [("client", "tenant"), ("front-desk", "tenant"), ("user", "tenant")]);
    let row = "select data from outbox where kind = 'user.invite.accepted'";
    let data: serde_json::Value = sqlx::query_scalar(row)
        .fetch_one(&mut platform.database.admin().await)
        .await
        .expect("told");
    let fact: InviteAccepted = wire::json::decode(&data).expect("reads");
    assert_eq!((fact.role.as_str(), fact.roles.len()), ("user", 3));
}

#[tokio::test]
async fn roles_in_a_team_hold_there_alone() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let asked = CreateInviteRequest {
        scope_type: "team".into(),
        scope_id: Uuid::now_v7().to_string(),
        ..with_roles("ann@example.com", &["user"])
    };
    let team = asked.scope_id.clone();
    let made = invite(&platform, &boss, asked).await.expect("invites");
    assert_eq!((made.scope_type.as_str(), made.scope_id), ("team", team));
    let token = platform.token(here, &made.invite_id).await;
    let user_id = platform.accept(&token, PASSWORD).await.expect("accepts").user_id;
    assert_eq!(bound(&platform, here, &user_id).await, [("user".to_owned(), "team".to_owned())]);
    let standing = "select count(*) from role_bindings b join users u using (user_id) where u.email = 'ann@example.com'";
    assert_eq!(platform.database.count(standing).await, 0, "nothing holds in the whole tenant");
}

#[tokio::test]
async fn each_role_is_measured_on_inviting_and_again_on_accepting() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    custom_role(&platform, here, "keeper", "user.roles.write").await;
    for (roles, refusal) in [
        (vec!["client", "owner"], "role_above_own"),
        (vec!["client", "keeper"], "role_above_own"),
        (vec!["client", "nobody"], "role_unknown"),
    ] {
        let refused = invite(&platform, &boss, with_roles("ann@example.com", &roles)).await;
        let refused = refused.expect_err(refusal);
        assert_eq!((reason(&refused).as_str(), fields(&refused)), (refusal, vec!["role".into()]));
    }
    custom_role(&platform, here, "reader", "events.event.read").await;
    let made = invite(&platform, &boss, with_roles("ann@example.com", &["client", "reader"])).await;
    let token = platform.token(here, &made.expect("invites").invite_id).await;
    // The role grows beyond whoever invited, and then is gone.
    let grown = PutCustomRoleRequest {
        role_id: "reader".into(),
        title: "Reader".into(),
        permissions: vec!["user.ownership.transfer".into()],
    };
    let keeper = platform.keeper(here, crate::platform::OWNER);
    let mut roles = platform.custom_roles();
    roles.put_custom_role(call(&keeper, grown)).await.expect("grows");
    let refused = platform.accept(&token, PASSWORD).await.expect_err("above the inviter");
    assert_eq!(reason(&refused), "inviter_lacks_role");
    let gone = DeleteCustomRoleRequest { role_id: "reader".into() };
    roles.delete_custom_role(call(&keeper, gone)).await.expect("deletes");
    let refused = platform.accept(&token, PASSWORD).await.expect_err("no such role");
    assert_eq!(reason(&refused), "inviter_lacks_role");
    assert_eq!(platform.database.count("select count(*) from role_grants").await, 0);
}

#[tokio::test]
async fn a_role_and_several_contradict_each_other() {
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let both = CreateInviteRequest { role: "user".into(), ..with_roles("a@x.com", &["client"]) };
    let twice = with_roles("a@x.com", &["client", "client"]);
    let nowhere = CreateInviteRequest { scope_type: "team".into(), ..ask("a@x.com") };
    for (asked, field) in [(both, "roles"), (twice, "roles"), (nowhere, "scopeId")] {
        let refused = invite(&platform, &boss, asked).await.expect_err(field);
        assert_eq!(fields(&refused), [field]);
    }
}
