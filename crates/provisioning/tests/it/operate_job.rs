//! What a person does about a job, and what comes of the client that it leads.

use futures::future::join_all;
use kernel::{Code, Cx};
use sandbox::legacy::{Fault, Op};
use serde_json::Value;
use uuid::Uuid;
use wire::{
    Refusal,
    provisioning::v1::{
        AbandonJobRequest, CancelJobRequest, GetJobRequest, Job, MarkStepUndoneRequest,
        PauseJobRequest, ResumeJobRequest, RetryJobRequest, SkipStepRequest,
    },
};

use crate::{
    add_wb_token::{add, token},
    revoke_client::revoke,
    troubles::open,
    world::{World, answer, request},
};

/// What is asked for.
#[derive(Debug, Clone)]
enum Ask {
    Get,
    Retry(&'static str),
    Cancel,
    Pause(&'static str),
    Resume,
    Skip(&'static str, &'static str),
    Undone(&'static str, &'static str),
    Abandon(&'static str),
}

async fn ask_as(world: &World, cx: &Cx, job_id: &str, ask: Ask) -> Result<Job, Refusal> {
    let (mut jobs, job_id, idempotency_key) = (world.jobs(), job_id.to_owned(), String::new());
    answer(match ask {
        Ask::Get => jobs.get_job(wire::call(cx, GetJobRequest { job_id })).await,
        Ask::Retry(step) => {
            let request = RetryJobRequest { job_id, step: step.into(), idempotency_key };
            jobs.retry_job(wire::call(cx, request)).await
        }
        Ask::Cancel => {
            jobs.cancel_job(wire::call(cx, CancelJobRequest { job_id, idempotency_key })).await
        }
        Ask::Pause(reason) => {
            let request = PauseJobRequest { job_id, reason: reason.into(), idempotency_key };
            jobs.pause_job(wire::call(cx, request)).await
        }
        Ask::Resume => {
            jobs.resume_job(wire::call(cx, ResumeJobRequest { job_id, idempotency_key })).await
        }
        Ask::Skip(step, reason) => {
            let (step, reason) = (step.into(), reason.into());
            let request = SkipStepRequest { job_id, step, reason, idempotency_key };
            jobs.skip_step(wire::call(cx, request)).await
        }
        Ask::Undone(step, reason) => {
            let (step, reason) = (step.into(), reason.into());
            let request = MarkStepUndoneRequest { job_id, step, reason, idempotency_key };
            jobs.mark_step_undone(wire::call(cx, request)).await
        }
        Ask::Abandon(reason) => {
            let request = AbandonJobRequest { job_id, reason: reason.into(), idempotency_key };
            jobs.abandon_job(wire::call(cx, request)).await
        }
    })
}

async fn ask(world: &World, job_id: &str, what: Ask) -> Result<Job, Refusal> {
    ask_as(world, &world.operator(world.tenant), job_id, what).await
}

/// Code, stable reason and the field at fault.
async fn refusal(world: &World, job_id: &str, what: Ask) -> (Code, String, String) {
    let refusal = ask(world, job_id, what.clone()).await.expect_err(&format!("{what:?}"));
    let field = refusal.fields.first().map(|one| one.field.clone()).unwrap_or_default();
    (refusal.code, refusal.reason, field)
}

fn said(code: Code, reason: &str, field: &str) -> (Code, String, String) {
    (code, reason.into(), field.into())
}

fn refused() -> Fault {
    Fault::Refused { status: 400, message: "no".into() }
}

/// The moves of a job that were told, in order.
async fn moves(world: &World, job_id: &str) -> Vec<String> {
    let told = world.told("provisioning.job.moved", job_id).await;
    let word = |fact: &Value, name: &str| fact[name].as_str().unwrap_or_default().to_owned();
    told.iter().map(|fact| word(fact, "verb")).collect()
}

/// A client whose backend refuses the token for good, and its job.
async fn without_token(world: &World, name: &str) -> (String, String) {
    world.sandbox.legacy.push_fault_for(&format!("sheet_{name}"), Op::TokensAdd, refused());
    let client_id = world.begin(request(name)).await.client_id;
    let status = world.until(&client_id, "failed").await;
    (client_id, status.job_id)
}

/// A client whose job waits an hour for its next attempt at the first step, and the job.
async fn waiting(world: &World, name: &str) -> (String, String) {
    let later = Fault::RateLimited { retry_after: Some(3600) };
    world.sandbox.legacy.push_fault_for(&format!("sheet_{name}"), Op::Register, later);
    let client_id = world.begin(request(name)).await.client_id;
    let status = world.until_job(&client_id, "waiting").await;
    (client_id, status.job_id)
}

#[tokio::test]
async fn a_skipped_step_leads_the_client_on_as_if_it_were_done() {
    let world = World::new().await;
    for op in [Op::TokenGet, Op::DatasetsUpdate] {
        world.sandbox.legacy.push_fault_for("sheet_ann", op, refused());
    }
    let (client_id, job_id) = without_token(&world, "ann").await;
    for step in ["add_token", "verify_token", "smoke_update"] {
        let failed = world.until(&client_id, "failed").await;
        assert_eq!(failed.job_state, "failed", "{failed:#?}");
        let job = ask(&world, &job_id, Ask::Skip(step, "entered by hand")).await.expect("skips");
        let skipped = job.steps.iter().find(|one| one.name == step).expect("a step");
        assert_eq!((skipped.state.as_str(), skipped.attempts), ("skipped", 1), "{job:#?}");
        assert!(skipped.message.starts_with("entered by hand (user:"), "{}", skipped.message);
    }
    let done = world.until_job(&client_id, "done").await;
    assert_eq!(done.client.expect("a client").stage, "active");
    assert!(open(&world).await.is_empty(), "the trouble is over");
    let told = world.told("provisioning.client.advanced", &client_id).await;
    let stages: Vec<_> = told.iter().filter_map(|fact| fact["to"].as_str()).collect();
    assert_eq!(stages.last(), Some(&"active"));
    for stage in ["token_added", "validated"] {
        assert!(stages.contains(&stage), "{stages:?}");
    }
    let moves = moves(&world, &job_id).await;
    let ends = ["failed", "skipped", "failed", "skipped", "failed", "skipped", "done"];
    assert_eq!(moves, [&["started"][..], &ends].concat());
    let shown = ask(&world, &job_id, Ask::Get).await.expect("shows");
    assert_eq!((shown.client_id, shown.interventions.len()), (client_id, 3));
    let first = &shown.interventions[0];
    assert_eq!((first.verb.as_str(), first.step.as_str()), ("skip_step", "add_token"));
    assert_eq!((first.was.as_str(), first.reason.as_str()), ("failed", "entered by hand"));
    assert!(first.at.is_some() && first.actor.starts_with("user:"));
    let audited = "select count(*) from audit_events where action = 'job.skip_step'";
    assert_eq!(world.count(audited).await, 3);
    world.end().await;
}

#[tokio::test]
async fn a_waiting_step_may_be_skipped_and_the_client_moves_in_the_same_moment() {
    let world = World::new().await;
    let (client_id, job_id) = waiting(&world, "ann").await;
    // The steps after it find no such sheet in the backend.
    ask(&world, &job_id, Ask::Skip("register_workspace", "done by phone")).await.expect("skips");
    let told = world.told("provisioning.client.advanced", &client_id).await;
    let registered = told.iter().filter(|fact| fact["to"] == "workspace_registered").count();
    assert_eq!(registered, 1);
    world.end().await;
}

#[tokio::test]
async fn a_retried_job_leads_its_client_out_of_the_failure() {
    let world = World::new().await;
    let (client_id, job_id) = without_token(&world, "ann").await;
    assert_eq!(open(&world).await.len(), 1);
    let gone = refusal(&world, &job_id, Ask::Retry("no_such_step")).await;
    assert_eq!(gone, said(Code::NotFound, "job_step_unknown", "step"));
    let early = refusal(&world, &job_id, Ask::Retry("verify_token")).await;
    assert_eq!(early, said(Code::Conflict, "job_earlier_step_missing", "step"));
    let status = world.status(&client_id).await.expect("a client");
    assert_eq!(status.client.expect("a client").stage, "failed", "nothing of it is kept");
    let retried = ask(&world, &job_id, Ask::Retry("")).await.expect("tries again");
    assert_eq!(retried.failed_step, "");
    world.until(&client_id, "active").await;
    world.until_job(&client_id, "done").await;
    assert!(open(&world).await.is_empty());
    assert_eq!(moves(&world, &job_id).await, ["started", "failed", "retried", "done"]);
    let late = refusal(&world, &job_id, Ask::Retry("")).await;
    assert_eq!(late, said(Code::Conflict, "job_state_conflict", ""));

    // A done one begins anew from a step, and its client stays active.
    ask(&world, &job_id, Ask::Retry("verify_token")).await.expect("begins anew");
    world.until_job(&client_id, "done").await;
    let status = world.status(&client_id).await.expect("a client");
    assert_eq!(status.client.expect("a client").stage, "active");
    assert_eq!(world.effects("sheet_ann"), ["Registered", "TokenStored"]);
    world.end().await;
}

#[tokio::test]
async fn a_cancelled_job_fails_its_client_and_may_be_retried() {
    let world = World::new().await;
    let (client_id, job_id) = waiting(&world, "ann").await;
    let asked = ask(&world, &job_id, Ask::Cancel).await.expect("asks it to stop");
    assert!(asked.cancelled_by.starts_with("user:"), "{asked:#?}");
    let failed = world.until(&client_id, "failed").await;
    assert_eq!(failed.job_state, "cancelled");
    assert_eq!(failed.client.expect("a client").reason_code, "cancelled");
    ask(&world, &job_id, Ask::Cancel).await.expect("changes nothing");
    let audited = "select count(*) from audit_events where action = 'job.cancel'";
    assert_eq!(world.count(audited).await, 1, "asked for once");
    assert_eq!(moves(&world, &job_id).await, ["started", "waiting", "cancelled"]);
    ask(&world, &job_id, Ask::Retry("")).await.expect("tries again");
    world.until(&client_id, "active").await;
    world.end().await;
}

#[tokio::test]
async fn a_paused_job_waits_for_its_resumption() {
    let world = World::new().await;
    let (client_id, job_id) = waiting(&world, "ann").await;
    let paused = ask(&world, &job_id, Ask::Pause("the backend moves")).await.expect("pauses");
    assert!(paused.paused_by.starts_with("user:"), "{paused:#?}");
    ask(&world, &job_id, Ask::Pause("again")).await.expect("changes nothing");
    // What is made due at once stays due once it is resumed.
    ask(&world, &job_id, Ask::Retry("")).await.expect("waits no longer");
    let status = world.status(&client_id).await.expect("a client");
    assert_eq!(status.client.expect("a client").stage, "email_confirmed");
    let resumed = ask(&world, &job_id, Ask::Resume).await.expect("resumes");
    assert_eq!(resumed.paused_by, "");
    world.until_job(&client_id, "done").await;
    let twice = refusal(&world, &job_id, Ask::Resume).await;
    assert_eq!(twice, said(Code::Conflict, "job_not_paused", ""));
    let told = moves(&world, &job_id).await;
    assert_eq!(told, ["started", "waiting", "paused", "retried", "resumed", "done"]);
    world.end().await;
}

#[tokio::test]
async fn a_job_that_no_build_knows_is_abandoned_or_cancelled_and_its_client_fails() {
    let world = World::without_workers().await;
    for (name, what, state, reason) in [
        ("ann", Ask::Abandon("the build is gone"), "failed", "abandoned"),
        ("bob", Ask::Cancel, "cancelled", "cancelled"),
    ] {
        let client_id = world.begin(request(name)).await.client_id;
        let job_id = world.until_job(&client_id, "queued").await.job_id;
        let wrong = refusal(&world, &job_id, Ask::Abandon("too early")).await;
        assert_eq!(wrong, said(Code::Conflict, "job_state_conflict", ""));
        let held = "update jobs set held = 'version_unknown', version = 9 where id = $1";
        let id = Uuid::parse_str(&job_id).expect("an id");
        let mut admin = world.database.admin().await;
        sqlx::query(held).bind(id).execute(&mut admin).await.expect("held");
        assert_eq!(ask(&world, &job_id, Ask::Get).await.expect("shows").held, "version_unknown");
        ask(&world, &job_id, what).await.expect("ends");
        let failed = world.until(&client_id, "failed").await;
        assert_eq!(failed.job_state, state);
        assert_eq!(failed.client.expect("a client").reason_code, reason);
        let end = if state == "failed" { "abandoned" } else { "cancelled" };
        assert_eq!(moves(&world, &job_id).await, ["started", end]);
    }
    assert_eq!(open(&world).await.len(), 2);
    world.end().await;
}

#[tokio::test]
async fn a_job_whose_client_was_revoked_or_whose_run_was_overtaken_does_not_go_on() {
    let world = World::new().await;
    let (ann, old) = without_token(&world, "ann").await;
    let begun = add(&world, token(&ann, "another")).await.expect("replaces");
    world.until(&ann, "active").await;
    assert_ne!(begun.job_id, old);
    for what in [Ask::Retry(""), Ask::Retry("add_token"), Ask::Skip("add_token", "by hand")] {
        let late = refusal(&world, &old, what).await;
        assert_eq!(late, said(Code::Conflict, "job_overtaken", ""));
    }
    let (bob, job_id) = without_token(&world, "bob").await;
    revoke(&world, &bob).await.expect("revokes");
    let revoked = refusal(&world, &job_id, Ask::Retry("")).await;
    assert_eq!(revoked, said(Code::Conflict, "client_stage_conflict", ""));
    world.end().await;
}

#[tokio::test]
async fn wrong_wishes_are_refused_with_the_field_at_fault() {
    let world = World::new().await;
    let (_, job_id) = without_token(&world, "ann").await;
    let long: &'static str = "x".repeat(301).leak();
    for what in [Ask::Pause(""), Ask::Pause(long), Ask::Abandon(" "), Ask::Abandon("a\nb")] {
        let (code, _, field) = refusal(&world, &job_id, what).await;
        assert_eq!((code, field.as_str()), (Code::Invalid, "reason"));
    }
    for (what, wanted) in [
        (Ask::Skip("add_token", ""), said(Code::Invalid, "job_reason_missing", "reason")),
        (Ask::Undone("add_token", " "), said(Code::Invalid, "job_reason_missing", "reason")),
        (Ask::Skip("", "why not"), said(Code::NotFound, "job_step_unknown", "step")),
        (Ask::Skip("no_such", "why not"), said(Code::NotFound, "job_step_unknown", "step")),
        (Ask::Skip("smoke_update", "why"), said(Code::Conflict, "job_step_state_conflict", "step")),
        (Ask::Undone("add_token", "by hand"), said(Code::Conflict, "job_state_conflict", "")),
        (Ask::Pause("late"), said(Code::Conflict, "job_state_conflict", "")),
        (Ask::Cancel, said(Code::Conflict, "job_state_conflict", "")),
        (Ask::Abandon("late"), said(Code::Conflict, "job_state_conflict", "")),
    ] {
        assert_eq!(refusal(&world, &job_id, what).await, wanted);
    }
    let shown = ask(&world, &job_id, Ask::Get).await.expect("shows");
    assert!(shown.interventions.is_empty(), "{shown:#?}");
    assert_eq!((shown.state.as_str(), shown.failed_step.as_str()), ("failed", "add_token"));
    assert_eq!(shown.reason, "legacy_rejected");
    world.end().await;
}

#[tokio::test]
async fn jobs_are_their_tenants_own_and_operated_by_those_who_may() {
    let world = World::new().await;
    let (_, job_id) = without_token(&world, "ann").await;
    let all = [
        Ask::Get,
        Ask::Retry(""),
        Ask::Cancel,
        Ask::Pause("why"),
        Ask::Resume,
        Ask::Skip("add_token", "why"),
        Ask::Undone("add_token", "why"),
        Ask::Abandon("why"),
    ];
    let stranger = world.operator(Uuid::now_v7().into());
    let reader = world.person(Some(world.tenant), &["provisioning.jobs.read"]);
    for what in all {
        let unseen = ask_as(&world, &stranger, &job_id, what.clone()).await.expect_err("unseen");
        assert_eq!(
            (unseen.code, unseen.reason.as_str()),
            (Code::NotFound, "job_unknown"),
            "{what:?}"
        );
        let read = ask_as(&world, &reader, &job_id, what.clone()).await;
        match what {
            Ask::Get => assert!(read.is_ok()),
            _ => assert_eq!(read.expect_err("may not").code, Code::Denied),
        }
        let nowhere = refusal(&world, "nonsense", what).await;
        assert_eq!((nowhere.0, nowhere.2.as_str()), (Code::Invalid, "job_id"));
    }
    world.end().await;
}

#[tokio::test]
async fn a_wish_with_a_key_is_fulfilled_once_however_often_it_is_made() {
    let world = World::new().await;
    let (client_id, job_id) = without_token(&world, "ann").await;
    let (_, other) = without_token(&world, "bob").await;
    let cx = Cx { idempotency_key: Some("skip-once".into()), ..world.operator(world.tenant) };
    let skip = || Ask::Skip("add_token", "entered by hand");
    let asks = join_all((0..6).map(|_| ask_as(&world, &cx, &job_id, skip()))).await;
    for asked in asks {
        assert_eq!(asked.expect("the same answer").interventions.len(), 1);
    }
    let reused = ask_as(&world, &cx, &other, skip()).await.expect_err("another job");
    assert_eq!(reused.reason, "idempotency_key_reused");
    let done = "select count(*) from job_interventions";
    assert_eq!(world.count(done).await, 1);
    world.until_job(&client_id, "failed").await;
    world.end().await;
}
