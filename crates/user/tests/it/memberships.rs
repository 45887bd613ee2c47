//! Memberships: paused, gone on with, ended, left, and the tenant given to another owner.

use futures::future::join_all;
use kernel::{Cx, TenantId, UserId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        DisableMemberRequest, EnableMemberRequest, LeaveTenantRequest, ListEffectiveRequest,
        ListMembersRequest, Membership, RemoveMemberRequest, TransferOwnershipRequest,
        UpdateAccountRequest, access_client::AccessClient,
    },
};

use crate::platform::{ADMIN, OWNER, PASSWORD, Platform, RIGHTS, fields, reason, tenant};

/// What an owner holds, as far as these tests go.
fn owner_rights() -> Vec<&'static str> {
    [ADMIN, RIGHTS, OWNER].concat()
}

#[derive(Clone, Copy)]
enum Turn {
    Disable,
    Enable,
    Remove,
}

async fn turn(platform: &Platform, cx: &Cx, id: &str, turn: Turn) -> Result<Membership, Status> {
    let (user_id, note) = (id.to_owned(), "since the season is over".to_owned());
    let mut rpc = platform.memberships();
    let turned = match turn {
        Turn::Disable => rpc.disable_member(call(cx, DisableMemberRequest { user_id, note })).await,
        Turn::Enable => rpc.enable_member(call(cx, EnableMemberRequest { user_id, note })).await,
        Turn::Remove => rpc.remove_member(call(cx, RemoveMemberRequest { user_id, note })).await,
    };
    turned.map(tonic::Response::into_inner)
}

async fn leave(platform: &Platform, cx: &Cx) -> Result<Membership, Status> {
    let asked = call(cx, LeaveTenantRequest { note: String::new() });
    platform.memberships().leave_tenant(asked).await.map(tonic::Response::into_inner)
}

async fn transfer(platform: &Platform, cx: &Cx, heir: &str) -> Result<Membership, Status> {
    let asked = call(cx, TransferOwnershipRequest { user_id: heir.into() });
    platform.memberships().transfer_ownership(asked).await.map(tonic::Response::into_inner)
}

/// An owner of the tenant, and what they act as.
async fn owner(platform: &Platform, tenant: TenantId, email: &str) -> (String, Cx) {
    let (user_id, _) = platform.staff(tenant, email, "owner").await;
    let id: UserId = user_id.parse().expect("an id");
    (user_id, platform.person(id, Some(tenant), &owner_rights()))
}

async fn belongs(platform: &Platform, tenant: TenantId, user_id: &str) -> bool {
    let asked = ListEffectiveRequest {
        user_id: user_id.into(),
        tenant_id: tenant.to_string(),
        tenant_only: false,
    };
    let mut rpc: AccessClient<_> = platform.access();
    let rights = rpc.list_effective(call(&platform.nobody(), asked)).await.expect("told");
    let rights = rights.into_inner();
    assert_eq!(rights.belongs, !rights.permissions.is_empty());
    rights.belongs
}

#[tokio::test]
async fn a_membership_is_paused_goes_on_and_ends_and_rights_follow_at_once() {
    let (platform, here) = (Platform::start().await, tenant());
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let admin = platform.admin(here);
    let epoch = "select epoch from permission_epochs";
    let before = platform.database.count(epoch).await;
    for (wish, status, is_in) in [
        (Turn::Disable, "disabled", false),
        (Turn::Disable, "disabled", false),
        (Turn::Enable, "active", true),
        (Turn::Remove, "removed", false),
        (Turn::Remove, "removed", false),
    ] {
        let turned = turn(&platform, &admin, &ann, wish).await.expect("turns");
        assert_eq!((turned.status.as_str(), turned.cause.as_str()), (status, "by_hand"));
        assert_eq!(turned.note, "since the season is over");
        assert_eq!(belongs(&platform, here, &ann).await, is_in, "{status}");
    }
    assert_eq!(platform.database.count(epoch).await, before + 3, "each change moves the epoch");
    assert_eq!(
        platform
            .database
            .count("select count(*) from outbox where kind like 'user.membership.%'")
            .await,
        3
    );
    assert_eq!(
        platform
            .database
            .count("select count(*) from audit_events where action like 'membership.%'")
            .await,
        3
    );
    for wish in [Turn::Disable, Turn::Enable] {
        let ended = turn(&platform, &admin, &ann, wish).await.expect_err("has ended");
        assert_eq!(reason(&ended), "membership_ended");
    }
    assert_eq!(platform.database.count("select count(*) from role_bindings").await, 0);
}

