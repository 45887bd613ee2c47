//! What the gateway itself costs: beside a bare handler and nginx, with and without limits, and for listeners at rest.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use axum::{Router, routing::get};
use futures::{StreamExt, TryStreamExt, stream};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::{Client, Method};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    time::Instant,
};
use usher::api::Running;

use crate::{
    child::Child,
    cpu,
    ground::Ground,
    load::load,
    pass::{Cost, costs},
    place::Place,
    report::{Bar, Figure},
};

const PASSES: usize = 5;
/// Requests of one pass.
const COUNT: usize = 10_000;
/// Requests before the first pass.
const WARM: usize = 500;
/// Listeners at rest.
const LISTENERS: usize = 5_000;
/// Listeners that are opened at once.
const OPENING: usize = 50;
/// What nobody reaches in a minute, so that limits are counted and hold up nothing.
const LOOSE: &str = "4000000";

pub(crate) const NOTES: [&str; 4] = [
    "4 requests at a time over kept connections; CPU is that of the serving process, in steps of 10 ms a pass.",
    "`gateway path`: an operator's change with an unknown field: connection, credential, tenant, limits, passport and the \
     reading of the body, and no call to a service but those whose answers are remembered for seconds.",
    "`bare handler`: axum that answers a word, in a process of its own; `nginx`: a static answer behind limit_req, if \
     /usr/sbin/nginx is there.",
    "Limits: the difference between the gateway path with every limit counted and with none, per request; a request is \
     counted for address, person, tenant and class.",
];

/// Measures until `deadline`, each figure at least once.
///
/// # Errors
/// The platform does not start or refuses a request.
pub(crate) async fn measure(ground: &Ground, deadline: Instant) -> Result<Vec<Figure>> {
    let place = ground.place("gateway").await?;
    let token = operator(&place).await?;
    let path = |child: &Child| Way::new(child, &token);
    let mut figures = Vec::new();
    let bare =
        Child::start(&std::env::current_exe()?, &["bare"], &[], &place.data.join("bare.log"))
            .await?;
    let handler =
        passes(ground, &bare, deadline, async |client| ask(client, &bare.url, 200).await).await?;
    bare.stop().await?;
    let free = place.usher(&["run"], &outside(&[])).await?;
    let without =
        passes(ground, &free, deadline, async |client| path(&free).send(client).await).await?;
    free.stop().await?;
    let counted = place.usher(&["run"], &outside(&limits())).await?;
    let with = passes(ground, &counted, deadline, async |client| path(&counted).send(client).await)
        .await?;
    let health = format!("{}/livez", counted.url);
    let alive =
        passes(ground, &counted, deadline, async |client| ask(client, &health, 200).await).await?;
    let each = listeners(&counted, &token).await?;
    counted.stop().await?;
    figures.extend(Cost::figures("gateway path", &with, Some(Bar::AtMost(0.12))));
    figures.extend(Cost::figures("health", &alive, None));
    figures.extend(Cost::figures("bare handler", &handler, None));
    let own = with.iter().zip(&handler).map(|(with, bare)| with.cpu() - bare.cpu()).collect();
    figures.push(
        Figure::new("gateway path − bare handler", "CPU·ms", own).with_bar(Bar::AtMost(0.06)),
    );
    let limiter =
        with.iter().zip(&without).map(|(with, free)| (with.cpu() - free.cpu()) * 1e6).collect();
    figures
        .push(Figure::new("all limits of a request", "ns", limiter).with_bar(Bar::AtMost(2_000.0)));
    let all = vec![each * LISTENERS as f64 / 1024.0];
    figures.push(Figure::new("5,000 listeners at rest", "MiB", all).with_bar(Bar::AtMost(100.0)));
    if let Some(nginx) = Nginx::start(&place.data).await? {
        let (work, id) = (async |client: &Client| ask(client, &nginx.url, 200).await, nginx.id);
        figures.push(nginx_cpu(id, work).await?);
        nginx.stop()?;
    }
    Ok(figures)
}

/// A handler with nothing around it, until the process is asked to end.
///
/// # Errors
/// No port is free.
pub(crate) async fn bare() -> Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("ready http://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/", get(async || "ok"))).await?;
    Ok(())
}

/// Makes the sample tenant, and a token of its operator.
async fn operator(place: &Place) -> Result<String> {
    let data = place.data.to_str().context("a path in UTF-8")?;
    let child = place.usher(&["dev", "--data", data, "--port", "0"], &[]).await?;
    let token = Running::read(&place.data)?.token.context("`usher dev` leaves a token")?;
    child.stop().await?;
    Ok(token)
}

/// The outside systems are not asked for anything here.
fn outside(more: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let nobody = [
        ("USHER_SMTP_URL", "smtp://127.0.0.1:9".to_owned()),
        ("USHER_LEGACY_URL", "http://127.0.0.1:9".to_owned()),
        ("USHER_LEGACY_API_KEY", "nobody-asks".to_owned()),
        ("USHER_STREAMS_PER_CALLER", "0".to_owned()),
    ];
    nobody.into_iter().chain(more.iter().cloned()).collect()
}

