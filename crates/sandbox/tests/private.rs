//! The private servers as `usher dev` and the tests meet them: real programs, real kills.
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![allow(clippy::disallowed_methods, reason = "some of these tests have no runtime to block")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use sandbox::private::{Durability, Nats, Postgres, Servers};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// Set for a copy of this program that plays a parent to be killed.
const VICTIM_DIR: &str = "USHER_PRIVATE_VICTIM_DIR";
/// Set for a copy of this program that runs as an ordinary user.
const ORDINARY: &str = "USHER_PRIVATE_ORDINARY";

fn folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("usher-private-")
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .unwrap()
}

async fn postgres(dir: &Path) -> Postgres {
    Postgres::start_with(dir, Durability::Fast).await.unwrap()
}

async fn run(url: &str, statement: &'static str) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(statement).execute(&mut connection).await?;
    connection.close().await
}

async fn notes(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("select count(*) from note").fetch_one(&mut connection).await.unwrap()
}

async fn messages(url: &str) -> Option<u64> {
    let client = async_nats::connect(url).await.unwrap();
    let stream = async_nats::jetstream::new(client).get_stream("NOTES").await.ok()?;
    Some(stream.cached_info().state.messages)
}

async fn store_a_message(url: &str) {
    let context = async_nats::jetstream::new(async_nats::connect(url).await.unwrap());
    let config = async_nats::jetstream::stream::Config {
        name: "NOTES".into(),
        subjects: vec!["notes".into()],
        ..Default::default()
    };
    context.get_or_create_stream(config).await.unwrap();
    context.publish("notes", "kept".into()).await.unwrap().await.unwrap();
}

fn is_running(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    // A zombie has ended; it only waits for somebody to read its exit status.
    !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z')
}

