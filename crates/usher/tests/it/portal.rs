//! Communities, teams and roles as people and callers of the older portal meet them over HTTP.

use reqwest::Method;
use serde_json::json;
use testkit::Platform;

#[tokio::test]
async fn a_community_is_made_joined_and_gives_its_members_a_role() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let (owner, ann) = (tenant.member("owner").await, tenant.member("student").await);
    let wish = json!({"name": "Runners", "joinPolicy": "open"});
    let community = owner.post("/v1/communities", wish).await.json();
    let id = community["groupId"].as_str().expect("an id").to_owned();
    let wish = json!({
        "subjectType": "group",
        "subjectId": id,
        "role_id": "events.organizer",
        "scope_type": "COMMUNITY",
        "scope_id": id,
    });
    let bound = owner.post("/api/v1/role-bindings", wish).await.json();
    assert_eq!(
        (&bound["scopeType"], &bound["role"]),
        (&json!("community"), &json!("events.organizer"))
    );
    let check = format!(
        "/v1/access/check?userId={}&permission=events.event.create&scopeType=community&scopeId={id}",
        ann.user_id()
    );
    let may = async || owner.get(&check).await.json()["allowed"] == true;
    assert!(!may().await);
    // The portal asks about somebody by an address of its own.
    let place = format!("/communities/{id}/members/{}", ann.user_id());
    let nobody = owner.get(&place).await.problem();
    assert_eq!((nobody.status, nobody.code.as_str()), (404, "group_member_not_found"));
    ann.post(&format!("/v1/communities/{id}/join"), json!({})).await.json();
    let shown = owner.get(&place).await.json();
    assert_eq!((&shown["member"], &shown["status"]), (&json!(true), &json!("active")));
    assert!(may().await);
    assert_eq!(ann.get("/v1/me/groups").await.json()["groups"][0]["groupId"], json!(id));
    // By a word, as the portal does, and by a verb.
    let word =
        |action: &str| json!({"userId": ann.user_id(), "action": action, "roleHint": "lead"});
    let members = format!("/communities/{id}/members");
    assert_eq!(owner.post(&members, word("remove")).await.json()["status"], "removed");
    assert!(!may().await);
    assert_eq!(owner.post(&members, word("add")).await.json()["roleHint"], "lead");
    assert!(may().await);
    let own = format!("/v1/communities/{id}/members/{}", ann.user_id());
    owner.send(owner.request(Method::DELETE, &own)).await.json();
    assert!(!may().await);
    // Whoever holds a role that only reads runs nothing.
    let refused = ann.post("/v1/communities", json!({"name": "Mine"})).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (403, "permission_denied"));
    let listed = owner.get("/api/v1/role-bindings?pageSize=250").await.json();
    let bindings = listed["bindings"].as_array().expect("bindings");
    assert!(bindings.iter().any(|one| one["bindingId"] == bound["bindingId"]));
    let gone = format!("/api/v1/role-bindings/{}", bound["bindingId"].as_str().expect("an id"));
    assert_eq!(owner.send(owner.request(Method::DELETE, &gone)).await.status, 200);
    platform.stop().await;
}

#[tokio::test]
async fn staff_gives_the_roles_of_events_and_it_is_audited() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let ann = tenant.member("student").await;
    let staff = platform.staff("super_admin").await.within(tenant.id);
    assert_eq!(staff.get("/v1/me").await.json()["masterFlags"], json!(["system_admin"]));
    assert!(ann.get("/v1/me").await.json()["masterFlags"].as_array().is_none_or(Vec::is_empty));
    for role in ["events.organizer", "events.participant"] {
        let wish = json!({"user_id": ann.user_id(), "role_id": role, "scope_type": "TENANT"});
        let bound = staff.post("/api/v1/role-bindings", wish).await.json();
        assert_eq!(bound["role"], role);
    }
    let asked = sqlx::query_scalar::<_, i64>(
        "select count(*) from audit_events where action = 'role.bind' and actor like 'user:%'",
    );
    let mut admin = platform.database().admin_of(user::NAME).await;
    assert_eq!(asked.fetch_one(&mut admin).await.expect("counts"), 2);
    platform.stop().await;
}
