//! A process from its command line to its exit code.

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use boot::Host;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{collector::Collector, life};

const LONG: Duration = Duration::from_secs(60);

fn command(flags: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", life::NAME, "--ignored", "--nocapture"])
        .env_clear()
        .env(life::FLAGS, flags)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn output(flags: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = timeout(LONG, command(flags, variables).output()).await.unwrap().unwrap();
    (output.status.code(), text(&output))
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat()
}

struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    said: Vec<String>,
}

impl Process {
    /// Starts the child on a free port and waits until it is ready.
    async fn start(flags: &str, variables: &[(&str, &str)]) -> Self {
        let mut child =
            command(&format!("--listen 127.0.0.1:0 {flags}"), variables).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut process = Self { child, lines, said: Vec::new() };
        while process.address().is_none() {
            let line = timeout(LONG, process.lines.next_line()).await.unwrap().unwrap();
            process.said.push(line.expect("the child gets ready before it ends"));
        }
        process
    }

    fn address(&self) -> Option<&str> {
        self.said.iter().find_map(|line| line.strip_prefix("ready "))
    }

    async fn get(&self) -> String {
        reqwest::get(self.address().unwrap()).await.unwrap().text().await.unwrap()
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        kill(Pid::from_raw(id), signal).unwrap();
    }

    async fn end(self) -> (Option<i32>, String) {
        let output = timeout(LONG, self.child.wait_with_output()).await.unwrap().unwrap();
        (output.status.code(), text(&output))
    }
}

#[tokio::test]
async fn a_bad_variable_stops_the_start_and_is_named() {
    let (code, said) = output("", &[("USHER_LISTEN", "nowhere")]).await;
    assert_eq!(code, Some(2));
    assert!(said.contains("environment variable USHER_LISTEN"), "{said}");
}

#[tokio::test]
async fn production_without_a_master_key_does_not_start() {
    let (code, said) = output("--profile production", &[]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("USHER_MASTER_KEY is not set"), "{said}");
}

#[tokio::test]
async fn help_shows_every_variable_and_no_secret() {
    let variables = [
        ("USHER_DATABASE_URL", "postgres://u:canary@h/d"),
        ("NATS_URL", "nats://canary@h"),
        ("USHER_MASTER_KEY", "canary"),
        ("USHER_DRAIN_SECONDS", "7"),
    ];
    let (code, said) = output("--help", &variables).await;
    assert_eq!(code, Some(0));
    assert!(
        said.contains("USHER_DATABASE_URL") && said.contains("USHER_DRAIN_SECONDS=7"),
        "{said}"
    );
    assert!(said.contains("Lives and ends"), "the options take the command's own words: {said}");
    assert!(!said.contains("canary"), "{said}");
}

#[tokio::test]
async fn a_variable_under_its_usual_name_is_read() {
    for (variables, expected) in [
        (vec![("DATABASE_URL", "postgres://h/d")], "database given"),
        (vec![("USHER_DATABASE_URL", "postgres://h/d")], "database given"),
        (vec![("USHER_DATABASE_URL", ""), ("USHER_GRPC_LISTEN", "")], "database missing"),
    ] {
        let process = Process::start("", &variables).await;
        assert!(process.said.iter().any(|line| line == expected), "{:?}", process.said);
    }
}

#[tokio::test]
async fn a_signal_ends_the_process_well() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let process = Process::start("", &[]).await;
        process.signal(signal);
        let (code, said) = process.end().await;
        assert_eq!(code, Some(0), "{said}");
    }
}

#[tokio::test]
async fn a_stuck_task_ends_the_process_with_failure_at_the_deadline() {
    let process = Process::start("--task deaf --drain-seconds 0", &[]).await;
    process.signal(Signal::SIGTERM);
    let (code, said) = process.end().await;
    assert_eq!(code, Some(1));
    assert!(said.contains("did not end in time: the task"), "{said}");
}

#[tokio::test]
async fn a_second_signal_does_not_wait_for_the_deadline() {
    let process = Process::start("--task deaf --drain-seconds 600", &[]).await;
    process.signal(Signal::SIGTERM);
    // The first signal has arrived once the port is closed.
    while reqwest::get(process.address().unwrap()).await.is_ok() {
        tokio::task::yield_now().await;
    }
    process.signal(Signal::SIGINT);
    let (code, said) = process.end().await;
    assert_eq!(code, Some(1));
    assert!(said.contains("did not end in time: the task"), "{said}");
}

#[tokio::test]
async fn a_panicking_task_ends_the_process_with_failure() {
    let (code, said) = output("--listen 127.0.0.1:0 --task panic --log-format json", &[]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("task \"the task\" died: panicked: as told"), "{said}");
    assert!(said.contains("\"panic.message\":\"as told\""), "{said}");
}

#[tokio::test]
async fn traces_reach_the_collector_before_the_process_is_gone() {
    let host = Host::new();
    let (collector, address) = Collector::start(&host).await;
    let flags = format!("--otlp-endpoint http://{address} --log-format json");
    let process = Process::start(&flags, &[]).await;
    let trace = process.get().await;
    process.signal(Signal::SIGTERM);
    let (code, said) = process.end().await;
    assert_eq!(code, Some(0), "{said}");
    assert!(collector.has_seen("life.work"), "the span was not exported");
    let working = said.lines().find(|line| line.contains("working")).unwrap();
    assert!(working.contains("\"tenant.id\":\"t-1\""), "{working}");
    assert!(working.contains(&format!("\"trace_id\":\"{trace}\"")), "{working}");
}

#[tokio::test]
async fn spans_have_trace_ids_without_a_collector_and_with_quiet_logs() {
    let process = Process::start("--log-filter error", &[]).await;
    let trace = process.get().await;
    assert_eq!(trace.len(), 32);
    assert_ne!(trace, "0".repeat(32));
    process.signal(Signal::SIGTERM);
    let (_, said) = process.end().await;
    assert!(!said.contains("working"), "{said}");
}

#[tokio::test]
async fn a_dead_collector_delays_the_end_by_seconds_at_most() {
    let process = Process::start("--otlp-endpoint http://127.0.0.1:9", &[]).await;
    process.get().await;
    process.signal(Signal::SIGTERM);
    assert_eq!(process.end().await.0, Some(0));
}

#[tokio::test]
async fn a_collector_behind_tls_is_accepted() {
    let process = Process::start("--otlp-endpoint https://127.0.0.1:9", &[]).await;
    process.get().await;
    process.signal(Signal::SIGTERM);
    let (code, said) = process.end().await;
    assert_eq!(code, Some(0));
    assert!(!said.contains("traces are not exported"), "{said}");
}
