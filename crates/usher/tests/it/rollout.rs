//! The rollout as its operators turn it: by the command line, over the REST API, against roles.

use clap::Parser;
use secrecy::ExposeSecret;
use serde_json::json;
use testkit::{Actor, Platform};
use usher::{api::Problem, cli::Cli};

use crate::steps::{unique, wb_token};

/// Runs `usher rollout …` in somebody's name; answers the stable reason of a refusal.
async fn rollout(platform: &Platform, actor: &Actor, words: &[&str]) -> Result<(), String> {
    let token = actor.token().expose_secret();
    let target = ["--url", platform.url(), "--token", token, "--json"];
    let line = [&["usher", "rollout"][..], words, &target].concat();
    let cli = Cli::try_parse_from(line).expect("a command line");
    match usher::cli::run(cli).await {
        Ok(code) => {
            assert_eq!(code, 0);
            Ok(())
        }
        Err(failure) => Err(failure.downcast::<Problem>().expect("a refusal").code),
    }
}

/// The platform's answer to the wish for a client: its status and its stable reason.
async fn onboard(actor: &Actor) -> (u16, String) {
    let name = unique("client");
    let wish = json!({
        "email": format!("{name}@example.test"), "name": "Some Body", "spreadsheetId": name,
        "wbToken": wb_token(&name),
    });
    let answer = actor.post("/v1/onboarding/clients", wish).await;
    let code = if answer.status < 400 { String::new() } else { answer.problem().code };
    (answer.status, code)
}

#[tokio::test]
async fn a_rollout_is_turned_by_the_command_line_and_by_the_platforms_people_only() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let (owner, staff) = (tenant.member("owner").await, platform.staff("operator").await);
    let chief = platform.staff("super_admin").await;
    let id = tenant.id.to_string();

    for words in [
        &["status"][..],
        &["promote", "--from", "pilot"],
        &["promote", "--from", "pilot", "--override", "mine"],
        &["demote", "--to", "pilot", "--reason", "mine"],
        &["halt", "--reason", "mine"],
        &["halt", "--reason", "mine", "--tenant", &id],
        &["incident", "list"],
    ] {
        let refused = rollout(&platform, &owner, words).await;
        assert_eq!(refused, Err("permission_denied".into()), "{words:?}");
    }
    assert_eq!(onboard(&owner).await.0, 200);

    rollout(&platform, &staff, &["demote", "--to", "pilot", "--reason", "begin"])
        .await
        .expect("may");
    assert_eq!(onboard(&owner).await, (409, "rollout_not_open".into()));
    rollout(&platform, &staff, &["place", "--tenant", &id, "--cohort", "pilot"])
        .await
        .expect("may");
    assert_eq!(onboard(&owner).await.0, 200);
    let promote = ["promote", "--from", "pilot"];
    assert_eq!(rollout(&platform, &staff, &promote).await, Err("rollout_gate_shut".into()));
    let forced = ["promote", "--from", "pilot", "--override", "the fair begins"];
    assert_eq!(rollout(&platform, &staff, &forced).await, Err("permission_denied".into()));
    rollout(&platform, &chief, &forced).await.expect("may");

    let incident = ["incident", "open", "tokens leak", "--severity", "critical"];
    rollout(&platform, &staff, &incident).await.expect("may");
    let shown = staff.get("/v1/platform/rollout").await.json();
    assert_eq!(shown["stage"], "limited");
    let obstacles = shown["gate"]["obstacles"].as_array().expect("obstacles");
    assert!(obstacles.iter().any(|one| one["code"] == "critical_incident"), "{shown}");
    let listed = staff.get("/v1/platform/incidents?open=true").await.json();
    let opened = listed["incidents"][0]["incidentId"].as_str().expect("an id").to_owned();
    rollout(&platform, &staff, &["incident", "close", &opened]).await.expect("may");
    rollout(&platform, &staff, &["incident", "list"]).await.expect("may");

    rollout(&platform, &staff, &["halt", "--reason", "stop"]).await.expect("may");
    assert_eq!(onboard(&owner).await, (409, "invitations_halted".into()));
    rollout(&platform, &staff, &["resume"]).await.expect("may");
    rollout(&platform, &staff, &["halt", "--reason", "stop", "--tenant", &id]).await.expect("may");
    assert_eq!(onboard(&owner).await, (409, "tenant_invitations_halted".into()));
    rollout(&platform, &staff, &["resume", "--tenant", &id]).await.expect("may");
    assert_eq!(onboard(&owner).await.0, 200);
    rollout(&platform, &staff, &["status"]).await.expect("may");

    let range = "from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";
    let funnel = owner.get(&format!("/v1/onboarding/funnel?{range}")).await.json();
    assert_eq!((&funnel["began"], &funnel["inviteSent"]), (&json!("3"), &json!("3")), "{funnel}");
    let denied = owner.get("/v1/platform/onboarding/funnel").await.problem();
    assert_eq!((denied.status, denied.code.as_str()), (403, "permission_denied"));
    let whole =
        staff.get(&format!("/v1/platform/onboarding/funnel?cohort=pilot&{range}")).await.json();
    assert_eq!(whole["total"]["began"], "2", "{whole}");
    platform.stop().await;
}
