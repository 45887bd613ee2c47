//! Names that try to be something else stay names: in JSON, pages, letters, tables and facts.

use serde_json::json;
use testkit::Platform;

use crate::steps::{text, token_for};

/// As long as a name can be, with what browsers, mailers, tables and templates could take for their own.
fn names() -> Vec<String> {
    let seeds = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "=HYPERLINK(\"http://evil.test\")",
        "+1-1",
        "@SUM(A1)",
        "{{7*7}} ${7*7} <%= 7*7 %>",
        "%0d%0aBcc: eve@evil.test",
        "'; drop table users; --",
        "Eve <eve@evil.test>",
        "{\"role\":\"owner\"}",
        "Ж中👩\u{200d}🚀",
    ];
    let long = |seed: &str| seed.chars().cycle().take(120).collect::<String>().trim().to_owned();
    seeds.iter().map(|seed| (*seed).to_owned()).chain(seeds.iter().map(|seed| long(seed))).collect()
}

#[tokio::test]
async fn hostile_and_long_names_are_inert_in_every_output() {
    let platform = Platform::start().await;
    let admin = platform.tenant("Acme").await.admin().await;
    for (n, name) in names().iter().enumerate() {
        let email = format!("n{n}@names.test");
        let wish = json!({"email": email, "name": name, "role": "user"});
        let made = admin.post("/v1/invites", wish).await.json();
        assert_eq!(text(&made, "name"), name, "JSON tells it as it is");
        let mail = platform.mail_for(&email).await;
        assert_eq!(mail.to, std::slice::from_ref(&email), "{name}");
        let subject = mail.subject.clone().unwrap_or_default();
        assert!(!subject.contains(['\r', '\n']), "{name}: {subject}");
        let html = mail.html.clone().unwrap_or_default();
        assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{name}: {html}");
        let token = token_for(&platform, &email).await;
        let page = platform.anonymous().get(&format!("/invite/{token}")).await.body;
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{name}: {page}");
        let templates = name.starts_with("{{7*7}}");
        assert!(!templates || page.contains("{{7*7}}"), "no template is run in a name: {page}");
    }
    for (bad, why) in [
        ("x".repeat(255), "longer than 120"),
        ("Ann\r\nBcc: eve@evil.test".to_owned(), "control characters"),
        ("Ann\u{0}".to_owned(), "control characters"),
        ("Ann\u{202e}gpj.exe".to_owned(), "invisible marks"),
    ] {
        let wish = json!({"email": "bad@names.test", "name": bad, "role": "user"});
        let refused = admin.post("/v1/invites", wish).await;
        let problem = refused.problem();
        assert_eq!((problem.status, problem.fields), (400, vec!["name".to_owned()]), "{bad:?}");
        // What JSON can say and no text of ours may hold is refused with the body.
        let why = if bad.contains('\0') { "NUL" } else { why };
        assert!(refused.body.contains(why), "{}", refused.body);
    }
    platform.settled().await;
    let list = admin.get("/v1/invites?pageSize=250").await.json();
    let told: Vec<&str> =
        list["invites"].as_array().expect("a list").iter().map(|one| text(one, "name")).collect();
    assert!(names().iter().all(|name| told.contains(&name.as_str())), "{told:?}");
    let strangers = platform.sandbox().mail.messages();
    let strangers = strangers.iter().filter(|mail| mail.to.iter().any(|to| to.contains("evil")));
    assert_eq!(strangers.count(), 0);
    platform.stop().await;
}