#[tokio::test]
async fn who_was_removed_is_listed_only_on_request_and_comes_back_by_an_invitation_alone() {
    let (platform, here) = (Platform::start().await, tenant());
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let admin = platform.admin(here);
    turn(&platform, &admin, &ann, Turn::Remove).await.expect("removes");
    let listed = async |status: &str, query: &str| {
        let asked =
            ListMembersRequest { status: status.into(), query: query.into(), ..Default::default() };
        let found = platform.people().list_members(call(&admin, asked)).await.expect("lists");
        found.into_inner().members.len()
    };
    for query in ["", "ann"] {
        assert_eq!((listed("", query).await, listed("active", query).await), (0, 0));
        assert_eq!(listed("removed", query).await, 1);
    }
    let back = platform.admit(here, "ann@example.com").await;
    assert_eq!(back.user_id, ann);
    assert!(belongs(&platform, here, &ann).await);
    assert_eq!((listed("", "").await, listed("removed", "").await), (1, 0));
    assert_eq!(platform.database.count("select count(*) from memberships").await, 1);
}

#[tokio::test]
async fn a_link_in_the_mail_does_not_undo_a_pause_or_a_removal() {
    let (platform, here) = (Platform::start().await, tenant());
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let admin = platform.admin(here);
    for wish in [Turn::Disable, Turn::Remove] {
        turn(&platform, &admin, &ann, Turn::Disable).await.expect("pauses");
        let invite = platform.invite(here, "ann@example.com").await;
        let token = platform.token(here, &invite.invite_id).await;
        turn(&platform, &admin, &ann, Turn::Enable).await.expect("goes on");
        turn(&platform, &admin, &ann, wish).await.expect("turns");
        let refused = platform.accept(&token, PASSWORD).await.expect_err("was taken back");
        assert_eq!(reason(&refused), "invitation_revoked");
        assert!(!belongs(&platform, here, &ann).await);
    }
}

#[tokio::test]
async fn nobody_acts_on_themselves_on_those_above_or_on_another_tenants_member() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let (boss, _) = owner(&platform, here, "boss@example.com").await;
    let admin = platform.admin(here);
    let own = platform.person(ann.parse().expect("an id"), Some(here), ADMIN);
    for wish in [Turn::Disable, Turn::Remove] {
        let refused = turn(&platform, &own, &ann, wish).await.expect_err("oneself");
        assert_eq!(reason(&refused), "own_account");
        let refused = turn(&platform, &admin, &boss, wish).await.expect_err("above");
        assert_eq!(reason(&refused), "role_above_own");
        for (cx, id) in
            [(&platform.admin(there), ann.as_str()), (&admin, &Uuid::now_v7().to_string())]
        {
            let refused = turn(&platform, cx, id, wish).await.expect_err("nobody here");
            assert_eq!(reason(&refused), "person_not_found");
        }
    }
    let refused = turn(&platform, &admin, "ann", Turn::Remove).await.expect_err("no id");
    assert_eq!(fields(&refused), ["userId"]);
    let switcher = platform.person(Uuid::now_v7().into(), Some(here), &["user.members.update"]);
    let refused = turn(&platform, &switcher, &ann, Turn::Remove).await.expect_err("no right");
    assert_eq!(reason(&refused), "permission_denied", "who switches off and on ends nothing");
    let long = DisableMemberRequest { user_id: ann, note: "я".repeat(501) };
    let refused = platform.memberships().disable_member(call(&admin, long)).await;
    assert_eq!(fields(&refused.expect_err("too long")), ["note"]);
}

