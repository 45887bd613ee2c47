//! Everybody of a tenant, with their numbers, and changes of them by hand.

use std::collections::BTreeSet;

use futures::future::join_all;
use kernel::{Cx, TenantId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call,
    user::v1::{Account, GetAccountRequest, ListAccountsRequest, UpdateAccountRequest},
};

use crate::platform::{Platform, fields, reason, tenant};

async fn get(platform: &Platform, cx: &Cx, key: &str) -> Result<Account, Status> {
    let asked = call(cx, GetAccountRequest { user_id: key.into() });
    platform.accounts().get_account(asked).await.map(tonic::Response::into_inner)
}

async fn update(
    platform: &Platform,
    cx: &Cx,
    wish: UpdateAccountRequest,
) -> Result<Account, Status> {
    platform.accounts().update_account(call(cx, wish)).await.map(tonic::Response::into_inner)
}

async fn list(platform: &Platform, tenant: TenantId, wish: ListAccountsRequest) -> Vec<Account> {
    let asked = call(&platform.admin(tenant), wish);
    let found = platform.accounts().list_accounts(asked).await.expect("lists").into_inner();
    assert_eq!(found.total_size, i64::try_from(found.accounts.len()).expect("few"));
    found.accounts
}

#[tokio::test]
async fn an_account_is_found_by_id_number_and_address_and_only_in_its_tenant() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    platform.invite(here, "ann@example.com").await;
    let (mine, theirs) = (platform.admin(here), platform.admin(there));
    let ann = get(&platform, &mine, "Ann@Example.com").await.expect("found");
    assert_eq!(
        (ann.status.as_str(), ann.roles.as_slice()),
        ("invited", ["client".into()].as_slice())
    );
    for key in [ann.user_id.clone(), ann.legacy_id.to_string(), ann.email.clone()] {
        assert_eq!(get(&platform, &mine, &key).await.expect("found"), ann);
        let refused = get(&platform, &theirs, &key).await.expect_err("another tenant's");
        assert_eq!(reason(&refused), "person_not_found");
    }
    for odd in ["", "one", "-1", "1.5", "99999999999999999999", "a@"] {
        let refused = get(&platform, &mine, odd).await.expect_err("no key");
        assert_eq!(fields(&refused), ["userId"], "{odd}");
    }
}

#[tokio::test]
async fn many_invited_at_once_have_numbers_of_their_own_and_keep_them() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let emails: Vec<String> = (0..16).map(|n| format!("p{n}@example.com")).collect();
    join_all(emails.iter().map(|email| platform.invite(tenant, email))).await;
    let before = list(&platform, tenant, ListAccountsRequest::default()).await;
    let numbers: BTreeSet<i64> = before.iter().map(|account| account.legacy_id).collect();
    assert_eq!(numbers.len(), 16);
    assert!(before.is_sorted_by_key(|account| account.legacy_id));
    platform.admit(tenant, "p3@example.com").await;
    platform.invite(tenant, "p4@example.com").await;
    let after = list(&platform, tenant, ListAccountsRequest::default()).await;
    let number = |accounts: &[Account], email: &str| {
        accounts.iter().find(|account| account.email == email).map(|account| account.legacy_id)
    };
    for email in &emails {
        assert_eq!(number(&before, email), number(&after, email), "{email}");
    }
    let active = ListAccountsRequest { is_active: Some(true), ..Default::default() };
    assert_eq!(list(&platform, tenant, active).await.len(), 1);
    let off = ListAccountsRequest { is_active: Some(false), ..Default::default() };
    assert_eq!(list(&platform, tenant, off).await.len(), 15);
}

