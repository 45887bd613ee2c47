//! Members who are paused, removed or leave: what the gateway says to them from then on.

use serde_json::json;
use testkit::Platform;

#[tokio::test]
async fn who_was_removed_or_paused_is_a_stranger_at_the_gateway() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let admin = tenant.admin().await;
    for way in ["disable", "remove", "leave"] {
        let member = tenant.member("user").await;
        assert_eq!(member.get("/v1/members").await.status, 200);
        let left = match way {
            "leave" => member.post("/v1/me/leave", json!({"note": "moves on"})).await,
            other => {
                admin.post(&format!("/v1/members/{}/{other}", member.user_id()), json!({})).await
            }
        };
        assert_eq!(left.status, 200, "{way}: {left:?}");
        let refused = async || member.get("/v1/members").await.status == 404;
        platform.eventually("the gateway asks anew", refused).await;
        assert_eq!(member.get("/v1/members").await.problem().code, "tenant_unknown", "{way}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn an_owner_gives_the_tenant_away_over_http_and_has_an_admins_rights_then() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let (owner, heir) = (tenant.member("owner").await, tenant.member("admin").await);
    let last = owner.post("/v1/me/leave", json!({})).await.problem();
    assert_eq!((last.status, last.code.as_str()), (409, "last_owner"));
    let wish = json!({"userId": heir.user_id()});
    let made = owner.post("/v1/ownership/transfer", wish.clone()).await.json();
    assert_eq!(made["roles"], json!(["admin", "owner"]));
    platform
        .eventually("the former owner lost the right", async || {
            owner.post("/v1/ownership/transfer", wish.clone()).await.problem().code
                == "permission_denied"
        })
        .await;
    assert_eq!(owner.get("/v1/members").await.status, 200);
    platform.stop().await;
}
