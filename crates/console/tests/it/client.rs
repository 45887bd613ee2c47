//! One client.

use std::sync::atomic::Ordering;

use uuid::Uuid;

use crate::world::{Ask, World, client};

#[tokio::test]
async fn a_client_is_shown_with_each_step_and_its_tries() {
    let world = World::new();
    let anna = client("Anna", "token_added");
    let address = format!("/t/demo/clients/{}", anna.client_id);
    world.put([anna]);
    let page = Ask::get(&address).member().send(&world).await;
    for words in ["Verify mapping", "3 attempts", "Next attempt", "answered 429", "***x9aZ"] {
        assert!(page.page(200).contains(words), "{words} is missing in {}", page.text);
    }
    assert!(!page.text.contains("Try again"));
}

#[tokio::test]
async fn a_failed_onboarding_is_tried_again_by_those_who_may() {
    let world = World::new();
    let oleg = client("Oleg", "failed");
    let address = format!("/t/demo/clients/{}", oleg.client_id);
    world.put([oleg]);
    assert!(!Ask::get(&address).member().send(&world).await.page(200).contains("Try again"));
    assert!(Ask::get(&address).operator().send(&world).await.page(200).contains("Try again"));
    let retry = format!("{address}/retry");
    assert!(Ask::post(&retry, "").member().send(&world).await.page(403).contains("may not"));
    let tried = Ask::post(&retry, "").operator().send(&world).await;
    assert_eq!((tried.status.as_u16(), tried.header("location")), (303, address.as_str()));
    assert_eq!(world.state.retried.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_client_that_is_not_there_is_a_page_that_is_not_there() {
    let world = World::new();
    for id in [Uuid::now_v7().to_string(), "no-id".into()] {
        let page = Ask::get(&format!("/t/demo/clients/{id}")).member().send(&world).await;
        assert!(page.page(404).contains("There is no such client."));
    }
}
