//! Durable jobs as operators see and change them: by the command line and over the REST API, against roles.

use clap::Parser;
use secrecy::ExposeSecret;
use serde_json::json;
use testkit::{Actor, Platform, Tenant};
use usher::{api::Problem, cli::Cli};

use crate::steps::{bring_in, text};

/// Runs `usher jobs …` in somebody's name; answers the stable reason of a refusal.
async fn jobs(
    platform: &Platform,
    tenant: &Tenant,
    actor: &Actor,
    words: &[&str],
) -> Result<(), String> {
    let (token, id) = (actor.token().expose_secret(), tenant.id.to_string());
    let target = ["--url", platform.url(), "--token", token, "--tenant", &id, "--json"];
    let line = [&["usher", "jobs"][..], words, &target].concat();
    let cli = Cli::try_parse_from(line).expect("a command line");
    match usher::cli::run(cli).await {
        Ok(code) => {
            assert_eq!(code, 0);
            Ok(())
        }
        Err(failure) => Err(failure.downcast::<Problem>().expect("a refusal").code),
    }
}

#[tokio::test]
async fn jobs_are_seen_and_changed_by_the_command_line_and_the_api() {
    let platform = Platform::start().await;
    let tenant = platform.tenant("Acme").await;
    let (admin, operator) = (tenant.admin().await, tenant.member("operator").await);
    bring_in(&platform, &admin, "ann@example.test").await;
    let job = admin.get("/v1/jobs").await.json()["jobs"][0].clone();
    let id = text(&job, "jobId").to_owned();
    testkit::found("the job's end", async || {
        let shown = admin.get(&format!("/v1/jobs/{id}")).await.json();
        (shown["state"] == "done").then_some(())
    })
    .await;

    for words in [&["list"][..], &["list", "--state", "done"], &["show", &id], &["tail", &id]] {
        jobs(&platform, &tenant, &operator, words).await.expect("may look");
    }
    let reason = ["--reason", "because"];
    let pause = [&["pause", &id][..], &reason].concat();
    let skip = [&["skip", &id, "add_token"][..], &reason].concat();
    let undone = [&["undone", &id, "add_token"][..], &reason].concat();
    let abandon = [&["abandon", &id][..], &reason].concat();
    for (words, refused) in [
        (&["retry", &id][..], "job_state_conflict"),
        (&["retry-from", &id, "nothing"], "job_step_unknown"),
        (&["cancel", &id], "job_state_conflict"),
        (&["resume", &id], "job_not_paused"),
        (&pause, "job_state_conflict"),
        (&skip, "job_state_conflict"),
        (&undone, "job_state_conflict"),
        (&abandon, "job_state_conflict"),
    ] {
        let denied = jobs(&platform, &tenant, &operator, words).await;
        assert_eq!(denied, Err("permission_denied".into()), "{words:?}");
        assert_eq!(jobs(&platform, &tenant, &admin, words).await, Err(refused.into()), "{words:?}");
    }

    let silent = admin.post(&format!("/v1/jobs/{id}/pause"), json!({})).await.problem();
    assert_eq!((silent.status, silent.fields), (400, vec!["reason".to_owned()]));
    let other = platform.tenant("Other").await.admin().await;
    let unseen = other.post(&format!("/v1/jobs/{id}/retry"), json!({})).await.problem();
    assert_eq!((unseen.status, unseen.code.as_str()), (404, "job_unknown"));

    let wish = json!({"step": "verify_token", "idempotencyKey": "once"});
    let path = format!("/v1/jobs/{id}/retry");
    for _ in 0..2 {
        let again = admin.post(&path, wish.clone()).await.json();
        assert_eq!(again["interventions"].as_array().expect("interventions").len(), 1, "{again}");
        assert_eq!(again["interventions"][0]["verb"], "retry_from");
    }
    jobs(&platform, &tenant, &operator, &["tail", &id]).await.expect("sees its end");
    let done = admin.get(&format!("/v1/jobs/{id}")).await.json();
    assert_eq!(done["state"], "done", "{done}");
    platform.stop().await;
}