#[tokio::test]
async fn the_last_owner_stays_whoever_asks_and_on_whatever_way() {
    let (platform, here) = (Platform::start().await, tenant());
    let (boss, cx) = owner(&platform, here, "boss@example.com").await;
    let colleague = platform.person(Uuid::now_v7().into(), Some(here), &owner_rights());
    let update = |roles: &[&str], is_active| UpdateAccountRequest {
        user_id: boss.clone(),
        roles: roles.iter().map(|&role| role.into()).collect(),
        is_active,
        ..Default::default()
    };
    let mut refused = vec![leave(&platform, &cx).await.expect_err("the last")];
    for wish in [Turn::Disable, Turn::Remove] {
        refused.push(turn(&platform, &colleague, &boss, wish).await.expect_err("the last"));
    }
    for wish in [update(&["user"], None), update(&[], Some(false))] {
        let asked = platform.accounts().update_account(call(&colleague, wish)).await;
        refused.push(asked.expect_err("the last"));
    }
    for refusal in refused {
        assert_eq!(reason(&refusal), "last_owner");
    }
    assert!(belongs(&platform, here, &boss).await);
    owner(&platform, here, "second@example.com").await;
    let left = leave(&platform, &cx).await.expect("another one stays");
    assert_eq!((left.status.as_str(), left.cause.as_str()), ("removed", "left"));
    assert_eq!(leave(&platform, &cx).await.expect("already").status, "removed");
}

#[tokio::test]
async fn of_owners_who_leave_at_once_one_stays() {
    let (platform, here) = (Platform::start().await, tenant());
    let mut owners = Vec::new();
    for n in 0..6 {
        owners.push(owner(&platform, here, &format!("o{n}@example.com")).await);
    }
    let left = join_all(owners.iter().map(async |(_, cx)| leave(&platform, cx).await)).await;
    let refused: Vec<_> = left.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.iter().map(reason).collect::<Vec<_>>(), ["last_owner"]);
    let stays = "select count(*) from role_bindings b join memberships m using (tenant_id, user_id)
                 where b.role = 'owner' and m.status = 'active'";
    assert_eq!(platform.database.count(stays).await, 1);
}

#[tokio::test]
async fn a_tenant_is_given_to_an_active_member_and_its_giver_goes_on_as_an_admin() {
    let (platform, here) = (Platform::start().await, tenant());
    let (boss, cx) = owner(&platform, here, "boss@example.com").await;
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let bob = platform.admit(here, "bob@example.com").await.user_id;
    turn(&platform, &cx, &bob, Turn::Disable).await.expect("pauses");
    let stranger = Uuid::now_v7().to_string();
    for (heir, why) in [(&bob, "not_active"), (&stranger, "person_not_found")] {
        assert_eq!(reason(&transfer(&platform, &cx, heir).await.expect_err(why)), why);
    }
    let made = transfer(&platform, &cx, &ann).await.expect("transfers");
    assert_eq!(made.roles, ["client", "owner"]);
    let roles = "select count(*) from role_bindings where role in ('owner', 'admin')";
    assert_eq!(platform.database.count(roles).await, 2);
    // The passport still says owner for a moment; the rows do not.
    let late = transfer(&platform, &cx, &bob).await.expect_err("has nothing to give");
    assert_eq!(reason(&late), "role_above_own");
    let admin = transfer(&platform, &platform.admin(here), &boss).await.expect_err("no right");
    assert_eq!(reason(&admin), "permission_denied");
    let told = "select count(*) from outbox where kind = 'user.ownership.transferred'";
    assert_eq!(platform.database.count(told).await, 1);
}

#[tokio::test]
async fn of_heirs_named_at_once_one_owns_the_tenant() {
    let (platform, here) = (Platform::start().await, tenant());
    let (_, cx) = owner(&platform, here, "boss@example.com").await;
    let mut heirs = Vec::new();
    for n in 0..6 {
        heirs.push(platform.admit(here, &format!("h{n}@example.com")).await.user_id);
    }
    let given = join_all(heirs.iter().map(async |heir| transfer(&platform, &cx, heir).await)).await;
    assert_eq!(given.iter().filter(|given| given.is_ok()).count(), 1);
    let owners = "select count(*) from role_bindings where role = 'owner'";
    assert_eq!(platform.database.count(owners).await, 1);
}
