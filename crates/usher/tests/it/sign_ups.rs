//! Strangers at the door, over HTTP: signing up with a proof, by letters that arrive, and sources that are not served.

use aws_lc_rs::digest::{SHA256, digest};
use clap::Parser;
use reqwest::Method;
use sandbox::mail::Message;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Actor, Platform, Response, found};
use usher::cli::Cli;

use crate::steps::{PASSWORD, text};

const ASK: &str = "user.SignUps.AskSignUp";

/// The proof of a piece of work.
fn work(challenge: &Value) -> String {
    let bits = challenge["difficulty"].as_u64().expect("a number");
    let begins = |proof: &String| {
        let sum = digest(&SHA256, proof.as_bytes());
        let head =
            sum.as_ref().iter().take(8).fold(0_u64, |head, byte| head << 8 | u64::from(*byte));
        u64::from(head.leading_zeros()) >= bits
    };
    let mut proofs = (0_u64..).map(|n| format!("{}.{n}", text(challenge, "challenge")));
    proofs.find(begins).expect("there is one")
}

async fn proof(nobody: &Actor) -> String {
    work(&nobody.post("/v1/captcha/challenges", json!({"operation": ASK})).await.json())
}

async fn ask(nobody: &Actor, slug: &str, email: &str, proof: &str) -> Response {
    let path = format!("/t/{slug}/v1/sign-ups");
    let request = nobody.request(Method::POST, &path).json(&json!({"email": email}));
    nobody.send(request.header("captcha-response", proof)).await
}

fn link_in(mail: &Message) -> String {
    mail.links.iter().find(|link| link.contains("/t/")).expect("a link").clone()
}

async fn open(admin: &Actor) {
    let policy = json!({"mode": "self_serve", "role": "user"});
    let request = admin.request(Method::PUT, "/v1/sign-up-policy").json(&policy);
    assert_eq!(admin.send(request).await.json()["mode"], "self_serve");
}

#[tokio::test]
async fn a_stranger_gives_a_proof_signs_up_by_a_letter_and_signs_in() {
    let platform = Platform::builder()
        .settings(|settings| {
            settings.auth.captcha.captcha = auth::CaptchaKind::Work;
            settings.auth.captcha.captcha_difficulty = 8;
        })
        .start()
        .await;
    let acme = platform.tenant("Acme").await;
    let admin = acme.member("owner").await;
    let known = acme.member("user").await;
    let nobody = platform.anonymous();
    let closed = ask(&nobody, &acme.slug, "ann@example.test", &proof(&nobody).await).await;
    assert_eq!(closed.problem().code, "sign_up_closed");
    open(&admin).await;
    let without = ask(&nobody, &acme.slug, "ann@example.test", "").await.problem();
    assert_eq!((without.status, without.code.as_str()), (403, "captcha_required"));

    let given = proof(&nobody).await;
    let asked = ask(&nobody, &acme.slug, "ann@example.test", &given).await.json();
    let again = ask(&nobody, &acme.slug, "ann@example.test", &given).await.problem();
    assert_eq!(again.code, "captcha_refused", "a proof counts once");
    let mail = platform.mail_for("ann@example.test").await;
    let link = link_in(&mail);
    for method in [Method::HEAD, Method::GET, Method::GET] {
        let path = link.strip_prefix(platform.url()).expect("our address");
        let looked = nobody.send(nobody.request(method, path)).await;
        assert_eq!(looked.status, 400, "another browser, and nothing is used up");
    }
    let finish = json!({
        "binding": text(&asked, "binding"),
        "token": link.rsplit('/').next(),
        "name": "Ann",
        "password": PASSWORD,
    });
    let path = format!("/t/{}/v1/sign-ups/finish", acme.slug);
    let came = nobody.post(&path, finish).await.json();
    let session = nobody
        .post("/v1/sessions", json!({"email": "ann@example.test", "password": PASSWORD}))
        .await
        .json();
    assert_eq!(text(&session, "userId"), text(&came, "userId"));
    let members = admin.get("/v1/members").await.json();
    let members = members["members"].as_array().expect("members");
    let ann = members.iter().find(|one| one["email"] == "ann@example.test").expect("a member");
    assert_eq!(ann["roles"], json!(["user"]));

    // Whoever has an account meets the same answer and another letter.
    let asked = ask(&nobody, &acme.slug, known.email(), &proof(&nobody).await).await;
    assert_eq!(asked.status, 200);
    let mail = platform.mail_for(known.email()).await;
    assert_eq!(mail.subject.as_deref(), Some("You already have an account"));
    assert!(link_in(&mail).ends_with(&format!("/t/{}/signin", acme.slug)));
    platform.settled().await;
    platform.stop().await;
}

/// Runs `usher bans …` in an operator's name; answers with which code it ended.
async fn bans(platform: &Platform, words: &[&str]) -> u8 {
    let operator = platform.operator().await;
    let token = operator.token().expose_secret();
    let target = ["--url", platform.url(), "--token", token];
    let line = [&["usher", "bans"][..], words, &target].concat();
    usher::cli::run(Cli::try_parse_from(line).expect("a command line")).await.expect("is served")
}

#[tokio::test]
async fn sources_are_banned_and_let_in_again_from_the_command_line() {
    let platform = Platform::builder()
        .settings(|settings| {
            settings.gateway.trusted_proxies = vec!["127.0.0.1".parse().expect("a network")];
        })
        .start()
        .await;
    let acme = platform.tenant("Acme").await;
    open(&acme.member("owner").await).await;
    let nobody = platform.anonymous();
    let from = async |ip: &str| {
        let request = nobody.request(Method::GET, "/v1/captcha").header("x-forwarded-for", ip);
        nobody.send(request).await
    };
    assert_eq!(from("198.51.100.7").await.status, 200);
    let add = ["add", "198.51.100.0/24", "--reason", "a flood", "--hours", "2"];
    assert_eq!(bans(&platform, &add).await, 0);
    let refused = found("the ban takes hold", async || {
        let answer = from("198.51.100.7").await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    let problem = refused.problem();
    assert_eq!((problem.status, problem.code.as_str()), (403, "source_banned"));
    assert_eq!(from("203.0.113.7").await.status, 200, "nobody else is shut out");
    assert_eq!(bans(&platform, &["add", "spam.example", "--reason", "spam"]).await, 0);
    for email in ["ann@spam.example", "ann@mail.spam.example"] {
        let refused = ask(&nobody, &acme.slug, email, "").await.problem();
        assert_eq!(refused.code, "address_not_served", "{email}");
    }
    assert_eq!(ask(&nobody, &acme.slug, "ann@other.example", "").await.status, 200);

    let operator = platform.operator().await;
    let listed = operator.outside().get("/v1/platform/bans").await.json();
    let listed = listed["bans"].as_array().expect("bans");
    assert_eq!(listed.len(), 2);
    assert_eq!(bans(&platform, &["list"]).await, 0);
    let ban = listed.iter().find(|ban| ban["kind"] == "network").expect("the network");
    assert_eq!(bans(&platform, &["remove", text(ban, "banId")]).await, 0);
    let served = async || from("198.51.100.7").await.status == 200;
    platform.eventually("the ban ends", served).await;
    platform.stop().await;
}
