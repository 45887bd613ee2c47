//! A cord between the service and NATS that a test can cut.

use std::sync::{Arc, Mutex};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Forwards a port of its own to NATS.
pub(crate) struct Cord {
    pub(crate) port: u16,
    lines: Arc<Mutex<JoinSet<()>>>,
}

impl Cord {
    pub(crate) async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("is bound").port();
        let lines: Arc<Mutex<JoinSet<()>>> = Arc::default();
        let spun = lines.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let target = target.clone();
                spun.lock().expect("no test panics while spinning").spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(target).await {
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    }
                });
            }
        });
        Self { port, lines }
    }

    /// Drops every connection; new ones are made as before.
    pub(crate) fn cut(&self) {
        self.lines.lock().expect("no test panics while cutting").abort_all();
    }
}
