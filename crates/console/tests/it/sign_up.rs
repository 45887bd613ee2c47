//! Signing up as a stranger sees it, with and without a proof.

use std::sync::atomic::Ordering;

use crate::{
    fakes::BINDING,
    world::{Ask, World},
};

const FORM: &str = "name=Ann&password=canary+of+a+new+password&repeated=canary+of+a+new+password";

#[tokio::test]
async fn where_the_tenant_takes_nobody_in_the_page_says_so() {
    let world = World::new();
    let nowhere = Ask::get("/signup").send(&world).await;
    assert!(nowhere.page(403).contains("By invitation"), "no tenant is named");
    world.state.closed_to_strangers.store(true, Ordering::SeqCst);
    let closed = Ask::get("/t/demo/signup").send(&world).await;
    assert!(closed.page(403).contains("By invitation"));
}

#[tokio::test]
async fn a_stranger_signs_up_in_the_browser_that_asked() {
    let world = World::new();
    assert!(Ask::get("/t/demo/signup").send(&world).await.page(200).contains("Send them"));
    let ask = |email: &str| {
        Ask::post("/t/demo/signup", &format!("email={email}")).header("accept-language", "ru-RU")
    };
    let known = ask("operator%40usher.example").send(&world).await;
    let unknown = ask("nobody%40usher.example").send(&world).await;
    assert_eq!(known.page(200), unknown.page(200), "one answer for every address");
    assert_eq!(*world.state.letters.lock().expect("letters"), ["ru", "ru"]);
    let cookie = unknown.cookies()[0];
    assert!(cookie.starts_with(&format!("usher-signup={BINDING}; Path=/; HttpOnly; SameSite=Lax")));
    let bound = format!("usher-signup={BINDING}");

    for method in ["GET", "HEAD", "GET"] {
        let opened = Ask::new(method, "/t/demo/signup/good").header("cookie", &bound);
        assert_eq!(opened.send(&world).await.status, 200);
    }
    let elsewhere = Ask::post("/t/demo/signup/good", FORM).send(&world).await;
    assert!(elsewhere.page(400).contains("Not this browser"));
    let differ = "name=Ann&password=canary+one&repeated=canary+two";
    let differ = Ask::post("/t/demo/signup/good", differ).header("cookie", &bound);
    let differ = differ.send(&world).await;
    assert!(differ.page(400).contains("differ") && !differ.text.contains("canary"));
    let wrong = Ask::post("/t/demo/signup/code", &format!("code=00000000&{FORM}"));
    let wrong = wrong.header("cookie", &bound).send(&world).await;
    assert!(wrong.page(401).contains("does not fit") && !wrong.text.contains("canary"));
    assert_eq!(world.state.accepted.load(Ordering::SeqCst), 0, "looking made nobody");
    for (address, form) in [
        ("/t/demo/signup/good", FORM.to_owned()),
        ("/t/demo/signup/code", format!("code=12345678&{FORM}")),
    ] {
        let came = Ask::post(address, &form).header("cookie", &bound).send(&world).await;
        assert!(came.page(200).contains("Your account is ready"));
        assert!(came.cookies()[0].starts_with("usher-signup=; "), "{:?}", came.cookies());
    }
    assert_eq!(world.state.accepted.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn forms_that_send_letters_ask_for_the_proof_that_the_platform_wants() {
    let world = World::new();
    let pages = ["/t/demo/signup", "/forgot", "/signin/letter"];
    for address in pages {
        let plain = Ask::get(address).send(&world).await;
        assert!(!plain.page(200).contains("captcha"), "{address}");
    }
    *world.state.captcha.lock().expect("captcha") = "work".into();
    for address in pages {
        let page = Ask::get(address).send(&world).await;
        assert!(page.page(200).contains("data-captcha-work=\""), "{address}");
        assert!(page.text.contains("/assets/captcha.js?v="));
        let form = "email=ann%40usher.example";
        let without = Ask::post(address, form).send(&world).await;
        assert!(without.page(403).contains("no machine"), "{address}");
        let with = Ask::post(address, &format!("{form}&captcha_response=good")).send(&world).await;
        assert_eq!(with.status, 200, "{address}");
    }
    for (kind, host, field) in [
        ("turnstile", "challenges.cloudflare.com", "cf-turnstile-response"),
        ("hcaptcha", "hcaptcha.com", "g-recaptcha-response=&h-captcha-response"),
        ("recaptcha", "www.google.com/recaptcha", "g-recaptcha-response"),
    ] {
        *world.state.captcha.lock().expect("captcha") = kind.into();
        let page = Ask::get("/forgot").send(&world).await;
        assert!(page.page(200).contains("data-sitekey=\"the-site-key\""), "{kind}");
        let policy = page.header("content-security-policy").to_owned();
        assert!(policy.contains(host) && policy.contains("form-action 'self'"), "{policy}");
        let form = format!("email=ann%40usher.example&{field}=good");
        assert_eq!(Ask::post("/forgot", &form).send(&world).await.status, 200, "{kind}");
    }
}
