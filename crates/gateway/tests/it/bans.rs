//! Networks that are not served, at the door.

use serde_json::json;
use testkit::eventually;
use wire::auth::v1::BannedNetwork;

use crate::world::{Ask, World, refused};

fn ban(world: &World, network: &str) {
    let banned = BannedNetwork { network: network.into(), expires_at: None, automatic: true };
    *world.state.banned.lock().expect("bans") = Some(vec![banned]);
}

async fn serves(world: &World, peer: [u8; 4]) -> bool {
    Ask::get("/openapi.json").from(peer).send(world).await.status == 200
}

#[tokio::test]
async fn a_banned_network_is_refused_everywhere_until_the_ban_is_lifted() {
    let world = World::new();
    assert!(serves(&world, [198, 51, 100, 7]).await, "nothing is known yet");
    ban(&world, "198.51.100.0/24");
    eventually("the ban takes hold", async || !serves(&world, [198, 51, 100, 7]).await).await;
    let sign_in = Ask::post("/v1/sessions", &json!({"email": "a@b.example", "password": "x"}));
    let answer = sign_in.from([198, 51, 100, 7]).send(&world).await;
    assert_eq!(answer.refusal(), refused(403, "source_banned"));
    let page = Ask::get("/").from([198, 51, 100, 7]).send(&world).await;
    assert_eq!(page.refusal(), refused(403, "source_banned"));
    assert!(serves(&world, [203, 0, 113, 7]).await, "nobody else is shut out");
    // What a stranger says of where they come from is hearsay.
    let spoofed = Ask::get("/openapi.json").header("x-forwarded-for", "198.51.100.7");
    assert_eq!(spoofed.send(&world).await.status, 200);
    // While nobody tells, what was told holds.
    *world.state.banned.lock().expect("bans") = None;
    assert!(!serves(&world, [198, 51, 100, 7]).await);
    *world.state.banned.lock().expect("bans") = Some(Vec::new());
    eventually("the ban ends", async || serves(&world, [198, 51, 100, 7]).await).await;
}
