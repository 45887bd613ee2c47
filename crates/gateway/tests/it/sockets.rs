//! The gateway behind a real listener, over HTTP/1.1 and HTTP/2.

use std::{net::SocketAddr, time::Duration};

use boot::{Door, Listener, listen};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::world::{ACME, World};

/// How long connections get to end.
const PATIENCE: Duration = Duration::from_secs(60);

struct Open {
    world: World,
    base: String,
}

async fn open() -> Open {
    let world = World::new();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = Listener::bind(Door::Public, any).await.expect("a free port");
    let base = format!("http://127.0.0.1:{}", listener.address().port());
    listen::serve(listener, world.router.clone(), &world.host);
    Open { world, base }
}

#[tokio::test]
async fn both_versions_of_http_name_the_tenant_by_host_and_by_path() {
    let open = open().await;
    let clients = [
        reqwest::Client::builder().http1_only(),
        reqwest::Client::builder().http2_prior_knowledge(),
    ];
    for client in clients {
        let port = open.base.rsplit(':').next().expect("port");
        let address = SocketAddr::from(([127, 0, 0, 1], port.parse().expect("number")));
        let client = client.resolve("acme.localhost", address).no_proxy().build().expect("client");
        for base in [format!("http://acme.localhost:{port}"), format!("{}/t/acme", open.base)] {
            let call = client.post(format!("{base}/v1/invites")).bearer_auth("ann-token");
            let reply = call.json(&json!({"email": "b@x.io"})).send().await.expect("reply");
            assert_eq!(reply.status(), 200, "{base}");
            let invite: Value = reply.json().await.expect("json");
            assert_eq!(invite["email"], "b@x.io");
            let seen = open.world.last_seen();
            assert_eq!(seen.tenant.expect("tenant").to_string(), ACME);
            assert_eq!(seen.ip.as_deref(), Some("127.0.0.1"));
        }
    }
    assert_eq!(open.world.host.drain(PATIENCE).await.stuck, Vec::<String>::new());
}

#[tokio::test]
async fn an_open_stream_does_not_hold_up_the_drain() {
    let open = open().await;
    let client = reqwest::Client::builder().no_proxy().build().expect("client");
    let call = client.get(format!("{}/v1/stream", open.base)).bearer_auth("root-token");
    let mut stream = call.send().await.expect("reply").bytes_stream();
    assert!(stream.next().await.expect("an event").is_ok());
    let drained = open.world.host.drain(PATIENCE).await;
    assert_eq!(drained.stuck, Vec::<String>::new());
    while let Some(rest) = stream.next().await {
        rest.expect("the stream ends in order");
    }
}
