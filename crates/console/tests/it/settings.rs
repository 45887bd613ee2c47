//! What a workspace decides for itself.

use crate::{
    fakes::OPERATOR,
    world::{Ask, World},
};

fn form(version: i64, zone: &str) -> String {
    format!(
        "version={version}&locale=en&time_zone={zone}&day_border=05%3A30&password_min_length=20\
         &session_idle_minutes=30&session_absolute_minutes=600&invitation_links_shown=yes\
         &allowed_email_domains=school.example%2C+art.example%0D%0Anew.example\
         &allowed_origins=https%3A%2F%2Fportal.school.example"
    )
}

#[tokio::test]
async fn the_settings_are_shown_to_whoever_may_see_them_in_a_workspace() {
    let world = World::new();
    let page = Ask::get("/t/demo/settings").operator().send(&world).await;
    let shown = page.page(200);
    for held in [
        "name=\"version\" value=\"3\"",
        "value=\"school.example art.example\"",
        "name=\"mfa_required\" type=\"checkbox\" value=\"yes\" checked",
        "name=\"invitation_links_shown\" type=\"checkbox\" value=\"yes\">",
        "<option value=\"ru\" selected>",
        "value=\"04:00\"",
        "href=\"/t/demo/settings\">Settings</a>",
    ] {
        assert!(shown.contains(held), "{held}: {shown}");
    }
    assert!(shown.contains("&#60;script&#62;"), "a connection's name is only text");
    let denied = Ask::get("/t/demo/settings").member().send(&world).await;
    assert!(denied.page(403).contains("Not for this account"));
    let elsewhere = Ask::get("/t/demo/").member().send(&world).await;
    assert!(!elsewhere.page(200).contains(">Settings</a>"));
    let stranger = Ask::get("/t/demo/settings").send(&world).await;
    assert_eq!((stranger.status.as_u16(), stranger.header("location")), (303, "/t/demo/signin"));
}

#[tokio::test]
async fn all_that_the_form_shows_is_set() {
    let world = World::new();
    let set = Ask::post("/t/demo/settings", &form(3, "Asia%2FTokyo")).operator();
    let set = set.send(&world).await;
    assert_eq!((set.status.as_u16(), set.header("location")), (303, "/t/demo/settings"));
    let told = world.state.settings.lock().expect("settings").clone();
    assert_eq!((told.version, told.time_zone.as_str()), (3, "Asia/Tokyo"));
    assert_eq!((told.locale.as_str(), told.day_border.as_str()), ("en", "05:30"));
    assert_eq!(told.allowed_email_domains, ["school.example", "art.example", "new.example"]);
    assert_eq!(told.allowed_origins, ["https://portal.school.example"]);
    assert_eq!((told.mfa_required, told.invitation_links_shown), (false, Some(true)));
    let lengths =
        (told.password_min_length, told.session_idle_minutes, told.session_absolute_minutes);
    assert_eq!(lengths, (20, 30, 600));
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_typed_is_kept() {
    let world = World::new();
    let wrong = Ask::post("/t/demo/settings", &form(3, "Mars%2FOlympus")).operator();
    let wrong = wrong.send(&world).await;
    assert!(wrong.page(400).contains("The time zone is no time zone."));
    assert!(wrong.text.contains("value=\"Mars/Olympus\"") && wrong.text.contains("value=\"20\""));
    let late = Ask::post("/t/demo/settings", &form(2, "Asia%2FTokyo")).operator();
    let late = late.send(&world).await;
    assert!(late.page(409).contains("Somebody else has changed the settings"));
    assert!(late.text.contains("value=\"Europe/Berlin\""), "theirs are shown");
    let unread = form(3, "UTC").replace("password_min_length=20", "password_min_length=many");
    assert_eq!(Ask::post("/t/demo/settings", &unread).operator().send(&world).await.status, 400);
    let forged = Ask::new("POST", "/t/demo/settings").operator();
    assert_eq!(forged.header("sec-fetch-site", "cross-site").send(&world).await.status, 403);
    assert_eq!(world.state.settings.lock().expect("settings").version, 0, "nothing was set");
}

#[tokio::test]
async fn a_provider_is_connected_changed_and_ended() {
    let world = World::new();
    let fresh = Ask::get("/t/demo/settings/sso").operator().send(&world).await;
    assert!(fresh.page(200).contains("Connect a provider") && fresh.text.contains("id=\"issuer\""));
    let rest = "name=School&client_id=usher&domains=school.example+art.example&role=student&enabled=yes&client_secret";
    let away = format!("issuer=https%3A%2F%2Faway.example&{rest}=canary");
    let away = Ask::post("/t/demo/settings/sso", &away).operator().send(&world).await;
    assert!(away.page(400).contains("The issuer cannot be used: it does not answer."));
    assert!(away.text.contains("https://away.example") && !away.text.contains("canary"));
    let good = format!("issuer=https%3A%2F%2Fidp.example&{rest}=canary");
    let made = Ask::post("/t/demo/settings/sso", &good).operator().send(&world).await;
    let address = format!("/t/demo/settings/sso/{OPERATOR}");
    assert_eq!((made.status.as_u16(), made.header("location")), (303, address.as_str()));
    let shown = Ask::get(&address).operator().send(&world).await;
    assert!(shown.page(200).contains("/signin/sso/back/") && !shown.text.contains("id=\"issuer\""));
    let kept = format!("{rest}=").replace("&enabled=yes", "");
    let changed = Ask::post(&address, &kept).operator().send(&world).await;
    assert_eq!((changed.status.as_u16(), changed.header("location")), (303, "/t/demo/settings"));
    let unproven = format!("{rest}=").replace("art.example", "else.example");
    let unproven = Ask::post(&address, &unproven).operator().send(&world).await;
    assert!(unproven.page(400).contains("else.example is not proven"));
    assert!(unproven.text.contains("https://idp.example"), "the issuer is still shown");
    for _ in 0..2 {
        let ended = Ask::post(&format!("{address}/end"), "").operator().send(&world).await;
        assert_eq!((ended.status.as_u16(), ended.header("location")), (303, "/t/demo/settings"));
    }
    let nothing = Ask::get("/t/demo/settings/sso/unknown").operator().send(&world).await;
    assert_eq!(nothing.status, 404);
    assert_eq!(
        *world.state.operated.lock().expect("operated"),
        [
            "connect (\"School\", \"canary\", [\"school.example\", \"art.example\"], true)",
            "update (\"School\", \"\", \"student\", false)",
            "end",
            "end",
        ]
    );
}
