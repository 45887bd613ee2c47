//! JSON log lines: flat fields of all spans, one line each whatever is logged.

use std::sync::{Arc, Mutex};

use boot::telemetry::JsonLines;
use serde_json::Value;
use tracing_subscriber::{Registry, layer::SubscriberExt};

fn logged(work: impl FnOnce()) -> Vec<Value> {
    let sink = Arc::new(Mutex::new(Vec::new()));
    let writer = {
        let sink = sink.clone();
        move || Sink(sink.clone())
    };
    let subscriber = Registry::default().with(JsonLines::new(writer));
    tracing::subscriber::with_default(subscriber, work);
    let bytes = sink.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_line_carries_the_fields_of_all_its_spans() {
    let lines = logged(|| {
        let request = tracing::info_span!(
            "http.request",
            request.id = "r-1",
            tenant.id = tracing::field::Empty
        );
        let _request = request.enter();
        request.record("tenant.id", "t-1");
        let _op = tracing::info_span!("user.accept_invite", invite.id = %"i-1").entered();
        tracing::warn!(attempt = 2, "invite expired");
    });
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line["request.id"], "r-1");
    assert_eq!(line["tenant.id"], "t-1");
    assert_eq!(line["invite.id"], "i-1");
    assert_eq!(line["attempt"], 2);
    assert_eq!(line["message"], "invite expired");
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["span"], "user.accept_invite");
    assert!(line["time"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn text_from_outside_cannot_forge_a_line_or_an_escape() {
    let canary = "a\n{\"level\":\"ERROR\"}\r\u{1b}[31m";
    let lines = logged(|| tracing::info!(name = canary, "{canary}"));
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["name"], canary);
    assert_eq!(lines[0]["level"], "INFO");
}
