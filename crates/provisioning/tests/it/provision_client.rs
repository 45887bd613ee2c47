//! The job, from an acceptance to an active client.

use provisioning::App;

use crate::world::{World, request};

#[tokio::test]
async fn a_client_comes_to_active_stage_by_stage() {
    let world = World::new().await;
    let client = world.begin(request("ann")).await;
    let status = world.until(&client.client_id, "active").await;
    assert_eq!(status.job_state, "done");
    let steps: Vec<_> = status.steps.iter().map(|s| (s.name.as_str(), s.state.as_str())).collect();
    let names = ["register_workspace", "add_token", "verify_token", "smoke_update"];
    assert_eq!(steps, names.map(|name| (name, "done")));
    let done = status.client.expect("a client");
    assert!(done.active_at.is_some() && done.reason.is_empty());
    assert_eq!(done.attempts, 4);
    assert_eq!(world.effects(&done.spreadsheet_id), ["Registered", "TokenStored"]);
    let told = world.told("provisioning.client.advanced", &client.client_id).await;
    let stages: Vec<_> = told.iter().map(|fact| fact["to"].as_str().expect("a stage")).collect();
    let path = ["email_confirmed", "workspace_registered", "token_added", "validated", "active"];
    assert_eq!(stages, path);
    let audited = world
        .count("select count(*) from audit_events where actor = 'service:provisioning' and action like 'client.become.%'")
        .await;
    assert_eq!(audited, 5);
    let opened = world.count("select count(*) from secret_reads").await;
    assert_eq!(opened, 4, "each step's reading of the token is journaled");
    world.end().await;
}

#[tokio::test]
async fn two_workers_make_no_duplicate() {
    let world = World::new().await;
    let second = App { db: world.database.of("provisioning"), ..world.app.clone() };
    world.host.spawn("second worker", async move |stop| {
        second.worker().run(stop).await;
        Ok(())
    });
    let mut clients = Vec::new();
    for number in 0..12 {
        clients.push(world.begin(request(&format!("c{number}"))).await);
    }
    for client in &clients {
        world.until(&client.client_id, "active").await;
        assert_eq!(world.effects(&client.spreadsheet_id), ["Registered", "TokenStored"]);
        assert_eq!(world.told("provisioning.client.advanced", &client.client_id).await.len(), 5);
    }
    assert_eq!(world.sandbox.legacy.calls().len(), 48);
    world.end().await;
}

#[tokio::test]
async fn no_token_is_told_logged_or_kept_in_the_clear() {
    let world = World::new().await;
    let client = world.begin(request("canary")).await;
    world.until(&client.client_id, "active").await;
    let token = request("canary").wb_token;
    let signature = token.rsplit('.').next().expect("a part");
    for table in ["jobs", "job_steps", "outbox", "audit_events", "clients", "secret_reads"] {
        let found = format!("select count(*) from {table} as t where t::text like '%{signature}%'");
        assert_eq!(world.count(&found).await, 0, "{table}");
    }
    assert!(!format!("{:?}", world.app).contains(world.sandbox_key()), "the key is not shown");
    world.end().await;
}
