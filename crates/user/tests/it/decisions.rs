//! Whether a person may do something, and why.

use kernel::Cx;
use uuid::Uuid;
use wire::{
    call,
    user::v1::{
        BatchCheckRequest, CheckRequest, CreatePolicyOverrideRequest, CreateRoleBindingRequest,
        CreateUserRequest, Decision, DeclarePermissionsRequest, ExplainRequest,
        ListPermissionsRequest, Question, decisions_client::DecisionsClient,
        people_client::PeopleClient,
    },
};

use crate::platform::{PASSWORD, Platform, fields, reason, tenant};

const READ: &str = "events.event.read";
const CREATE: &str = "events.event.create";

fn asked(user_id: &str, permission: &str) -> CheckRequest {
    CheckRequest { user_id: user_id.into(), permission: permission.into(), ..Default::default() }
}

/// The same question, asked with its reasons.
fn why_of(
    CheckRequest { user_id, permission, scope_type, scope_id }: CheckRequest,
) -> ExplainRequest {
    ExplainRequest { user_id, permission, scope_type, scope_id }
}

async fn check(platform: &Platform, cx: &Cx, asked: CheckRequest) -> Decision {
    platform.decisions().check(call(cx, asked)).await.expect("answers").into_inner()
}

#[tokio::test]
async fn one_question_is_answered_with_its_reason_and_explained() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[CREATE]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let team = Uuid::now_v7().to_string();
    let bind = CreateRoleBindingRequest {
        user_id: ann.clone(),
        role: "events.organizer".into(),
        scope_type: "team".into(),
        scope_id: team.clone(),
        ..Default::default()
    };
    platform.role_bindings().create_role_binding(call(&keeper, bind)).await.expect("binds");
    let in_team = |permission: &str| CheckRequest {
        scope_type: "team".into(),
        scope_id: team.clone(),
        ..asked(&ann, permission)
    };
    for (question, allowed, code) in [
        (asked(&ann, READ), true, "RBAC_ALLOW"),
        (asked(&ann, CREATE), false, "RBAC_DENY"),
        (in_team(CREATE), true, "RBAC_ALLOW"),
        (asked(&ann, "no.such.thing"), false, "UNKNOWN_PERMISSION"),
        (asked(&Uuid::now_v7().to_string(), READ), false, "NO_ROLE"),
    ] {
        let decision = check(&platform, &keeper, question.clone()).await;
        assert_eq!(
            (decision.allowed, decision.reason_code.as_str()),
            (allowed, code),
            "{question:?}"
        );
    }
    let deny = CreatePolicyOverrideRequest {
        user_id: ann.clone(),
        effect: "deny".into(),
        permission: CREATE.into(),
        reason: "an inquiry".into(),
        expires_at: None,
    };
    platform.policy_overrides().create_policy_override(call(&keeper, deny)).await.expect("denies");
    let why = platform.decisions().explain(call(&keeper, why_of(in_team(CREATE)))).await;
    let why = why.expect("explains").into_inner();
    assert_eq!(why.decision.expect("one").reason_code, "POLICY_DENY");
    let roles: Vec<_> = why
        .roles
        .iter()
        .map(|held| (held.role.as_str(), held.scope_type.as_str(), held.allows))
        .collect();
    assert_eq!(roles, [("client", "tenant", false), ("events.organizer", "team", true)]);
    assert_eq!(why.overrides[0].reason, "an inquiry");
}

#[tokio::test]
async fn many_questions_are_answered_in_their_order_as_one_by_one() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let names = [READ, CREATE, "no.such.thing", READ];
    let questions = names.map(|name| Question { permission: name.into(), ..Default::default() });
    let batch = BatchCheckRequest { user_id: ann.clone(), questions: questions.to_vec() };
    let answered = platform.decisions().batch_check(call(&keeper, batch)).await;
    let answered = answered.expect("answers").into_inner().decisions;
    for (name, decision) in names.into_iter().zip(&answered) {
        assert_eq!(*decision, check(&platform, &keeper, asked(&ann, name)).await, "{name}");
    }
    for count in [0, 101] {
        let one = Question { permission: READ.into(), ..Default::default() };
        let batch = BatchCheckRequest { user_id: ann.clone(), questions: vec![one; count] };
        let refused = platform.decisions().batch_check(call(&keeper, batch)).await;
        assert_eq!(fields(&refused.expect_err("refused")), ["questions"]);
    }
}

