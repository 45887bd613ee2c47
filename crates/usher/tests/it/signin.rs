//! The ways in, as people meet them: over HTTP, with letters that arrive.

use std::sync::Arc;

use reqwest::Method;
use sandbox::mail::Message;
use serde_json::{Value, json};
use testkit::{Platform, found};

const NEW: &str = "eight quick amber finches";

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn token_in(mail: &Message) -> String {
    mail.links[0].rsplit('/').next().expect("a token").to_owned()
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_a_letter_that_looking_does_not_use_up() {
    let platform = Platform::start().await;
    let member = platform.tenant("Acme").await.member("user").await;
    let nobody = platform.anonymous();
    for email in [member.email(), "nobody@example.test"] {
        let asked = nobody.post("/v1/password-resets", json!({"email": email})).await;
        assert_eq!((asked.status, asked.json()), (200, json!({})), "one answer for every address");
    }
    let mail = platform.mail_for(member.email()).await;
    let token = token_in(&mail);
    for method in [Method::HEAD, Method::GET, Method::GET] {
        let looked = nobody.send(nobody.request(method, &format!("/reset/{token}"))).await;
        assert_eq!(looked.status, 200);
    }
    let wish = json!({"token": token, "newPassword": NEW});
    assert_eq!(nobody.post("/v1/password-resets/finish", wish.clone()).await.status, 200);
    let again = nobody.post("/v1/password-resets/finish", wish).await.problem();
    assert_eq!((again.status, again.code.as_str()), (410, "letter_used"));
    let former = json!({"email": member.email(), "password": member.password()});
    assert_eq!(nobody.post("/v1/sessions", former).await.problem().code, "wrong_credentials");
    let session = nobody.post("/v1/sessions", json!({"email": member.email(), "password": NEW}));
    assert_eq!(session.await.json()["userId"], member.user_id());
    platform
        .eventually("the former session is refused", async || {
            member.get("/v1/sessions").await.status == 401
        })
        .await;
    platform.settled().await;
    let to_nobody = platform.sandbox().mail.messages();
    assert!(!to_nobody.iter().any(|mail| mail.is_to("nobody@example.test")));
    platform.stop().await;
}

#[tokio::test]
async fn a_letter_signs_in_whoever_asked_for_it_there() {
    let platform = Platform::start().await;
    let member = platform.tenant("Acme").await.member("user").await;
    let nobody = platform.anonymous();
    let ask = json!({"email": member.email(), "locale": "ru"});
    let asked = nobody.post("/v1/sign-in-letters", ask).await.json();
    let mail: Arc<Message> = platform.mail_for(member.email()).await;
    assert_eq!(mail.subject.as_deref(), Some("Вход"));
    let wish = json!({"binding": "A".repeat(43), "token": token_in(&mail)});
    let stolen = nobody.post("/v1/sign-in-letters/finish", wish).await.problem();
    assert_eq!((stolen.status, stolen.code.as_str()), (401, "code_refused"));
    let wish = json!({"binding": text(&asked, "binding"), "token": token_in(&mail)});
    let session = nobody.post("/v1/sign-in-letters/finish", wish).await.json();
    let me = nobody.request(Method::GET, "/v1/sessions").bearer_auth(text(&session, "token"));
    let listed = nobody.send(me).await.json();
    let sessions = listed["sessions"].as_array().expect("sessions");
    let mine = sessions.iter().find(|one| one["current"] == true).expect("this one");
    assert_eq!(
        (mine["method"].as_str(), mine["address"].as_str()),
        (Some("letter"), Some("127.0.0.1"))
    );
    platform.stop().await;
}

#[tokio::test]
async fn a_person_ends_a_lost_devices_session_over_http() {
    let platform = Platform::start().await;
    let member = platform.tenant("Acme").await.member("user").await;
    let wish = json!({"email": member.email(), "password": member.password()});
    let nobody = platform.anonymous();
    let lost = nobody.post("/v1/sessions", wish).await.json();
    let path = format!("/v1/sessions/{}", text(&lost, "sessionId"));
    assert_eq!(member.delete(&path).await.status, 200);
    let refused = async || {
        let asked = nobody.request(Method::GET, "/v1/sessions");
        nobody.send(asked.bearer_auth(text(&lost, "token"))).await.status == 401
    };
    platform.eventually("the lost device is refused", refused).await;
    assert_eq!(member.get("/v1/sessions").await.status, 200, "this one stays");
    let ended = member.delete("/v1/sessions").await.json();
    assert_eq!(ended["ended"], 1);
    assert_eq!(member.get("/v1/sessions").await.status, 401, "at once where it was asked");
    platform.stop().await;
}

#[tokio::test]
async fn guesses_are_put_off_with_the_time_to_wait_whatever_a_header_says_of_their_source() {
    let platform = Platform::start().await;
    let member = platform.tenant("Acme").await.member("user").await;
    let nobody = platform.anonymous();
    let guess = async |n: u32| {
        let wish = json!({"email": member.email(), "password": format!("wrong words {n}")});
        let request = nobody.request(Method::POST, "/v1/sessions").json(&wish);
        nobody.send(request.header("x-forwarded-for", format!("198.51.100.{n}"))).await
    };
    let put_off = found("a guess that is put off", async || {
        let mut seen = None;
        for n in 1..40 {
            let answer = guess(n).await;
            if answer.status == 429 {
                seen = Some(answer);
                break;
            }
            assert_eq!(answer.problem().code, "wrong_credentials");
        }
        seen
    })
    .await;
    assert_eq!(put_off.problem().code, "too_many_tries");
    platform.stop().await;
}
