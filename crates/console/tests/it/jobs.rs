//! Durable jobs, and what an operator does to one.

use crate::{
    fakes::jobs::JOB,
    world::{Ask, World},
};

#[tokio::test]
async fn jobs_are_listed_by_state_with_the_step_they_are_at() {
    let world = World::new();
    let page = Ask::get("/t/demo/jobs").operator().send(&world).await;
    for words in ["Provision client", "Add token", "aria-current=\"true\">All", "&#60;script&#62;"]
    {
        assert!(page.page(200).contains(words), "{words} is missing in {}", page.text);
    }
    assert!(!page.text.contains("\" onload"));
    let none = Ask::get("/t/demo/jobs?state=stuck").operator().send(&world).await;
    assert!(none.page(200).contains("No jobs here"));
    let all = Ask::get("/t/demo/jobs?state=%22%3E%3Cscript%3E").operator().send(&world).await;
    assert!(all.page(200).contains("Provision client") && !all.text.contains("\"><script>"));
    assert!(Ask::get("/t/demo/jobs").member().send(&world).await.page(403).contains("may not"));
}

#[tokio::test]
async fn a_job_is_shown_with_its_steps_what_was_done_to_it_and_what_may_be() {
    let world = World::new();
    let page = Ask::get(&format!("/t/demo/jobs/{JOB}")).operator().send(&world).await;
    for words in [
        "Register workspace",
        "4 attempts",
        "Skip step: register workspace",
        "value=\"retry\"",
        "value=\"pause\"",
        "value=\"cancel\"",
        "value=\"skip:add_token\"",
        "user:somebody",
    ] {
        assert!(page.page(200).contains(words), "{words} is missing in {}", page.text);
    }
    for words in ["value=\"resume\"", "value=\"abandon\"", "\" onload"] {
        assert!(!page.text.contains(words), "{words} is in {}", page.text);
    }
    let part = format!("/t/demo/live/jobs/{JOB}");
    assert!(!Ask::get(&part).operator().send(&world).await.page(200).contains("<html"));
    for id in ["0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0b02", "no-id"] {
        let page = Ask::get(&format!("/t/demo/jobs/{id}")).operator().send(&world).await;
        assert!(page.page(404).contains("There is no such job."));
    }
}

#[tokio::test]
async fn each_button_asks_for_its_verb_with_step_and_reason() {
    let world = World::new();
    let address = format!("/t/demo/jobs/{JOB}");
    for (form, asked) in [
        ("wish=retry&reason=", "retry "),
        ("wish=retry%3Aadd_token", "retry add_token"),
        ("wish=cancel", "cancel"),
        ("wish=pause&reason=look", "pause look"),
        ("wish=resume", "resume"),
        ("wish=skip%3Aadd_token&reason=by+hand", "skip add_token by hand"),
        ("wish=undone%3Aadd_token&reason=gone", "undone add_token gone"),
        ("wish=abandon&reason=lost", "abandon lost"),
    ] {
        let done = Ask::post(&address, form).operator().send(&world).await;
        assert_eq!((done.status.as_u16(), done.header("location")), (303, address.as_str()));
        let last = world.state.operated.lock().expect("operated").pop();
        assert_eq!(last.as_deref(), Some(asked));
    }
    for form in ["wish=delete", "wish=", "reason=x"] {
        let refused = Ask::post(&address, form).operator().send(&world).await;
        assert!(refused.status.is_client_error(), "{form}: {refused:?}");
    }
    let stranger = Ask::post(&address, "wish=cancel").member().send(&world).await;
    assert!(stranger.page(403).contains("may not"));
    let foreign = Ask::new("POST", &address).header("sec-fetch-site", "cross-site");
    assert_eq!(foreign.operator().send(&world).await.status, 403);
    assert!(world.state.operated.lock().expect("operated").is_empty());
}
