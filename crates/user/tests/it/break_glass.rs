//! What a tenant's people wrote: closed to the platform's staff but for an opening with a reason, which the tenant sees.

use std::time::Duration;

use kernel::{Credential, Cx, TenantId};
use tonic::{Response, Status};
use wire::{
    Caller, call,
    user::v1::{
        CheckRequest, CloseGlassRequest, CreateUserRequest, GlassOpening, ListEffectiveRequest,
        ListGlassOpeningsRequest, OpenGlassRequest, break_glass_client::BreakGlassClient,
        people_client::PeopleClient,
    },
};

use crate::platform::{PASSWORD, Platform, fields, reason, tenant};

const CONTENT: &str = "reports.report.read";
const WHY: &str = "ticket 4711: the report shows nothing";

impl Platform {
    fn glass(&self) -> BreakGlassClient<Caller> {
        BreakGlassClient::new(self.gateway())
    }

    /// A member of the platform's staff with this role, and what the gateway says for them in the tenant.
    async fn of_platform(&self, here: TenantId, role: &str) -> (String, Cx) {
        let mut usher = PeopleClient::new(self.service("usher"));
        let cx = Cx::of_service("usher", None, &kernel::Clock::system());
        let wish = CreateUserRequest {
            email: format!("{role}@platform.example"),
            name: "Staff".into(),
            password: PASSWORD.into(),
            role: role.into(),
        };
        let made = usher.create_user(call(&cx, wish)).await.expect("creates").into_inner();
        let rights = ["user.glass.open", "user.glass.read", "user.glass.close"];
        let cx = self.person(made.user_id.parse().expect("an id"), Some(here), &rights);
        (made.user_id, cx)
    }

    async fn open_glass(&self, cx: &Cx, why: &str, minutes: i32) -> Result<GlassOpening, Status> {
        let asked = OpenGlassRequest { reason: why.into(), minutes };
        self.glass().open_glass(call(cx, asked)).await.map(Response::into_inner)
    }

    async fn may_read(&self, here: TenantId, user_id: &str) -> String {
        let asked = CheckRequest {
            user_id: user_id.into(),
            permission: CONTENT.into(),
            ..Default::default()
        };
        let keeper = self.keeper(here, &[]);
        let decided = self.decisions().check(call(&keeper, asked)).await.expect("decides");
        decided.into_inner().reason_code
    }

    async fn passport_says(&self, here: TenantId, user_id: &str) -> bool {
        let asked = ListEffectiveRequest {
            user_id: user_id.into(),
            tenant_id: here.to_string(),
            tenant_only: false,
        };
        let rights = self.access().list_effective(call(&self.nobody(), asked)).await;
        rights.expect("lists").into_inner().permissions.iter().any(|name| name == CONTENT)
    }
}

/// A service of another build brings reports.
async fn with_reports() -> Platform {
    let platform = Platform::start().await;
    let declare =
        sqlx::query("insert into permissions (permission, declared_at) values ($1, now())");
    declare.bind(CONTENT).execute(&mut platform.database.admin().await).await.expect("declares");
    platform
}

#[tokio::test]
async fn staff_see_content_only_while_the_glass_is_broken_and_each_look_is_audited() {
    let (platform, here, there) = (with_reports().await, tenant(), tenant());
    let (root, cx) = platform.of_platform(here, "super_admin").await;
    assert_eq!(platform.may_read(here, &root).await, "RBAC_DENY");
    assert!(!platform.passport_says(here, &root).await);
    let opened = platform.open_glass(&cx, WHY, 30).await.expect("opens");
    assert_eq!((opened.user_id.as_str(), opened.reason.as_str()), (root.as_str(), WHY));
    assert_eq!(platform.open_glass(&cx, WHY, 60).await.expect("the same"), opened);
    assert_eq!(platform.may_read(here, &root).await, "BREAK_GLASS");
    assert!(platform.passport_says(here, &root).await);
    assert_eq!(platform.may_read(there, &root).await, "RBAC_DENY", "another tenant's is closed");
    assert!(!platform.passport_says(there, &root).await);
    let looks = "select count(*) from audit_events where action = 'access.break_glass'";
    assert_eq!(platform.database.count(looks).await, 1);
    let told = "select count(*) from outbox where kind = 'user.glass.opened'";
    assert_eq!(platform.database.count(told).await, 1);
    platform.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(platform.may_read(here, &root).await, "RBAC_DENY", "its time is over");
    assert!(!platform.passport_says(here, &root).await);
}

