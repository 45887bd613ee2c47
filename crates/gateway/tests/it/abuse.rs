//! Requests that mean harm, to a gateway in a process of its own: each is refused, health answers all the while, and the
//! memory of the process stays bounded.

mod corpus;
mod floods;

use std::{
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway::Config;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};

use crate::raw::{Open, Reply, first_answer};
use corpus::Fate;

/// The process that is asked for by [`Victim::start`].
const NAME: &str = "abuse::stands_alone_to_be_abused";
/// What waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(120);
/// How much the process may grow, in KiB.
const GROWTH: u64 = 100 * 1024;

#[tokio::test]
#[ignore = "a process for the test below, which starts it"]
async fn stands_alone_to_be_abused() {
    // The corpus comes from one address, and is not about limits.
    let lifted = Config {
        limit_login: 0,
        limit_accept: 0,
        limit_write: 0,
        limit_read: 0,
        ..Config::default()
    };
    let open = Open::new(Config { limit_invite: 0, ..lifted }).await;
    println!("listens {}", open.address);
    std::future::pending::<()>().await;
}

struct Victim {
    child: Child,
    address: SocketAddr,
}

impl Victim {
    async fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", NAME, "--ignored", "--nocapture"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a process");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        loop {
            let line = timeout(PATIENCE, lines.next_line()).await.expect("in time").expect("text");
            let line = line.expect("it listens before it ends");
            if let Some((_, address)) = line.split_once("listens ") {
                let address = address.trim().parse().expect("address");
                return Self { child, address };
            }
        }
    }

    /// A figure of the process, in KiB: `VmRSS` now, `VmHWM` at most.
    fn memory(&self, figure: &str) -> u64 {
        let id = self.child.id().expect("it lives");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it lives");
        let line = status.lines().find(|line| line.starts_with(figure)).expect("a figure");
        line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number")
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it takes connections")
    }

    /// Asks for health again and again, on a connection each, until told to stop.
    fn watch(&self) -> (Arc<AtomicBool>, JoinHandle<usize>) {
        let (stop, address) = (Arc::new(AtomicBool::new(false)), self.address);
        let stopped = stop.clone();
        let watch = tokio::spawn(async move {
            let mut answered = 0;
            while !stopped.load(Ordering::Relaxed) {
                let mut stream = TcpStream::connect(address).await.expect("it takes connections");
                stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
                assert_eq!(first_answer(&mut stream).await, Reply::Status(200, None));
                answered += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            answered
        });
        (stop, watch)
    }
}

/// Sends the bytes and reads to the end of the connection; for a connection that stays open, to the first answer.
async fn send(victim: &Victim, bytes: &[u8], to_the_end: bool) -> (Reply, usize) {
    let mut stream = victim.connect().await;
    let (mut reader, mut writer) = stream.split();
    // A server may refuse, and close, before it has read everything.
    let sending = async {
        let _ = writer.write_all(bytes).await;
    };
    let reading = async {
        let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            let read =
                timeout(PATIENCE, reader.read(&mut piece)).await.expect("an answer or an end");
            let n = read.unwrap_or(0);
            seen.extend_from_slice(&piece[..n]);
            if n == 0 || !to_the_end && crate::raw::whole(&seen).is_some() {
                return seen;
            }
        }
    };
    let seen = tokio::join!(sending, reading).1;
    let answers = seen.windows(9).filter(|nine| *nine == b"HTTP/1.1 ").count();
    (crate::raw::whole(&seen).unwrap_or(Reply::Closed), answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn harmful_requests_are_refused_while_health_answers_and_memory_stays_bounded() {
    let victim = Victim::start().await;
    for _ in 0..50 {
        send(&victim, b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", true).await;
    }
    let before = victim.memory("VmRSS");
    let (stop, health) = victim.watch();
    let cases = corpus::all();
    let raw = cases.len();
    assert!(raw >= 150, "the corpus has {raw} requests");
    let mut wrong = Vec::new();
    for case in cases {
        let (reply, answers) = send(&victim, &case.bytes, case.fate == Fate::Alone).await;
        let is_right = match case.fate {
            Fate::Refused => reply.is_refusal(),
            // The second request was hidden in the first one.
            Fate::Alone => answers <= 1 && !matches!(reply, Reply::Status(500.., _)),
        };
        if !is_right {
            wrong.push(format!("{}: {reply:?}, {answers} answers", case.name));
        }
    }
    assert!(wrong.is_empty(), "not refused: {wrong:#?}");
    floods::all(&victim).await;
    stop.store(true, Ordering::Relaxed);
    let answered = health.await.expect("health answered every time");
    assert!(answered > 0);
    let grown = victim.memory("VmHWM").saturating_sub(before);
    println!("{raw} requests; {answered} looks at health; {grown} KiB more memory at most");
    assert!(grown <= GROWTH, "the process grew by {grown} KiB");
}

/// Five hundred connections that send the beginning of a request and then nothing hold up nobody, and are ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_say_little_are_ended_and_hold_up_nobody() {
    let victim = Victim::start().await;
    let (stop, health) = victim.watch();
    let ended = Arc::new(AtomicUsize::new(0));
    let mut all = Vec::new();
    for n in 0..500 {
        let mut stream = victim.connect().await;
        let ended = ended.clone();
        all.push(tokio::spawn(async move {
            let begun: &[u8] = match n % 4 {
                0 => b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: ",
                1 => b"G",
                2 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
                _ => b"",
            };
            let _ = stream.write_all(begun).await;
            let read = timeout(PATIENCE, stream.read(&mut [0; 512])).await.expect("it is ended");
            // An answer that it took too long is an end too.
            let _ = read;
            ended.fetch_add(1, Ordering::Relaxed);
        }));
    }
    for one in all {
        one.await.expect("ended");
    }
    stop.store(true, Ordering::Relaxed);
    assert!(health.await.expect("health answered every time") > 0);
    assert_eq!(ended.load(Ordering::Relaxed), 500);
}
