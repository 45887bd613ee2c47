//! Gateways that are replaced one after the other while they are used.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use boot::{Door, Listener, listen};
use gateway::Config;

use crate::world::World;

/// How long requests in progress get.
const PATIENCE: Duration = Duration::from_secs(60);
/// Callers at once.
const CALLERS: usize = 16;

struct Running {
    world: World,
    address: SocketAddr,
}

impl Running {
    /// A gateway at this address, which may have been another's a moment ago.
    async fn at(address: SocketAddr) -> Self {
        let config = Config { limit_read: 0, ..Config::default() };
        let world = World::with(config, axum::Router::new());
        let listener = testkit::found("the port is free", async || {
            Listener::bind(Door::Public, address).await.ok()
        })
        .await;
        let address = listener.address();
        listen::serve(listener, world.router.clone(), &world.host);
        Self { world, address }
    }

    async fn replace(self) -> Self {
        let drained = self.world.host.drain(PATIENCE).await;
        assert_eq!(drained.stuck, Vec::<String>::new());
        Self::at(self.address).await
    }
}

/// Reads as a balancer's client does: what did not reach one gateway, or was not answered by it, is asked of the next.
async fn read(clients: &reqwest::Client, gateways: [SocketAddr; 2], first: usize) -> bool {
    for n in 0..4 {
        let address = gateways[(first + n) % 2];
        let call = clients.get(format!("http://{address}/t/acme/v1/me")).bearer_auth("ann-token");
        match call.send().await {
            Ok(answer) => return answer.status() == 200 && answer.bytes().await.is_ok(),
            Err(_) => continue,
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_under_load_fails_no_request_that_may_be_repeated() {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut running = [Some(Running::at(any).await), Some(Running::at(any).await)];
    let addresses = [0, 1].map(|n| running[n].as_ref().expect("running").address);
    let (stop, done, failed) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
    );
    let callers: Vec<_> = (0..CALLERS)
        .map(|n| {
            let (stop, done, failed) = (stop.clone(), done.clone(), failed.clone());
            let builder = reqwest::Client::builder().no_proxy();
            let builder =
                if n % 2 == 0 { builder.http1_only() } else { builder.http2_prior_knowledge() };
            let client = builder.build().expect("client");
            tokio::spawn(async move {
                let mut first = n;
                while !stop.load(Ordering::Relaxed) {
                    first += 1;
                    match read(&client, addresses, first).await {
                        true => done.fetch_add(1, Ordering::Relaxed),
                        false => failed.fetch_add(1, Ordering::Relaxed),
                    };
                }
            })
        })
        .collect();
    let served = async |more: usize| {
        let before = done.load(Ordering::Relaxed);
        testkit::eventually("requests are served", async || {
            done.load(Ordering::Relaxed) >= before + more
        })
        .await;
    };
    served(500).await;
    for round in 0..6 {
        let one = running[round % 2].take().expect("running");
        running[round % 2] = Some(one.replace().await);
        served(200).await;
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("a caller ends in order");
    }
    let (done, failed) = (done.load(Ordering::Relaxed), failed.load(Ordering::Relaxed));
    assert_eq!(failed, 0, "of {}", done + failed);
}
