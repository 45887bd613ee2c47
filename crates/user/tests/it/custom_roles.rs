//! Roles of a tenant's own.

use kernel::Cx;
use tonic::Status;
use wire::{
    call,
    user::v1::{
        CreateRoleBindingRequest, CustomRole, DeleteCustomRoleRequest, GetCustomRoleRequest,
        ListCustomRolesRequest, PutCustomRoleRequest,
    },
};

use crate::platform::{Platform, fields, reason, tenant};

fn wish(role: &str, permissions: &[&str]) -> PutCustomRoleRequest {
    PutCustomRoleRequest {
        role_id: role.into(),
        title: "Front desk".into(),
        permissions: permissions.iter().map(|&one| one.to_owned()).collect(),
    }
}

async fn put(
    platform: &Platform,
    cx: &Cx,
    wish: PutCustomRoleRequest,
) -> Result<CustomRole, Status> {
    platform.custom_roles().put_custom_role(call(cx, wish)).await.map(tonic::Response::into_inner)
}

async fn get(platform: &Platform, cx: &Cx, role: &str) -> Result<CustomRole, Status> {
    let asked = call(cx, GetCustomRoleRequest { role_id: role.into() });
    platform.custom_roles().get_custom_role(asked).await.map(tonic::Response::into_inner)
}

async fn delete(platform: &Platform, cx: &Cx, role: &str) -> Result<(), Status> {
    let asked = call(cx, DeleteCustomRoleRequest { role_id: role.into() });
    platform.custom_roles().delete_custom_role(asked).await.map(|_| ())
}

#[tokio::test]
async fn a_role_is_made_changed_listed_and_removed_and_each_change_is_told_once() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let first = wish("front-desk", &["user.members.read", "user.invites.read"]);
    let made = put(&platform, &keeper, first.clone()).await.expect("made");
    assert_eq!(made.permissions, ["user.invites.read", "user.members.read"]);
    assert_eq!(put(&platform, &keeper, first).await.expect("stands"), made);
    let less = wish("front-desk", &["user.members.read"]);
    let changed = put(&platform, &keeper, less).await.expect("changed");
    assert_eq!(changed.permissions, ["user.members.read"]);
    assert_eq!(get(&platform, &keeper, "front-desk").await.expect("shown"), changed);
    put(&platform, &keeper, wish("back", &["user.members.read"])).await.expect("made");
    let page = ListCustomRolesRequest { page_size: 1, ..Default::default() };
    let page = platform.custom_roles().list_custom_roles(call(&keeper, page)).await;
    let page = page.expect("lists").into_inner();
    assert_eq!(page.roles[0].role_id, "back");
    let next = ListCustomRolesRequest { page_token: page.next_page_token, ..Default::default() };
    let page = platform.custom_roles().list_custom_roles(call(&keeper, next)).await;
    assert_eq!(page.expect("lists").into_inner().roles, [changed]);
    delete(&platform, &keeper, "front-desk").await.expect("removed");
    for gone in [
        get(&platform, &keeper, "front-desk").await.map(|_| ()),
        delete(&platform, &keeper, "front-desk").await,
    ] {
        assert_eq!(reason(&gone.expect_err("gone")), "role_not_found");
    }
    for (question, times) in [
        ("select count(*) from outbox where kind = 'user.role.changed'", 3),
        ("select count(*) from outbox where kind = 'user.role.deleted'", 1),
        ("select count(*) from audit_events where action in ('role.put', 'role.delete')", 4),
    ] {
        assert_eq!(platform.database.count(question).await, times, "{question}");
    }
}

#[tokio::test]
async fn nobody_gives_a_permission_that_they_lack() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let strong = platform.keeper(here, &["events.event.create"]);
    let wanted = wish("host-1", &["events.event.create"]);
    let refused = put(&platform, &keeper, wanted.clone()).await.expect_err("above own");
    assert_eq!(reason(&refused), "permission_above_own");
    put(&platform, &strong, wanted).await.expect("made");
    // Neither is one taken that they lack, by a change or by removal.
    let less = wish("host-1", &["user.members.read"]);
    let refused = put(&platform, &keeper, less).await.expect_err("above own");
    assert_eq!(reason(&refused), "permission_above_own");
    let refused = delete(&platform, &keeper, "host-1").await.expect_err("above own");
    assert_eq!(reason(&refused), "permission_above_own");
}

#[tokio::test]
async fn a_role_that_is_none_is_refused_by_its_field() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &["tenant.tenants.create"]);
    let good = &["user.members.read"];
    for (wish, field) in [
        (wish("Front", good), "roleId"),
        (wish("", good), "roleId"),
        (wish("../x", good), "roleId"),
        (PutCustomRoleRequest { title: " ".into(), ..wish("front", good) }, "title"),
        (wish("front", &[]), "permissions"),
        (wish("front", &["no.such.thing"]), "permissions"),
        // The platform's, even for one who holds it.
        (wish("front", &["tenant.tenants.create"]), "permissions"),
        (wish("owner", good), "roleId"),
        (wish("super_admin", good), "roleId"),
    ] {
        let refused = put(&platform, &keeper, wish.clone()).await.expect_err("refused");
        assert_eq!(fields(&refused), [field], "{wish:?}");
    }
    assert_eq!(platform.database.count("select count(*) from custom_roles").await, 0);
}

#[tokio::test]
async fn a_role_that_somebody_holds_stays() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    put(&platform, &keeper, wish("front", &["user.members.read"])).await.expect("made");
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let bind =
        CreateRoleBindingRequest { user_id: ann, role: "front".into(), ..Default::default() };
    platform.role_bindings().create_role_binding(call(&keeper, bind)).await.expect("binds");
    let refused = delete(&platform, &keeper, "front").await.expect_err("held");
    assert_eq!(reason(&refused), "role_in_use");
}

#[tokio::test]
async fn another_tenants_roles_are_missing_ones() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let (mine, theirs) = (platform.keeper(here, &[]), platform.keeper(there, &[]));
    put(&platform, &theirs, wish("front", &["user.members.read"])).await.expect("made");
    let missing = get(&platform, &mine, "front").await.expect_err("missing");
    assert_eq!(reason(&missing), "role_not_found");
    let missing = delete(&platform, &mine, "front").await.expect_err("missing");
    assert_eq!(reason(&missing), "role_not_found");
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let bind =
        CreateRoleBindingRequest { user_id: ann, role: "front".into(), ..Default::default() };
    let missing = platform.role_bindings().create_role_binding(call(&mine, bind)).await;
    assert_eq!(reason(&missing.expect_err("missing")), "role_not_found");
    put(&platform, &mine, wish("front", &["user.invites.read"])).await.expect("a name of its own");
    let own = get(&platform, &theirs, "front").await.expect("untouched");
    assert_eq!(own.permissions, ["user.members.read"]);
}
