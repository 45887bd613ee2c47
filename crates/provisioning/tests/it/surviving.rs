//! Every fault at every step of the service's workflows leaves client and backend agreed.

use kernel::JobId;
use testkit::{Case, Sweep, Way};

use crate::{
    provision_workspace::{of_member, provision},
    revoke_client::revoke,
    world::{World, request},
};

/// A client that is about to go through the workflow.
struct Subject {
    case: Case,
    client_id: String,
    spreadsheet_id: String,
}

#[tokio::test]
async fn every_fault_at_every_step_of_every_workflow_is_survived() {
    let world = World::without_workers().await;
    for workflow in world.app.workflows() {
        let name = workflow.name();
        let sweep = Sweep::of(&world.app.db, &world.app.clock, workflow);
        let mut subjects = Vec::new();
        for case in sweep.cases() {
            subjects.push(begun(&world, name, case).await);
        }
        let mut runs = Vec::new();
        for subject in &subjects {
            let job = job_of(&world, name, &subject.client_id).await;
            runs.push((subject.case.clone(), world.tenant, job));
        }
        sweep.drive(&runs).await;
        for subject in &subjects {
            judge(&world, name, subject).await;
        }
    }
    world.end().await;
}

/// A client whose run of the workflow waits for a worker.
async fn begun(world: &World, workflow: &str, case: Case) -> Subject {
    let word = format!("{workflow}-{case}").to_lowercase();
    let client = match workflow {
        "provision_client" => world.begin(request(&word)).await,
        "register_workspace" => {
            let member = world.users.admit(&format!("{word}@example.com"), "active");
            let mut wish = of_member(&member);
            wish.spreadsheet_id = format!("sheet_{word}");
            let status = provision(world, wish).await.expect("provisions");
            status.client.expect("a client")
        }
        "withdraw_client" => {
            let client = world.onboard(request(&word)).await.expect("onboards");
            revoke(world, &client.client_id).await.expect("revokes")
        }
        other => panic!("say how a run of {other} begins"),
    };
    Subject { case, client_id: client.client_id, spreadsheet_id: client.spreadsheet_id }
}

async fn judge(world: &World, workflow: &str, subject: &Subject) {
    let case = &subject.case;
    let (done, effects): (_, &[&str]) = match workflow {
        "provision_client" => ("active", &["Registered", "TokenStored"]),
        "register_workspace" => ("workspace_registered", &["Registered"]),
        _ => ("revoked", &[]),
    };
    let stage = match case.way {
        Way::Doing => done,
        // What is taken back without success stays revoked: a person sees to the rest.
        Way::Undoing if workflow == "withdraw_client" => done,
        Way::Undoing => "failed",
    };
    let status = world.status(&subject.client_id).await.expect("a client");
    assert_eq!(status.client.expect("a client").stage, stage, "{workflow} {case}");
    assert_eq!(world.effects(&subject.spreadsheet_id), effects, "{workflow} {case}");
    if workflow == "provision_client" && case.way == Way::Doing {
        let told = world.told("provisioning.client.advanced", &subject.client_id).await;
        assert_eq!(told.len(), 5, "{case}");
    }
}

/// The run that began.
async fn job_of(world: &World, workflow: &str, client_id: &str) -> JobId {
    let found = testkit::found("the client's job", async || {
        let mut tx = world.app.db.tenant(world.tenant, "show_job").await.expect("a transaction");
        let found = jobs::by_key(&mut tx, workflow, client_id).await.expect("an answer");
        tx.commit().await.expect("commits");
        found
    });
    found.await.id
}
