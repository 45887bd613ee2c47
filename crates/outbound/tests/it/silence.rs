//! What is said of a call: who, where to and how it went, never what was in it.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use outbound::{
    Call, Method,
    header::{AUTHORIZATION, HeaderValue},
};
use tracing::{Dispatch, subscriber::NoSubscriber};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use crate::world::{FINE, Server, clock, limits, say, trusting};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("whole").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn neither_log_nor_fault_nor_debug_shows_path_header_or_body() {
    let log = Log::default();
    // With one subscriber only, a test beside this one could switch spans off that it meets first.
    let _second = Dispatch::new(NoSubscriber::new());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::new(|stream| Box::pin(say(stream, FINE))).await;
    let outbound = trusting(&server, limits(), &clock());
    let mut key = HeaderValue::from_static("canary-key");
    key.set_sensitive(true);
    let call = |url| {
        let call = Call::new("test", "look", Method::POST, url).header(AUTHORIZATION, key.clone());
        call.json(&"canary-body").expect("JSON")
    };
    let mut shown = format!("{:?} {outbound:?}", call(server.url()));
    let answer = outbound.send(call(server.url())).await.expect("answers");
    shown += &format!("{answer:?}");
    let broken = Server::new(|stream| Box::pin(say(stream, ""))).await;
    let outbound = trusting(&broken, limits(), &clock());
    let fault = outbound.send(call(broken.url())).await.expect_err("broken");
    shown += &format!("{fault:?} {fault}");
    let mut secret = server.url();
    secret.set_username("canary-user").expect("can have one");
    let fault = outbound.send(call(secret)).await.expect_err("refused");
    shown += &format!("{fault:?} {fault}");
    shown += &String::from_utf8_lossy(&log.0.lock().expect("whole"));
    assert!(shown.contains("outbound.call"), "the log is at work: {shown}");
    assert!(!shown.contains("canary"), "{shown}");
}
