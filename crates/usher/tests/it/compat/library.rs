//! A script that calls as the legacy library does, from the invitation to the working workspace and its end.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::Platform;

use super::engine::run;
use crate::steps::{accept, text, token_for, unique, until_stage};

const LIBRARY: &str = include_str!("library.js");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_of_the_legacy_library_leads_a_person_from_invitation_to_work() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let admin = tenant.admin().await;
    let (sheet, email) = (unique("sheet"), format!("{}@example.test", unique("ann")));
    let mut input = json!({
        "base": format!("{}/t/{}/api", platform.url(), tenant.slug),
        "token": admin.token().expose_secret(),
        "email": email,
        "sheet": sheet,
        "more": unique("sheet"),
        "wb_token": super::workspaces::token_of(&sheet, "one"),
        "ozon_key": "5f0e1d2c-1111-2222-3333-444455556666",
        "next_token": super::workspaces::token_of(&sheet, "two"),
    });
    let user = run(&[LIBRARY, include_str!("arrival.js")], input.clone()).await;
    let link = text(&user, "activation_link");
    let token = token_for(&platform, &email).await;
    assert!(link.ends_with(&token), "the link told is the link mailed");
    accept(&platform, &token).await.json();

    input["id"] = user["id"].clone();
    run(&[LIBRARY, include_str!("work.js")], input.clone()).await;
    let clients = admin.get("/v1/onboarding/clients").await.json();
    let client = clients["clients"].as_array().expect("clients").iter();
    let client: Vec<&Value> = client.filter(|client| client["email"] == email.as_str()).collect();
    until_stage(&admin, text(client[0], "clientId"), "active").await;

    let ended = run(&[LIBRARY, include_str!("life.js")], input).await;
    assert_eq!(ended["status"], "disabled");
    platform.stop().await;
}