#[tokio::test]
async fn whom_the_platform_trusts_is_allowed_and_each_answer_is_audited() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let mut usher = PeopleClient::new(platform.service("usher"));
    let cx = kernel::Cx::of_service("usher", None, &kernel::Clock::system());
    let wish = CreateUserRequest {
        email: "root@example.com".into(),
        name: "Root".into(),
        password: PASSWORD.into(),
        role: "super_admin".into(),
    };
    let root = usher.create_user(call(&cx, wish)).await.expect("creates").into_inner().user_id;
    let decision = check(&platform, &keeper, asked(&root, CREATE)).await;
    assert_eq!(decision.reason_code, "MASTER_SYSTEM_ADMIN");
    let told = "select count(*) from audit_events where action = 'access.trusted'";
    assert_eq!(platform.database.count(told).await, 1);
}

#[tokio::test]
async fn a_tenant_does_not_learn_that_a_stranger_is_suspended() {
    let (platform, here, there) = (Platform::start().await, tenant(), tenant());
    let ann = platform.admit(there, "ann@example.com").await.user_id;
    let close = sqlx::query("update users set status = 'disabled' where status = 'active'");
    close.execute(&mut platform.database.admin().await).await.expect("closes");
    for (place, code) in [(here, "NO_ROLE"), (there, "MASTER_SUSPENDED")] {
        let keeper = platform.keeper(place, &[]);
        assert_eq!(check(&platform, &keeper, asked(&ann, READ)).await.reason_code, code);
    }
}

#[tokio::test]
async fn a_question_that_is_none_is_refused_by_its_field() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let somebody = Uuid::now_v7().to_string();
    let in_place = |kind: &str, id: &str| CheckRequest {
        scope_type: kind.into(),
        scope_id: id.into(),
        ..asked(&somebody, READ)
    };
    for (question, field) in [
        (asked("", READ), "userId"),
        (asked(&somebody, ""), "permission"),
        (asked(&somebody, &"a".repeat(121)), "permission"),
        (in_place("galaxy", ""), "scopeType"),
        (in_place("team", "../x"), "scopeId"),
    ] {
        for refused in [
            platform.decisions().check(call(&keeper, question.clone())).await.map(|_| ()),
            platform.decisions().explain(call(&keeper, why_of(question.clone()))).await.map(|_| ()),
        ] {
            assert_eq!(fields(&refused.expect_err("refused")), [field], "{question:?}");
        }
    }
}

#[tokio::test]
async fn a_permission_that_another_build_brings_is_known_at_once() {
    let (platform, here) = (Platform::start().await, tenant());
    let keeper = platform.keeper(here, &[]);
    let ann = platform.admit(here, "ann@example.com").await.user_id;
    let declare = async |service: &str, permission: &str| {
        let mut client = DecisionsClient::new(platform.service(service));
        let cx = Cx::of_service(service, None, &kernel::Clock::system());
        let wish = DeclarePermissionsRequest { permissions: vec![permission.into()] };
        client.declare_permissions(call(&cx, wish)).await
    };
    let new = "events.seat.reserve";
    let code = async || check(&platform, &keeper, asked(&ann, new)).await.reason_code;
    assert_eq!(code().await, "UNKNOWN_PERMISSION");
    for _ in 0..2 {
        declare("events", new).await.expect("declares");
    }
    assert_eq!(code().await, "RBAC_DENY");
    let listed = call(&keeper, ListPermissionsRequest {});
    let listed = platform.decisions().list_permissions(listed).await;
    let listed = listed.expect("lists").into_inner().permissions;
    assert!(listed.is_sorted() && listed.contains(&new.to_owned()));
    assert!(listed.contains(&READ.to_owned()));
    for (service, odd) in
        [("events", "tenant.tenants.create"), ("events", "events.x"), ("usher", "A.b.c")]
    {
        let refused = declare(service, odd).await.expect_err("refused");
        assert_eq!(reason(&refused), "permission_unknown", "{odd}");
    }
}
