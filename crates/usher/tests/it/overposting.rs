//! Nobody says more than a request asks for: what only the platform decides is refused by name, and nothing is done.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Platform;

/// What a caller would like to decide, by the name that some request or answer has for it.
const FOREIGN: [(&str, fn() -> Value); 14] = [
    ("tenantId", || json!(uuid::Uuid::now_v7().to_string())),
    ("tenant_id", || json!(uuid::Uuid::now_v7().to_string())),
    ("owner", || json!(true)),
    ("ownerId", || json!(uuid::Uuid::now_v7().to_string())),
    ("status", || json!("active")),
    ("roles", || json!(["owner"])),
    ("systemAdmin", || json!(true)),
    ("masterFlags", || json!({"system_admin": true})),
    ("boundBy", || json!("system")),
    ("madeBy", || json!("system")),
    ("boundAt", || json!("2020-01-01T00:00:00Z")),
    ("createdAt", || json!("2020-01-01T00:00:00Z")),
    ("bindingId", || json!(uuid::Uuid::now_v7().to_string())),
    ("overrideId", || json!(uuid::Uuid::now_v7().to_string())),
];

const LISTS: [&str; 3] = ["/v1/custom-roles", "/v1/role-bindings", "/v1/policy-overrides"];

#[tokio::test]
async fn what_only_the_platform_decides_is_refused_by_name_in_every_write_of_rights() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let admin = tenant.admin().await;
    let person = tenant.member("client").await;
    let writes = [
        (
            Method::PUT,
            "/v1/custom-roles/front-desk",
            json!({"title": "Front desk", "permissions": ["events.event.read"]}),
        ),
        (Method::POST, "/v1/role-bindings", json!({"userId": person.user_id(), "role": "student"})),
        (
            Method::POST,
            "/v1/policy-overrides",
            json!({
                "userId": person.user_id(),
                "effect": "deny",
                "permission": "events.event.read",
                "reason": "an inquiry",
            }),
        ),
    ];
    let mut before = Vec::new();
    for path in LISTS {
        before.push(admin.get(path).await.json());
    }
    for (verb, path, wish) in &writes {
        for (field, value) in FOREIGN {
            let mut wish = wish.clone();
            wish[field] = value();
            let request = admin.request(verb.clone(), path).json(&wish);
            let refused = admin.send(request).await.problem();
            assert_eq!(refused.status, 400, "{verb} {path} with {field}");
            assert_eq!(refused.fields, [field], "{verb} {path}");
        }
    }
    for (path, before) in LISTS.into_iter().zip(before) {
        assert_eq!(admin.get(path).await.json(), before, "{path}");
    }
    // Without what is refused, each is done.
    for (verb, path, wish) in &writes {
        admin.send(admin.request(verb.clone(), path).json(wish)).await.json();
    }
    platform.stop().await;
}
