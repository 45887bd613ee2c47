//! A person's own data over HTTP, gathered from every service of a running platform.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Platform, found};

use crate::steps::{PASSWORD, bring_in, text};

#[tokio::test]
async fn a_person_fetches_what_every_service_keeps_of_them_and_staff_fetches_anybodys() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let admin = tenant.admin().await;
    let client = bring_in(&platform, &admin, "ann@export.test").await;
    platform.settled().await;
    let nobody = platform.anonymous();
    let sign_in = json!({"email": "ann@export.test", "password": PASSWORD});
    let session = nobody.post("/v1/sessions", sign_in).await.json();
    let token = text(&session, "token").to_owned();
    let ask = async |path: &str, body: Value| {
        let request = nobody.request(Method::POST, path).bearer_auth(&token);
        nobody.send(request.json(&body)).await
    };
    let wrong = ask("/v1/me/exports", json!({"password": "not mine"})).await;
    assert_eq!(wrong.problem().code, "wrong_password");
    let asked = ask("/v1/me/exports", json!({"password": PASSWORD})).await.json();
    let path = format!("/v1/exports/{}", text(&asked, "exportId"));
    found("the export is ready", async || {
        let request = nobody.request(Method::GET, &path).bearer_auth(&token);
        let seen = nobody.send(request).await.json();
        (seen["status"] == "ready").then_some(())
    })
    .await;
    let fetched = ask(&format!("{path}/fetch"), json!({})).await;
    let data = fetched.json();
    assert_eq!(data["person"]["email"], "ann@export.test");
    assert_eq!(data["person"]["memberships"][0]["tenantId"], tenant.id.to_string());
    assert_eq!(data["person"]["invitations"][0]["status"], "accepted");
    assert_eq!(data["signIn"]["sessions"][0]["method"], "password");
    assert!(data["signIn"]["passwords"][0]["setAt"].is_string());
    assert_eq!(data["letters"]["letters"][0]["template"], "invitation");
    assert_eq!(data["clients"]["clients"][0]["clientId"], client["clientId"]);
    assert_eq!(data["clients"]["clients"][0]["stage"], "active");
    for secret in [token.as_str(), PASSWORD, "argon2", "wbToken"] {
        assert!(!fetched.body.contains(secret), "{secret}: {}", fetched.body);
    }
    let foreign = admin.post(&format!("{path}/fetch"), json!({})).await.problem();
    assert_eq!((foreign.status, foreign.code.as_str()), (404, "export_not_found"));

    let orders = format!("/v1/people/{}/exports", text(&client, "userId"));
    let denied = admin.post(&orders, json!({"reason": "curious"})).await.problem();
    assert_eq!(denied.code, "permission_denied");
    let staff = platform.staff("operator").await;
    let ordered = staff.post(&orders, json!({"reason": "asked by letter"})).await.json();
    let path = format!("/v1/exports/{}", text(&ordered, "exportId"));
    let data = found("the staff's export is ready", async || {
        let fetched = staff.post(&format!("{path}/fetch"), json!({})).await;
        (fetched.status == 200).then(|| fetched.json())
    })
    .await;
    assert_eq!(data["person"]["email"], "ann@export.test");
    platform.stop().await;
}
