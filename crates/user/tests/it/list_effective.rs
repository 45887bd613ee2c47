//! What a person may do.

use kernel::TenantId;
use wire::{
    call,
    user::v1::{CreateUserRequest, Effective, ListEffectiveRequest, people_client::PeopleClient},
};

use crate::platform::{PASSWORD, Platform, tenant};

async fn rights(platform: &Platform, user_id: &str, tenant: Option<TenantId>) -> Effective {
    let asked = ListEffectiveRequest {
        user_id: user_id.into(),
        tenant_id: tenant.map(|tenant| tenant.to_string()).unwrap_or_default(),
        tenant_only: false,
    };
    let mut gateway = platform.access();
    // The gateway asks for itself while it makes a passport, so it has none to show yet: as a service it is `nobody`.
    gateway.list_effective(call(&platform.nobody(), asked)).await.expect("answers").into_inner()
}

async fn make(platform: &Platform, role: &str) -> String {
    let mut usher = PeopleClient::new(platform.service("usher"));
    let cx = kernel::Cx::of_service("usher", None, &kernel::Clock::system());
    let asked = CreateUserRequest {
        email: format!("{role}@example.com").replace('_', "-"),
        name: role.into(),
        password: PASSWORD.into(),
        role: role.into(),
    };
    usher.create_user(call(&cx, asked)).await.expect("creates").into_inner().user_id
}

#[tokio::test]
async fn a_member_has_the_rights_of_the_role_there_and_nowhere_else() {
    let platform = Platform::start().await;
    let (here, there) = (tenant(), tenant());
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let held = rights(&platform, &ann, Some(here)).await;
    let of_a_client = [
        "activity.feed.read",
        "events.event.read",
        "provisioning.datasets.use",
        "provisioning.sheets.read",
        "user.groups.read",
    ];
    assert_eq!(held.permissions, of_a_client);
    assert!(held.belongs && !held.suspended && !held.system_admin);
    for elsewhere in [Some(there), None] {
        let held = rights(&platform, &ann, elsewhere).await;
        assert!(held.permissions.is_empty() && !held.belongs, "{elsewhere:?}");
    }
}

#[tokio::test]
async fn a_role_of_the_platform_holds_in_every_tenant() {
    let platform = Platform::start().await;
    let operator = make(&platform, "operator").await;
    let root = make(&platform, "super_admin").await;
    for place in [Some(tenant()), None] {
        let held = rights(&platform, &operator, place).await;
        assert!(held.belongs && !held.system_admin);
        assert!(held.permissions.contains(&"tenant.tenants.create".into()));
        let held = rights(&platform, &root, place).await;
        assert!(held.belongs && held.system_admin);
        assert!(held.permissions.contains(&"user.users.create".into()));
    }
}

#[tokio::test]
async fn for_whom_a_tenant_alone_vouches_nothing_counts_but_its_roles() {
    let (platform, here) = (Platform::start().await, tenant());
    let root = make(&platform, "super_admin").await;
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    for (user_id, belongs) in [(root, false), (ann, true)] {
        let asked = ListEffectiveRequest {
            user_id: user_id.clone(),
            tenant_id: here.to_string(),
            tenant_only: true,
        };
        let told = platform.access().list_effective(call(&platform.nobody(), asked)).await;
        let held = told.expect("answers").into_inner();
        assert_eq!((held.belongs, held.system_admin), (belongs, false));
        let all = rights(&platform, &user_id, Some(here)).await.permissions;
        assert_eq!(held.permissions, if belongs { all } else { Vec::new() });
    }
}

#[tokio::test]
async fn the_epoch_moves_with_every_change_of_rights() {
    let (platform, here) = (Platform::start().await, tenant());
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let first = rights(&platform, &ann, Some(here)).await.epoch;
    platform.admit(here, "bob@example.com").await;
    let second = rights(&platform, &ann, Some(here)).await.epoch;
    make(&platform, "operator").await;
    let third = rights(&platform, &ann, Some(here)).await.epoch;
    assert!(first < second && second < third, "{first} {second} {third}");
}

#[tokio::test]
async fn who_is_invited_disabled_or_unknown_may_nothing() {
    let (platform, here) = (Platform::start().await, tenant());
    let invited = platform.invite(here, "bob@example.com").await.user_id;
    let unknown = uuid::Uuid::now_v7().to_string();
    for user_id in [&invited, &unknown] {
        let held = rights(&platform, user_id, Some(here)).await;
        assert!(held.permissions.is_empty() && !held.belongs && !held.suspended);
    }
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let close = sqlx::query("update users set status = 'disabled' where status = 'active'");
    close.execute(&mut platform.database.admin().await).await.expect("closes");
    let held = rights(&platform, &ann, Some(here)).await;
    assert!(held.permissions.is_empty() && !held.belongs && held.suspended);
}

#[tokio::test]
async fn a_membership_taken_away_takes_its_roles_along() {
    let (platform, here) = (Platform::start().await, tenant());
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let close = sqlx::query("update memberships set status = 'disabled'");
    close.execute(&mut platform.database.admin().await).await.expect("closes");
    let held = rights(&platform, &ann, Some(here)).await;
    assert!(held.permissions.is_empty() && !held.belongs);
}