/// Every process whose command line or working folder lies in `dir`.
fn processes_in(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let at_home = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(dir));
        if at_home && is_running(pid) {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(format!("{pid} {}", String::from_utf8_lossy(&line).replace('\0', " ")));
        }
    }
    found
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[tokio::test]
async fn postgres_keeps_its_rows_through_stop_restart_and_kill() {
    let dir = folder();
    let server = postgres(dir.path()).await;
    run(server.url(), "create table note ()").await.unwrap();
    run(server.url(), "insert into note default values").await.unwrap();
    server.restart().await.unwrap();
    run(server.url(), "insert into note default values").await.unwrap();
    server.kill().await.unwrap();
    assert!(run(server.url(), "select 1").await.is_err());
    server.resume().await.unwrap();
    run(server.url(), "insert into note default values").await.unwrap();
    let url = server.url().to_owned();
    server.stop().await.unwrap();
    assert_eq!(processes_in(dir.path()), Vec::<String>::new());

    let server = postgres(dir.path()).await;
    assert_eq!(server.url(), url);
    assert_eq!(notes(server.url()).await, 3);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn nats_keeps_its_port_and_streams_until_it_is_wiped() {
    let dir = folder();
    let server = Nats::start(dir.path()).await.unwrap();
    store_a_message(server.url()).await;
    server.restart().await.unwrap();
    assert_eq!(messages(server.url()).await, Some(1));
    server.kill().await.unwrap();
    assert!(async_nats::connect(server.url()).await.is_err());
    server.resume().await.unwrap();
    assert_eq!(messages(server.url()).await, Some(1));
    let url = server.url().to_owned();
    server.stop().await.unwrap();
    assert_eq!(processes_in(dir.path()), Vec::<String>::new());

    let server = Nats::start(dir.path()).await.unwrap();
    assert_eq!(server.url(), url);
    server.wipe_and_restart().await.unwrap();
    assert_eq!(messages(server.url()).await, None);
    store_a_message(server.url()).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_port_that_somebody_took_is_exchanged_for_a_free_one() {
    let dir = folder();
    let server = Nats::start(dir.path()).await.unwrap();
    let url = server.url().to_owned();
    server.stop().await.unwrap();
    let _squatter = std::net::TcpListener::bind(url.trim_start_matches("nats://")).unwrap();
    let server = Nats::start(dir.path()).await.unwrap();
    assert_ne!(server.url(), url);
    store_a_message(server.url()).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_is_started_in_place_of_a_named_server() {
    let dir = folder();
    let given =
        (Some("postgres://somewhere/else".to_owned()), Some("nats://somewhere:4222".to_owned()));
    let servers = Servers::find_or_start(given.0, given.1, dir.path()).await.unwrap();
    assert_eq!(servers.database_url(), "postgres://somewhere/else");
    assert_eq!(servers.nats_url(), "nats://somewhere:4222");
    assert!(servers.postgres().is_none() && servers.nats().is_none());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    servers.stop().await.unwrap();
}

#[tokio::test]
async fn a_folder_serves_one_owner_at_a_time() {
    let dir = folder();
    let first = postgres(dir.path()).await;
    let refused = Postgres::start_with(dir.path(), Durability::Fast).await.err().unwrap();
    assert!(refused.to_string().contains("in use"), "{refused}");
    first.stop().await.unwrap();
    postgres(dir.path()).await.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_that_was_half_made_is_made_anew() {
    let dir = folder();
    postgres(dir.path()).await.stop().await.unwrap();
    let place = dir.path().join("postgres");
    fs::rename(place.join("data"), place.join("data.new")).unwrap();
    fs::remove_file(place.join("data.new/PG_VERSION")).unwrap();
    let server = postgres(dir.path()).await;
    run(server.url(), "create table note ()").await.unwrap();
    server.stop().await.unwrap();
    assert!(!place.join("data.new").exists());
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_served_from_a_short_one() {
    let dir = folder();
    let long = dir.path().join("d".repeat(120)).join("with \"quotes\", and blanks");
    let server = postgres(&long).await;
    run(server.url(), "create table note ()").await.unwrap();
    let socket_folder = server.url().split_once("host=").unwrap().1.to_owned();
    assert!(socket_folder.starts_with("/tmp/usher-"), "{socket_folder}");
    server.stop().await.unwrap();
    let server = postgres(&long).await;
    assert_eq!(notes(server.url()).await, 0);
    server.stop().await.unwrap();
    fs::remove_dir_all(socket_folder).unwrap();
}

#[tokio::test]
async fn a_server_that_ends_by_itself_is_reported() {
    let dir = folder();
    let servers =
        Servers::find_or_start_with(None, None, dir.path(), Durability::Fast).await.unwrap();
    let pid = servers.nats().unwrap().pid().await.unwrap();
    nix::sys::signal::kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL).unwrap();
    let said = servers.failure().await;
    assert!(said.contains("nats"), "{said}");
    servers.stop().await.unwrap();
}

/// Not a test of its own: the parent that the next one kills.
#[tokio::test]
async fn victim() {
    let Some(dir) = std::env::var_os(VICTIM_DIR) else {
        return;
    };
    let servers =
        Servers::find_or_start_with(None, None, Path::new(&dir), Durability::Fast).await.unwrap();
    if run(servers.database_url(), "create table note ()").await.is_err() {
        // An earlier victim made it.
        notes(servers.database_url()).await;
    }
    run(servers.database_url(), "insert into note default values").await.unwrap();
    println!("up");
    servers.failure().await;
}

/// A victim that ignores SIGINT and SIGQUIT, as everything does that a script starts with `&`.
fn start_victim(dir: &Path) -> Child {
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"trap '' INT QUIT; exec "$0" "$@""#])
        .arg(std::env::current_exe().unwrap());
    command.args(["--exact", "victim", "--nocapture"]).env(VICTIM_DIR, dir);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

fn wait_for_up(victim: &mut Child) {
    let lines = BufReader::new(victim.stdout.as_mut().unwrap()).lines();
    assert!(
        lines.map_while(Result::ok).any(|line| line.contains("up")),
        "the victim did not come up"
    );
}

#[tokio::test]
async fn a_killed_parent_takes_its_servers_along_and_the_next_start_works_at_once() {
    let dir = folder();
    for _ in 0..3 {
        let mut victim = start_victim(dir.path());
        wait_for_up(&mut victim);
        assert!(processes_in(dir.path()).len() > 2);
        victim.kill().unwrap();
        victim.wait().unwrap();
    }
    let servers =
        Servers::find_or_start_with(None, None, dir.path(), Durability::Fast).await.unwrap();
    assert_eq!(notes(servers.database_url()).await, 3);
    servers.stop().await.unwrap();
    assert_eq!(processes_in(dir.path()), Vec::<String>::new());
}

#[test]
fn a_parent_killed_at_any_moment_of_its_start_leaves_nothing_running() {
    let dir = folder();
    for round in 0..12 {
        let mut victim = start_victim(dir.path());
        // The moment is the point here, from before initdb to after readiness.
        std::thread::sleep(Duration::from_millis(round * round * 12));
        victim.kill().unwrap();
        victim.wait().unwrap();
        wait_until("every process has gone", || processes_in(dir.path()).is_empty());
    }
    let mut victim = start_victim(dir.path());
    wait_for_up(&mut victim);
    victim.kill().unwrap();
    victim.wait().unwrap();
    wait_until("every process has gone", || processes_in(dir.path()).is_empty());
}

#[test]
fn a_parent_killed_before_its_server_handles_signals_leaves_nothing_running() {
    let dir = folder();
    let mut first = start_victim(dir.path());
    wait_for_up(&mut first);
    first.kill().unwrap();
    first.wait().unwrap();
    let is_server = |line: &String| line.contains("bin/postgres -D") && !line.contains("setpriv");
    for _ in 0..10 {
        wait_until("every process has gone", || processes_in(dir.path()).is_empty());
        let mut victim = start_victim(dir.path());
        wait_until("the server begins", || processes_in(dir.path()).iter().any(is_server));
        victim.kill().unwrap();
        victim.wait().unwrap();
    }
    wait_until("every process has gone", || processes_in(dir.path()).is_empty());
}

#[tokio::test]
async fn a_folder_closed_to_the_servers_account_is_left_for_one_that_is_open() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let closed = folder();
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let dir = closed.path().join("data");
    let server = postgres(&dir).await;
    run(server.url(), "create table note ()").await.unwrap();
    let elsewhere = fs::read_link(dir.join("postgres")).unwrap();
    assert!(elsewhere.starts_with("/var/lib/usher"));
    assert_eq!(fs::metadata(closed.path()).unwrap().permissions().mode() & 0o777, 0o700);
    server.stop().await.unwrap();
    let server = postgres(&dir).await;
    assert_eq!(notes(server.url()).await, 0);
    server.stop().await.unwrap();
    fs::remove_dir_all(elsewhere).unwrap();
}

/// Root plays an ordinary user by running a copy of this program as `nobody`; everybody else is one
/// already.
#[test]
fn an_ordinary_user_needs_no_privilege() {
    if !nix::unistd::geteuid().is_root() || std::env::var_os(ORDINARY).is_some() {
        return;
    }
    let dir = folder();
    let program = dir.path().join("private");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let temporary = dir.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o777)).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(&program)
        .current_dir(dir.path())
        .env("TMPDIR", &temporary)
        .env(ORDINARY, "yes")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
