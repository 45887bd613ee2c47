//! Software of a tenant that acts for itself.

use std::time::Duration;

use kernel::{Cx, TenantId};
use tonic::Status;
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        CheckRequest, CreateRoleBindingRequest, CreateServiceAccountRequest, Decision,
        DisableServiceAccountRequest, Effective, EnableServiceAccountRequest,
        GetServiceAccountRequest, ListEffectiveRequest, ListServiceAccountsRequest, ServiceAccount,
    },
};

use crate::platform::{Platform, fields, keyed, reason, tenant};

const CREATE: &str = "events.event.create";
const READ: &str = "user.service_accounts.read";
const WRITE: &str = "user.service_accounts.write";

async fn make(platform: &Platform, cx: &Cx, name: &str) -> Result<ServiceAccount, Status> {
    let asked = keyed(cx, name, CreateServiceAccountRequest { name: name.into() });
    // So that ids are in the order of making.
    platform.clock.advance(Duration::from_millis(1));
    let made = platform.service_accounts().create_service_account(asked).await;
    made.map(tonic::Response::into_inner)
}

async fn bind(platform: &Platform, cx: &Cx, id: &str, role: &str) -> Result<(), Status> {
    let wish = CreateRoleBindingRequest {
        subject_type: "service_account".into(),
        subject_id: id.into(),
        role: role.into(),
        ..Default::default()
    };
    platform.role_bindings().create_role_binding(call(cx, wish)).await.map(|_| ())
}

async fn effective(platform: &Platform, here: TenantId, id: &str) -> Effective {
    let asked = ListEffectiveRequest {
        user_id: id.into(),
        tenant_id: here.to_string(),
        tenant_only: false,
    };
    let told = platform.access().list_effective(call(&platform.nobody(), asked)).await;
    told.expect("told").into_inner()
}

async fn check(platform: &Platform, cx: &Cx, id: &str) -> Decision {
    let asked =
        CheckRequest { user_id: id.into(), permission: CREATE.into(), ..Default::default() };
    platform.decisions().check(call(cx, asked)).await.expect("answers").into_inner()
}

#[tokio::test]
async fn a_service_account_may_what_is_bound_to_it_while_it_is_active_and_there_alone() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let keeper = platform.keeper(here, &[CREATE, READ, WRITE]);
    let made = make(&platform, &keeper, "Calendar").await.expect("makes");
    assert_eq!(make(&platform, &keeper, "Calendar").await.expect("stands"), made);
    let id = made.service_account_id;
    assert_eq!(check(&platform, &keeper, &id).await.reason_code, "NO_ROLE");
    bind(&platform, &keeper, &id, "events.organizer").await.expect("binds");
    assert_eq!(check(&platform, &keeper, &id).await.reason_code, "RBAC_ALLOW");
    let rights = effective(&platform, here, &id).await;
    assert!(rights.belongs && !rights.suspended && !rights.system_admin);
    let allowed = ["events.attendance.mark", CREATE, "events.event.manage", "events.event.read"];
    assert_eq!(rights.permissions, allowed);
    assert!(!effective(&platform, there, &id).await.belongs);
    let foreign = platform.keeper(there, &[]);
    assert_eq!(check(&platform, &foreign, &id).await.reason_code, "NO_ROLE");
    let (disable, enable) = (
        DisableServiceAccountRequest { service_account_id: id.clone() },
        EnableServiceAccountRequest { service_account_id: id.clone() },
    );
    for _ in 0..2 {
        let asked = call(&keeper, disable.clone());
        let paused = platform.service_accounts().disable_service_account(asked).await;
        assert_eq!(paused.expect("pauses").into_inner().status, "disabled");
        assert_eq!(check(&platform, &keeper, &id).await.reason_code, "NO_ROLE");
        assert!(!effective(&platform, here, &id).await.belongs);
    }
    let weak = platform.keeper(here, &[WRITE]);
    let asked = call(&weak, enable.clone());
    let refused = platform.service_accounts().enable_service_account(asked).await;
    assert_eq!(reason(&refused.expect_err("above own")), "permission_above_own");
    platform.service_accounts().enable_service_account(call(&keeper, enable)).await.expect("on");
    assert_eq!(check(&platform, &keeper, &id).await.reason_code, "RBAC_ALLOW");
    let told = "select count(*) from outbox where kind like 'user.service_account.%'";
    assert_eq!(platform.database.count(told).await, 3);
}

#[tokio::test]
async fn service_accounts_are_listed_shown_and_missing_elsewhere() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let (mine, theirs) =
        (platform.keeper(here, &[READ, WRITE]), platform.keeper(there, &[READ, WRITE]));
    let mut made = Vec::new();
    for name in ["A", "B", "C"] {
        made.push(make(&platform, &mine, name).await.expect("makes"));
    }
    let (mut seen, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = call(&mine, ListServiceAccountsRequest { page_size: 2, page_token });
        let page = platform.service_accounts().list_service_accounts(asked).await;
        let page = page.expect("lists").into_inner();
        seen.extend(page.service_accounts);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, made);
    let get = |id: &str| GetServiceAccountRequest { service_account_id: id.into() };
    let id = &made[0].service_account_id;
    let shown = platform.service_accounts().get_service_account(call(&mine, get(id))).await;
    assert_eq!(shown.expect("shows").into_inner(), made[0]);
    let missing = platform.service_accounts().get_service_account(call(&theirs, get(id))).await;
    assert_eq!(reason(&missing.expect_err("missing")), "service_account_not_found");
    let missing = bind(&platform, &theirs, id, "student").await.expect_err("missing");
    assert_eq!(reason(&missing), "service_account_not_found");
    let odd = platform.service_accounts().get_service_account(call(&mine, get("calendar"))).await;
    assert_eq!(fields(&odd.expect_err("no id")), ["serviceAccountId"]);
    for name in ["", " ", &"я".repeat(121)] {
        let asked = call(&mine, CreateServiceAccountRequest { name: name.into() });
        let refused = platform.service_accounts().create_service_account(asked).await;
        assert_eq!(fields(&refused.expect_err("no name")), ["name"]);
    }
    let nobody = Uuid::now_v7().to_string();
    let reader = platform.keeper(here, &[READ]);
    let asked = call(&reader, DisableServiceAccountRequest { service_account_id: nobody });
    let refused = platform.service_accounts().disable_service_account(asked).await;
    assert_eq!(reason(&refused.expect_err("no right")), "permission_denied");
}
