//! A person who changes their address, and one whose account the platform closes: over HTTP, with real letters.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, Platform, found};

/// The token of the link that was mailed to this address.
async fn token_for(platform: &Platform, email: &str) -> String {
    found("the letter about the address", async || {
        let mails = platform.sandbox().mail.messages();
        let mut links = mails.iter().filter(|mail| mail.is_to(email)).flat_map(|mail| &mail.links);
        let link = links.find(|link| link.contains("/email/"))?;
        link.rsplit('/').next().map(str::to_owned)
    })
    .await
}

async fn sign_in(platform: &Platform, email: &str, password: &str) -> Value {
    let wish = json!({"email": email, "password": password});
    serde_json::from_str(&platform.anonymous().post("/v1/sessions", wish).await.body).expect("JSON")
}

async fn page(platform: &Platform, method: Method, token: &str, form: &str) -> (u16, String) {
    let anybody = platform.anonymous();
    let request = anybody.request(method, &format!("/email/{token}"));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = anybody.send(request.body(form.to_owned())).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_person_moves_to_another_address_by_two_letters_and_signs_in_with_it() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let ann = tenant.member("user").await;
    let (old, new) = (ann.email().to_owned(), format!("moved-{}", ann.email()));
    let elsewhere = sign_in(&platform, &old, ann.password()).await["token"].clone();
    let me = ann.outside();
    let wish = json!({"newEmail": new, "password": ann.password()});
    assert_eq!(me.post("/v1/me/email", wish).await.json()["status"], "pending");

    let proof = token_for(&platform, &new).await;
    for method in [Method::GET, Method::HEAD, Method::GET] {
        assert_eq!(page(&platform, method, &proof, "").await.0, 200);
    }
    let (status, said) = page(&platform, Method::POST, &proof, "choice=confirm").await;
    assert!(status == 200 && said.contains("other address has still to agree"), "{said}");
    assert_eq!(me.get("/v1/me").await.json()["user"]["email"], old.as_str());
    let consent = token_for(&platform, &old).await;
    let (_, said) = page(&platform, Method::GET, &consent, "").await;
    assert!(said.contains(&new) && said.contains(&old) && !said.contains(&consent), "{said}");
    for _ in 0..2 {
        let (status, said) = page(&platform, Method::POST, &consent, "choice=confirm").await;
        assert!(status == 200 && said.contains("The address is changed"), "{said}");
    }

    assert_eq!(me.get("/v1/me").await.json()["user"]["email"], new.as_str(), "the session goes on");
    assert!(sign_in(&platform, &new, ann.password()).await["token"].is_string());
    let former = sign_in(&platform, &old, ann.password()).await;
    assert_eq!(former["code"], "wrong_credentials");
    let anybody = platform.anonymous();
    let other = elsewhere.as_str().expect("a token");
    platform
        .eventually("the other session has ended", async || {
            let request = anybody.request(Method::GET, "/v1/me");
            let request = request.header("authorization", format!("Bearer {other}"));
            anybody.send(request).await.status == 401
        })
        .await;
    platform.stop().await;
}

#[tokio::test]
async fn whose_account_is_closed_is_out_everywhere_within_the_remembered_moment() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let (ann, staff) = (tenant.member("user").await, platform.staff("admin_lite").await);
    assert_eq!(ann.get("/v1/members").await.status, 200);
    let at = |verb: &str| format!("/v1/people/{}/{verb}", ann.user_id());
    let closed = staff.post(&at("disable"), json!({"reason": "left the firm"})).await.json();
    assert_eq!(closed["status"], "disabled");
    let out = async |who: &Actor| who.get("/v1/members").await.status == 401;
    platform.eventually("the session has ended", async || out(&ann).await).await;
    let refused = sign_in(&platform, ann.email(), ann.password()).await;
    assert_eq!(refused["code"], "account_disabled");
    staff.post(&at("enable"), json!({})).await.json();
    assert!(sign_in(&platform, ann.email(), ann.password()).await["token"].is_string());

    let owner = tenant.member("owner").await;
    let path = format!("/v1/people/{}/disable", owner.user_id());
    let refused = staff.post(&path, json!({"reason": "left the firm"})).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (409, "sole_owner"));
    platform.stop().await;
}
