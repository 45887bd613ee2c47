//! Another tenant's things are as missing as those that never were.

use kernel::TenantId;
use sqlx::{AssertSqlSafe, Executor};
use tonic::Status;
use wire::{
    call,
    user::v1::{
        GetInviteRequest, GetMemberRequest, ListInvitesRequest, ListMembersRequest,
        ResendInviteRequest, RevokeInviteRequest,
    },
};

use crate::platform::{Platform, reason, tenant};

fn missing<T: std::fmt::Debug>(outcome: Result<T, Status>) -> String {
    reason(&outcome.expect_err("missing"))
}

#[tokio::test]
async fn another_tenants_ids_answer_as_missing_ones() {
    let platform = Platform::start().await;
    let (mine, theirs) = (tenant(), tenant());
    let invite_id = platform.invite(theirs, "ann@example.com").await.invite_id;
    let user_id = platform.admit(theirs, "bob@example.com").await.user_id;
    let me = platform.admin(mine);
    let mut invites = platform.invites();
    let mut people = platform.people();
    let id = invite_id.clone();
    assert_eq!(
        missing(invites.get_invite(call(&me, GetInviteRequest { invite_id: id })).await),
        "invitation_not_found"
    );
    let id = invite_id.clone();
    assert_eq!(
        missing(
            invites
                .resend_invite(call(
                    &me,
                    ResendInviteRequest { invite_id: id, ..Default::default() }
                ))
                .await
        ),
        "invitation_not_found"
    );
    assert_eq!(
        missing(invites.revoke_invite(call(&me, RevokeInviteRequest { invite_id })).await),
        "invitation_not_found"
    );
    assert_eq!(
        missing(people.get_member(call(&me, GetMemberRequest { user_id })).await),
        "person_not_found"
    );
    let listed = invites.list_invites(call(&me, ListInvitesRequest::default())).await;
    assert!(listed.expect("lists").into_inner().invites.is_empty());
    let listed = people.list_members(call(&me, ListMembersRequest::default())).await;
    assert!(listed.expect("lists").into_inner().members.is_empty());
    let pending = "select count(*) from invites where status = 'pending' and sends = 1";
    assert_eq!(platform.database.count(pending).await, 1, "nothing of theirs has changed");
}

#[tokio::test]
async fn the_role_of_the_service_sees_no_row_without_the_right_scope() {
    let platform = Platform::start().await;
    let theirs = tenant();
    platform.admit(theirs, "ann@example.com").await;
    let tables = [
        "invite_batch_rows",
        "invite_batches",
        "invite_budgets",
        "invites",
        "join_domains",
        "join_link_uses",
        "join_links",
        "join_requests",
        "replaced_links",
        "custom_roles",
        "group_members",
        "groups",
        "member_words",
        "memberships",
        "permission_epochs",
        "policy_overrides",
        "role_bindings",
        "role_grants",
        "seats",
        "service_accounts",
    ];
    let mut session = platform.database.admin().await;
    session.execute("set session authorization usher_user").await.expect("sets");
    for scope in [
        None,
        Some(String::new()),
        Some(tenant().to_string()),
        Some(TenantId::PLATFORM.to_string()),
    ] {
        if let Some(scope) = &scope {
            let set = AssertSqlSafe(format!("set usher.tenant_id = '{scope}'"));
            session.execute(set).await.expect("sets");
        }
        for table in tables {
            let count = AssertSqlSafe(format!("select count(*) from {table}"));
            let seen: i64 =
                sqlx::query_scalar(count).fetch_one(&mut session).await.expect("counts");
            assert_eq!(seen, 0, "{table} in scope {scope:?}");
            let delete = AssertSqlSafe(format!("delete from {table}"));
            let gone = session.execute(delete).await.expect("deletes nothing");
            assert_eq!(gone.rows_affected(), 0, "{table} in scope {scope:?}");
        }
    }
    let set = AssertSqlSafe(format!("set usher.tenant_id = '{theirs}'"));
    session.execute(set).await.expect("sets");
    let seen: i64 = sqlx::query_scalar("select count(*) from memberships")
        .fetch_one(&mut session)
        .await
        .expect("counts");
    assert_eq!(seen, 1);
}