fn limits() -> Vec<(&'static str, String)> {
    ["USHER_LIMIT_WRITE", "USHER_LIMIT_INVITE", "USHER_LIMIT_READ"]
        .map(|limit| (limit, LOOSE.to_owned()))
        .to_vec()
}

async fn passes(
    ground: &Ground,
    child: &Child,
    deadline: Instant,
    request: impl AsyncFn(&Client) -> Result<()>,
) -> Result<Vec<Cost>> {
    let client = Client::builder().no_proxy().build()?;
    let send = async |count| load(count, async |_| request(&client).await).await;
    send(WARM).await?;
    let mut passes = Vec::new();
    for _ in 0..PASSES {
        if passes.is_empty() || Instant::now() < deadline {
            let work = async || Ok(send(COUNT).await?.latencies);
            passes.push(costs(ground.postmaster(), child, COUNT, work).await?);
        }
    }
    Ok(passes)
}

async fn ask(client: &Client, url: &str, status: u16) -> Result<()> {
    let answer = client.get(url).send().await?;
    ensure!(answer.status() == status, "{url} answers {}", answer.status());
    answer.bytes().await?;
    Ok(())
}

/// A request that goes the gateway's whole way and is refused for its body at the end of it.
struct Way {
    url: String,
    token: String,
}

impl Way {
    fn new(child: &Child, token: &str) -> Self {
        Self { url: format!("{}/v1/invites", child.url), token: token.to_owned() }
    }

    async fn send(&self, client: &Client) -> Result<()> {
        let request = client.request(Method::POST, &self.url).bearer_auth(&self.token);
        let request =
            request.header("x-tenant-id", "demo").header("content-type", "application/json");
        let answer = request.body("{\"unknown\":1}").send().await?;
        ensure!(answer.status() == 400, "the gateway answers {}", answer.status());
        answer.bytes().await?;
        Ok(())
    }
}

/// How many KiB the process grows by for each listener at rest.
async fn listeners(child: &Child, token: &str) -> Result<f64> {
    let address = child.url.strip_prefix("http://").context("an address without TLS")?.to_owned();
    let before = cpu::resident(child.id()?)?;
    let open = |_| async {
        let mut stream = TcpStream::connect(&address).await?;
        let request = format!(
            "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nX-Tenant-ID: demo\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await?;
        ensure!(&head == b"HTTP/1.1 200", "a listener is refused");
        anyhow::Ok(stream)
    };
    let all: Vec<_> =
        stream::iter(0..LISTENERS).map(open).buffer_unordered(OPENING).try_collect().await?;
    let grown = cpu::resident(child.id()?)? - before;
    drop(all);
    Ok(grown * 1024.0 / LISTENERS as f64)
}

/// nginx as a platform team would put it there, as far as it can be compared.
struct Nginx {
    id: u32,
    url: String,
    _process: tokio::process::Child,
}

impl Nginx {
    /// Starts it, if it is installed.
    async fn start(folder: &Path) -> Result<Option<Self>> {
        let program = Path::new("/usr/sbin/nginx");
        if !program.exists() {
            eprintln!("nginx is not installed, so it is not measured");
            return Ok(None);
        }
        let port = testkit::free_ports(1)[0];
        let conf = folder.join("nginx.conf");
        let zone = "limit_req_zone $binary_remote_addr zone=all:10m rate=100000r/s;";
        let place = "location / { limit_req zone=all burst=100000 nodelay; return 200 'ok'; }";
        let server =
            format!("server {{ listen 127.0.0.1:{port}; keepalive_requests 1000000; {place} }}");
        let text = format!(
            "daemon off; worker_processes 1; pid {0}/nginx.pid; error_log {0}/nginx.log; events {{}} \
             http {{ access_log off; {zone} {server} }}",
            folder.display()
        );
        fs::write(&conf, text)?;
        let process = Command::new(program).arg("-c").arg(&conf).kill_on_drop(true).spawn()?;
        let id = process.id().context("nginx has ended by itself")?;
        let url = format!("http://127.0.0.1:{port}/");
        let until = Instant::now() + std::time::Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            ensure!(Instant::now() < until, "nginx does not answer");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok(Some(Self { id, url, _process: process }))
    }

    fn stop(&self) -> Result<()> {
        Ok(kill(Pid::from_raw(self.id.cast_signed()), Signal::SIGTERM)?)
    }
}

async fn nginx_cpu(id: u32, request: impl AsyncFn(&Client) -> Result<()>) -> Result<Figure> {
    let client = Client::builder().no_proxy().build()?;
    let mut each = Vec::new();
    for _ in 0..PASSES {
        let before = cpu::of_tree(id)?;
        load(COUNT, async |_| request(&client).await).await?;
        each.push((cpu::of_tree(id)? - before).total() / COUNT as f64);
    }
    Ok(Figure::new("nginx: CPU", "CPU·ms", each))
}
