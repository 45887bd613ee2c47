//! The page where the first administrator comes in.

use std::sync::atomic::Ordering;

use tonic::Code;

use crate::{
    fakes::refusal,
    world::{Ask, World},
};

const FORM: &str = "email=root%40usher.example&repeated_email=root%40usher.example&name=Root&password=canary+of+a+new+password&repeated=canary+of+a+new+password";

#[tokio::test]
async fn the_first_administrator_fills_in_a_form_and_signs_in() {
    let world = World::new();
    for method in ["GET", "HEAD", "GET"] {
        assert_eq!(Ask::new(method, "/setup/good").send(&world).await.status, 200);
    }
    assert_eq!(world.state.accepted.load(Ordering::SeqCst), 0, "looking made nobody");
    let differ = "email=root%40usher.example&repeated_email=root%40usher.example&name=Ro%22ot&password=canary+one&repeated=canary+two";
    let differ = Ask::post("/setup/good", differ).send(&world).await;
    let shown = differ.page(400);
    assert!(shown.contains("differ") && shown.contains("root@usher.example"));
    assert!(shown.contains("Ro&#34;ot") && !shown.contains("canary"));
    for slip in ["roots%40usher.example", ""] {
        let slip = FORM.replacen("root%40usher.example", slip, 1);
        let slip = Ask::post("/setup/good", &slip).send(&world).await;
        assert!(slip.page(400).contains("The two addresses differ."));
    }
    assert_eq!(world.state.accepted.load(Ordering::SeqCst), 0, "a slip makes nobody");
    let done = Ask::post("/setup/good", FORM).send(&world).await;
    assert!(done.page(200).contains("You administer this platform"));
    assert!(done.text.contains("href=\"/signin\"") && done.text.contains("root@usher.example"));
    assert_eq!(world.state.accepted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_link_that_makes_nobody_an_administrator_says_why() {
    let world = World::new();
    for (token, status, words) in [
        ("used", 410, "It was used"),
        ("old", 410, "older than a day"),
        ("late", 409, "has an administrator already"),
        ("nonsense", 404, "a newer one was printed"),
    ] {
        let target = format!("/setup/{token}");
        for ask in [Ask::get(&target), Ask::post(&target, FORM)] {
            assert!(ask.send(&world).await.page(status).contains(words), "{token}");
        }
    }
    assert_eq!(world.state.accepted.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_form_of_another_site_makes_nobody_an_administrator() {
    let world = World::new();
    let forged = Ask::new("POST", "/setup/good")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(forged.send(&world).await.status, 403);
    let away = refusal(Code::Unavailable, "peer_unavailable", "auth is away");
    *world.state.refuse_password.lock().expect("refusal") = Some(away);
    assert_eq!(Ask::post("/setup/good", FORM).send(&world).await.status, 503);
    assert_eq!(world.state.accepted.load(Ordering::SeqCst), 0);
}
