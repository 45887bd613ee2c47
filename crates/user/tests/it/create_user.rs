//! Making accounts by hand.

use kernel::Code;
use uuid::Uuid;
use wire::{
    call, code_of,
    user::v1::{CreateUserRequest, people_client::PeopleClient},
};

use crate::platform::{PASSWORD, Platform, fields, reason, tenant};

fn ask(role: &str) -> CreateUserRequest {
    CreateUserRequest {
        email: "root@example.com".into(),
        name: "Root".into(),
        password: PASSWORD.into(),
        role: role.into(),
    }
}

#[tokio::test]
async fn the_operator_of_the_machine_gets_the_same_person_however_often_asked() {
    let platform = Platform::start().await;
    let mut usher = PeopleClient::new(platform.service("usher"));
    let cx = kernel::Cx::of_service("usher", None, &kernel::Clock::system());
    let first =
        usher.create_user(call(&cx, ask("super_admin"))).await.expect("creates").into_inner();
    let second =
        usher.create_user(call(&cx, ask("super_admin"))).await.expect("the same").into_inner();
    assert_eq!(first, second);
    assert_eq!(first.status, "active");
    assert_eq!(platform.auth.password_of(&first.user_id).as_deref(), Some(PASSWORD));
    for question in [
        "select count(*) from role_bindings where tenant_id = '00000000-0000-0000-0000-000000000000'",
        "select count(*) from outbox where kind = 'user.user.created'",
        "select count(*) from audit_events where action = 'user.create'",
        "select epoch from permission_epochs",
    ] {
        assert_eq!(platform.database.count(question).await, 1, "{question}");
    }
}

#[tokio::test]
async fn an_account_left_half_made_is_finished_by_asking_again() {
    let platform = Platform::start().await;
    let mut usher = PeopleClient::new(platform.service("usher"));
    let cx = kernel::Cx::of_service("usher", None, &kernel::Clock::system());
    platform.auth.leave();
    let refused = usher.create_user(call(&cx, ask("operator"))).await.expect_err("nobody answers");
    assert_eq!(code_of(&refused).code, Code::Unavailable);
    platform.auth.come_back();
    let made = usher.create_user(call(&cx, ask("operator"))).await.expect("creates").into_inner();
    assert_eq!(made.status, "active");
    assert_eq!(platform.database.count("select count(*) from users").await, 1);
}

#[tokio::test]
async fn a_person_gives_no_role_above_their_own_and_takes_no_known_address() {
    let platform = Platform::start().await;
    let somebody = platform.person(Uuid::now_v7().into(), None, &["user.users.create"]);
    let refused = platform.people().create_user(call(&somebody, ask("operator"))).await;
    assert_eq!(reason(&refused.expect_err("too high")), "role_above_own");

    let rights = [
        "user.users.create",
        "activity.feed.read",
        "events.event.read",
        "provisioning.datasets.use",
        "provisioning.sheets.read",
        "user.groups.read",
    ];
    let here = platform.person(Uuid::now_v7().into(), Some(tenant()), &rights);
    let made = platform.people().create_user(call(&here, ask("client"))).await;
    assert_eq!(made.expect("creates").into_inner().status, "active");
    let again = platform.people().create_user(call(&here, ask("client"))).await;
    assert_eq!(reason(&again.expect_err("known")), "email_taken");
}

#[tokio::test]
async fn a_role_belongs_to_the_scope_of_the_call() {
    let platform = Platform::start().await;
    let mut usher = PeopleClient::new(platform.service("usher"));
    let platform_wide = kernel::Cx::of_service("usher", None, &kernel::Clock::system());
    let here = platform.of("usher", tenant());
    for (cx, role) in [(&platform_wide, "owner"), (&platform_wide, ""), (&here, "super_admin")] {
        let refused = usher.create_user(call(cx, ask(role))).await.expect_err("another scope's");
        assert_eq!(fields(&refused), ["role"], "{role}");
    }
}
