//! Every fault at every step of the service's workflows leaves an app told, or about to be, once its run is done.

use jobs::JobState;
use kernel::{Clock, JobId, TenantId};
use sandbox::logouts;
use serde_json::json;
use testkit::{Sweep, Way};
use wire::{auth::v1::EndSessionRequest, call};

use crate::{house::PASSWORD, oauth::Scene, oauth_logouts::scene_told_at};

#[tokio::test]
async fn every_fault_of_telling_an_app_is_survived() {
    let ear = logouts::start().await.expect("starts");
    let mut scene = scene_told_at(&ear.url()).await;
    // No worker but the one that is moved by hand.
    scene.house.host.kill();
    let app = scene.house.app.clone();
    for (at, _) in app.workflows().iter().enumerate() {
        let workflow = || app.workflows().swap_remove(at);
        let tells = workflow().name() == "tell_logout";
        let sweep = Sweep::of(&app.db, &Clock::system(), workflow());
        let mut runs = Vec::new();
        for case in sweep.cases() {
            let (tenant, run) = match tells {
                true => (scene.tenant, begin_telling(&scene).await),
                false => {
                    end_another(&mut scene).await;
                    (TenantId::PLATFORM, newest(&scene).await)
                }
            };
            runs.push((case, tenant, run));
        }
        let states: Vec<JobState> = sweep.drive(&runs).await.iter().map(|run| run.state).collect();
        let done = runs.iter().filter(|(case, ..)| case.way == Way::Doing).count();
        assert_eq!(states.iter().filter(|state| **state == JobState::Done).count(), done);
        let told = match tells {
            true => ear.tokens().len(),
            false => tellings(&scene).await,
        };
        assert!(told >= done, "each that is done was told, or is going to be");
    }
}

/// Ends another session of Ann, in which the app has tokens.
async fn end_another(scene: &mut Scene) {
    scene.session = scene.house.sign_in("ann@example.com", PASSWORD).await.expect("signs in");
    scene.grant(scene.redemption(&scene.code().await)).await.expect("grants");
    let request = call(&scene.house.of(&scene.session), EndSessionRequest {});
    scene.house.sessions().end_session(request).await.expect("ends");
}

/// Begins the word of Ann's session to the app in its tenant.
async fn begin_telling(scene: &Scene) -> JobId {
    let said = json!({"client": scene.name(), "user_id": scene.session.user_id, "session_id": scene.session.session_id});
    let key = testkit::user().to_string();
    let mut tx = scene.house.app.db.tenant(scene.tenant, "tell").await.expect("opens");
    let cx = testkit::cx(scene.tenant);
    let begun = jobs::start(&mut tx, &cx, "tell_logout", 1, &key, &said).await.expect("begins");
    tx.commit().await.expect("commits");
    begun.id()
}

/// How many words to apps have begun.
async fn tellings(scene: &Scene) -> usize {
    let begun = "select count(*)::text from job_keys where workflow = 'tell_logout'";
    scene.house.text(begun).await.parse().expect("a number")
}

/// The run that began last.
async fn newest(scene: &Scene) -> JobId {
    let id = scene
        .house
        .text("select id::text from jobs order by created_at desc, id desc limit 1")
        .await;
    JobId::parse(&id).expect("an id")
}