#[tokio::test]
async fn the_tenant_sees_who_opened_why_and_ends_it_at_once() {
    let (platform, here) = (with_reports().await, tenant());
    let (root, cx) = platform.of_platform(here, "super_admin").await;
    let opened = platform.open_glass(&cx, WHY, 0).await.expect("opens");
    let owner = platform.person(
        uuid::Uuid::now_v7().into(),
        Some(here),
        &["user.glass.read", "user.glass.close"],
    );
    let list = async |cx: &Cx| {
        let asked = call(cx, ListGlassOpeningsRequest::default());
        platform.glass().list_glass_openings(asked).await.map(|listed| listed.into_inner().openings)
    };
    assert_eq!(list(&owner).await.expect("lists"), std::slice::from_ref(&opened));
    assert_eq!(platform.may_read(here, &root).await, "BREAK_GLASS");
    let close = CloseGlassRequest { opening_id: opened.opening_id.clone() };
    let closed = platform.glass().close_glass(call(&owner, close.clone())).await.expect("closes");
    let closed = closed.into_inner();
    assert!(closed.closed_by.starts_with("user:") && closed.closed_at.is_some());
    let again = platform.glass().close_glass(call(&owner, close.clone())).await.expect("is closed");
    assert_eq!(again.into_inner(), closed);
    assert_eq!(platform.may_read(here, &root).await, "RBAC_DENY");
    let stranger = platform.person(
        uuid::Uuid::now_v7().into(),
        Some(tenant()),
        &["user.glass.close", "user.glass.read"],
    );
    let foreign = platform.glass().close_glass(call(&stranger, close)).await;
    assert_eq!(reason(&foreign.expect_err("another tenant's")), "glass_opening_not_found");
    assert!(list(&stranger).await.expect("lists").is_empty());
}

#[tokio::test]
async fn nobody_else_breaks_it_and_not_without_a_reason_and_an_end() {
    let (platform, here) = (with_reports().await, tenant());
    let (_, lite) = platform.of_platform(here, "admin_lite").await;
    let refused = platform.open_glass(&lite, WHY, 0).await.expect_err("not trusted");
    assert_eq!(reason(&refused), "not_of_platform");
    let (owner, _) = platform.staff(here, "owner@example.com", "owner").await;
    let owner = platform.person(owner.parse().expect("an id"), Some(here), &["user.glass.open"]);
    let refused = platform.open_glass(&owner, WHY, 0).await.expect_err("is the tenant's own");
    assert_eq!(reason(&refused), "not_of_platform");
    let (root_id, root) = platform.of_platform(here, "super_admin").await;
    let root_id = root_id.parse().expect("an id");
    for shown in [(Credential::Delegated, false), (Credential::Session, true)] {
        let cx = platform.vouched(shown, root_id, Some(here), &["user.glass.open"]);
        let refused = platform.open_glass(&cx, WHY, 0).await.expect_err("not staff themselves");
        assert_eq!(reason(&refused), "not_of_platform", "{shown:?}");
    }
    for (why, minutes, field) in
        [("because", 30, "reason"), ("", 30, "reason"), (WHY, 4, "minutes"), (WHY, 481, "minutes")]
    {
        let refused = platform.open_glass(&root, why, minutes).await.expect_err("is refused");
        assert_eq!(fields(&refused), [field], "{why} {minutes}");
    }
    let none = "select count(*) from glass_openings";
    assert_eq!(platform.database.count(none).await, 0);
}
