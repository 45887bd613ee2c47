//! Spreadsheets, tokens and datasets: whose they are, and who else may look.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Platform};

use crate::steps::{bring_in, text, unique};

/// A marketplace token that says more than its seller: `analytics` and `read_only`.
pub(super) fn token_of(seller: &str, end: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let exp = jiff::Timestamp::now().as_second() + 30 * 24 * 3600;
    let mask = (1_u64 << 2) | (1 << 30);
    let claims = part(json!({"sid": seller, "exp": exp, "iid": 11, "uid": 12, "s": mask}));
    let signature = URL_SAFE_NO_PAD.encode(format!("signature-{end}-{seller}-{end}"));
    format!("{}.{claims}.{signature}", part(json!({"alg": "ES256"})))
}

async fn post(actor: &Actor, path: &str, body: Value) -> (u16, Value) {
    let answer = actor.post(path, body).await;
    (answer.status, serde_json::from_str(&answer.body).expect("JSON"))
}

#[tokio::test]
async fn a_spreadsheet_of_another_tenant_is_neither_taken_nor_reached() {
    let platform = Platform::start().await;
    let acme = platform.tenant("Acme").await.admin().await;
    let beta = platform.tenant("Beta").await.admin().await;
    let client = bring_in(&platform, &acme, "ann@example.test").await;
    let sheet = text(&client, "spreadsheetId");
    let (status, refused) =
        post(&beta, "/api/admin/spreadsheets/register", json!({"ssId": sheet})).await;
    assert_eq!((status, &refused["error_code"]), (409, &json!("spreadsheet_taken")));
    for path in ["/ss/datasets/update", "/ss/wb/token/get", "/admin/wb/tokens/list"] {
        let (foreign, nothing) = (
            post(&beta, path, json!({"spreadsheet_id": sheet})).await,
            post(&beta, path, json!({"spreadsheet_id": unique("sheet")})).await,
        );
        assert_eq!(foreign.0, 404, "{path}");
        assert_eq!(foreign.1["error_code"], nothing.1["error_code"], "{path}");
        assert_eq!(foreign.1["message"], nothing.1["message"], "{path}");
    }
    // The other way round: what was only registered is kept from a client elsewhere too.
    let own = unique("sheet");
    let (status, _) = post(&acme, "/api/admin/spreadsheets/register", json!({"ssId": own})).await;
    assert_eq!(status, 200);
    let wish = json!({
        "email": "eve@example.test", "name": "Eve", "spreadsheetId": own,
        "wbToken": token_of(&own, "x"),
    });
    let refused = beta.post("/v1/onboarding/clients", wish).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (409, "spreadsheet_taken"));
    platform.stop().await;
}

#[tokio::test]
async fn a_client_reaches_its_own_spreadsheet_and_no_other() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let (admin, ann) = (tenant.admin().await, tenant.member("client").await);
    let (own, other) = (unique("sheet"), unique("sheet"));
    for (sheet, owner) in [(&own, ann.email()), (&other, admin.email())] {
        let wish = json!({"spreadsheet_id": sheet, "owner_email": owner});
        assert_eq!(post(&admin, "/admin/spreadsheets/register", wish).await.0, 200);
    }
    let update =
        async |sheet: &str| post(&ann, "/ss/datasets/update", json!({"ssId": sheet})).await.0;
    assert_eq!((update(&own).await, update(&other).await), (200, 404));
    let sheets = |who: &str| format!("/api/admin/user/{who}/spreadsheets");
    assert_eq!(ann.get(&sheets(ann.user_id())).await.status, 200);
    assert_eq!(ann.get(&sheets(admin.user_id())).await.status, 404);
    let off = format!("/api/admin/user/{}/spreadsheet/{own}", ann.user_id());
    assert_eq!(ann.delete(&off).await.status, 403, "a client switches nothing");
    assert_eq!(admin.delete(&off).await.status, 200);
    assert_eq!(update(&own).await, 403, "what is switched off answers no more");
    platform.stop().await;
}

/// How often a person had a client's token opened.
async fn readings(platform: &Platform) -> i64 {
    let mut admin = platform.database().admin().await;
    let question = "select count(*) from usher_provisioning.secret_reads where actor like 'user:%'";
    sqlx::query_scalar(question).fetch_one(&mut admin).await.expect("counts")
}

#[tokio::test]
async fn no_answer_tells_a_token_and_every_reading_is_journaled() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let admin = tenant.admin().await;
    let client = bring_in(&platform, &admin, "ann@example.test").await;
    let sheet = text(&client, "spreadsheetId");
    let token = crate::steps::wb_token(sheet);
    let before = readings(&platform).await;
    let read = admin.get("/api/admin/user/ann@example.test/wb/token").await;
    let more = [
        post(&admin, "/ss/wb/token/get", json!({"ssId": sheet})).await.1.to_string(),
        post(&admin, "/admin/wb/tokens/list", json!({"ssId": sheet})).await.1.to_string(),
    ];
    assert_eq!(readings(&platform).await, before + 3);
    let signature = token.rsplit('.').next().expect("a signature");
    for body in more.iter().chain([&read.body]) {
        assert!(!body.contains(signature), "{body}");
        assert!(body.contains(&token[token.len() - 6..]), "{body}");
    }
    let request = admin.request(Method::DELETE, "/api/admin/user/ann@example.test/wb/token");
    let destroyed = admin.send(request).await;
    assert_eq!(destroyed.status, 200);
    assert!(!destroyed.body.contains(signature), "{}", destroyed.body);
    assert_eq!(post(&admin, "/actions", json!({})).await.0, 501);
    platform.stop().await;
}