#[tokio::test]
async fn a_membership_is_switched_off_and_on_and_each_change_is_told_once() {
    let (platform, tenant) = (Platform::start().await, tenant());
    platform.admit(tenant, "ann@example.com").await;
    let admin = platform.admin(tenant);
    let wish = |is_active| UpdateAccountRequest {
        user_id: "ann@example.com".into(),
        is_active: Some(is_active),
        ..Default::default()
    };
    let epoch = "select epoch from permission_epochs";
    let before = platform.database.count(epoch).await;
    for (is_active, status) in [(false, "disabled"), (false, "disabled"), (true, "active")] {
        let account = update(&platform, &admin, wish(is_active)).await.expect("changes");
        assert_eq!(account.status, status);
    }
    assert_eq!(platform.database.count(epoch).await, before + 2);
    for question in [
        "select count(*) from outbox where kind = 'user.account.updated'",
        "select count(*) from audit_events where action = 'account.update'",
    ] {
        assert_eq!(platform.database.count(question).await, 2, "{question}");
    }
}

#[tokio::test]
async fn a_tenants_name_for_a_person_is_its_own() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    for tenant in [here, there] {
        platform.invite(tenant, "ann@example.com").await;
    }
    let wish = UpdateAccountRequest {
        user_id: "ann@example.com".into(),
        name: Some("Ann of Here".into()),
        ..Default::default()
    };
    let renamed = update(&platform, &platform.admin(here), wish).await.expect("renames");
    assert_eq!(renamed.name, "Ann of Here");
    let theirs = get(&platform, &platform.admin(there), "ann@example.com").await.expect("found");
    assert_eq!(theirs.name, "Ann");
}

#[tokio::test]
async fn roles_are_given_and_taken_only_by_those_who_hold_them() {
    let (platform, tenant) = (Platform::start().await, tenant());
    platform.admit(tenant, "ann@example.com").await;
    let wish = |roles: &[&str]| UpdateAccountRequest {
        user_id: "ann@example.com".into(),
        roles: roles.iter().map(|&role| role.into()).collect(),
        ..Default::default()
    };
    let admin = platform.admin(tenant);
    let both = update(&platform, &admin, wish(&["user", "client"])).await.expect("binds");
    assert_eq!(both.roles, ["client", "user"]);
    let one = update(&platform, &admin, wish(&["user"])).await.expect("unbinds");
    assert_eq!(one.roles, ["user"]);
    let above = update(&platform, &admin, wish(&["owner"])).await.expect_err("too high");
    assert_eq!(reason(&above), "role_above_own");
    let weak = platform.person(Uuid::now_v7().into(), Some(tenant), &["user.members.update"]);
    let refused = update(&platform, &weak, wish(&["client"])).await.expect_err("lacks the right");
    assert_eq!(reason(&refused), "role_above_own");
}

#[tokio::test]
async fn nobody_changes_their_own_rights_and_who_has_not_come_in_has_none_to_change() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let me = platform.admit(tenant, "me@example.com").await;
    let me_id = me.user_id.parse().expect("an id");
    let cx = platform.person(me_id, Some(tenant), crate::platform::ADMIN);
    let own = UpdateAccountRequest {
        user_id: me.user_id.clone(),
        is_active: Some(false),
        ..Default::default()
    };
    assert_eq!(reason(&update(&platform, &cx, own).await.expect_err("own")), "own_account");
    platform.invite(tenant, "ann@example.com").await;
    let wish = |is_active, roles: &[&str]| UpdateAccountRequest {
        user_id: "ann@example.com".into(),
        is_active,
        roles: roles.iter().map(|&role| role.into()).collect(),
        ..Default::default()
    };
    for wish in [wish(Some(true), &[]), wish(None, &["user"])] {
        let refused = update(&platform, &cx, wish).await.expect_err("has not come in");
        assert_eq!(reason(&refused), "not_joined");
    }
    let revoked = update(&platform, &cx, wish(Some(false), &[])).await.expect("takes back");
    assert_eq!(revoked.status, "revoked");
    let told = "select count(*) from outbox where kind = 'user.invite.revoked'";
    assert_eq!(platform.database.count(told).await, 1);
}
