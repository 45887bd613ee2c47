//! A platform of one process per part, each of which a test may kill.

use std::{
    collections::HashMap,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use boot::Host;
use kernel::Clock;
use sandbox::Sandbox;
use secrecy::ExposeSecret;
use tokio::process::{Child, Command};
use usher::platform::{Keys, Part};
use wire::{Mesh, Peers, identity::ServiceKey};

use super::{Actor, Tenant, door::Door, quiet, running::World, settings::settings};
use crate::{Database, MASTER_KEY, PATIENCE, Stream, free_ports, keeper, servers};

/// The operator's command line proves itself under this name.
const OPERATOR: &str = "usher";

/// A platform of real processes, one for each part, on a database and a stream of its own. Dropping it kills them.
pub struct Fleet {
    program: PathBuf,
    world: World,
    /// Of the keys and the log.
    folder: PathBuf,
    ports: HashMap<Part, SocketAddr>,
    running: Mutex<HashMap<Part, Child>>,
    door: Arc<Door>,
}

impl Fleet {
    /// Starts a process of `program` (the `usher` binary) for every part, with these stand-ins of the outside world;
    /// `folder` takes keys and logs. Returns when the gateway is ready.
    pub async fn start(program: &str, folder: &Path, outside: sandbox::Config) -> Self {
        boot::crypto::install();
        let servers = servers().await;
        let (database, stream) = (Database::new_on(servers).await, Stream::new_on(servers));
        let sandbox = keeper::run(sandbox::start(outside)).await.expect("a sandbox");
        let settings = settings(&database, &stream, Some(&sandbox));
        let patience = 3 * PATIENCE;
        let (parts, clock, sandbox) = (Part::ALL.to_vec(), Clock::system(), Some(sandbox));
        let world = World { settings, parts, clock, patience, sandbox, stream, database };
        Keys::write(folder).expect("the folder takes keys");
        let ports: HashMap<_, _> = Part::ALL.into_iter().zip(addresses()).collect();
        let door = Door::new(ports[&Part::Gateway], Some(operator(folder, &ports)));
        let (program, folder) = (program.into(), folder.to_owned());
        let fleet =
            Self { program, world, folder, ports, running: Mutex::default(), door: Arc::new(door) };
        for part in Part::ALL {
            fleet.begin(part);
        }
        let anybody = fleet.anonymous();
        crate::eventually("the gateway is ready", async || {
            let ready = anybody.request(reqwest::Method::GET, "/readyz").send().await;
            ready.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        fleet
    }

    /// Starts the process of a part that does not run.
    pub fn begin(&self, part: Part) {
        let child = self.command(part).spawn().expect("usher starts");
        self.running().insert(part, child);
    }

    /// Kills the process of a part (SIGKILL); returns when it has gone.
    pub async fn kill(&self, part: Part) {
        let child = self.running().remove(&part);
        if let Some(mut child) = child {
            child.kill().await.expect("can be killed");
        }
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.world.database
    }

    /// Its stream.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.world.stream
    }

    /// The stand-ins of the outside world.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        self.world.sandbox.as_ref().expect("it was given one")
    }

    /// Nobody in particular.
    #[must_use]
    pub fn anonymous(&self) -> Actor {
        Actor::anonymous(self.door.clone())
    }

    /// A new tenant, created by an operator over HTTP.
    pub async fn tenant(&self, name: &str) -> Tenant {
        let person = self.door.person("operator", None).await;
        Tenant::create(self.door.clone(), &Actor::new(self.door.clone(), person, None), name).await
    }

    /// Waits until every fact is told and heard and every job has ended; panics with what is left over.
    pub async fn settled(&self) {
        let left = quiet::settle(&self.world, &Host::new()).await;
        assert!(left.is_empty(), "the fleet does not come to rest: {left:?}\n{}", self.said());
    }

    /// The end of what its processes have logged.
    #[must_use]
    pub fn said(&self) -> String {
        let text = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(200).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<Part, Child>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn command(&self, part: Part) -> Command {
        let log = File::options().create(true).append(true).open(self.folder.join("log"));
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(&self.program).args(["run", part.name()]);
        // None of the settings of whoever runs the test.
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).to_string();
        let own = self.ports[&part].to_string();
        let (public, grpc) = if part == Part::Gateway { (&own, &free) } else { (&free, &own) };
        command.env("USHER_LISTEN", public).env("USHER_GRPC_LISTEN", grpc);
        command.env("USHER_ADMIN_LISTEN", &free).env("USHER_LOG_FILTER", "warn");
        command.env("USHER_KEYS_DIR", &self.folder).env("USHER_MASTER_KEY", MASTER_KEY);
        command.env("USHER_PEERS", peers(&self.ports)).envs(self.outside());
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        command.stderr(log.expect("the folder takes a log"));
        command
    }

    /// Where everything outside is, and the tempo of tests.
    fn outside(&self) -> Vec<(&'static str, String)> {
        let sandbox = self.sandbox();
        let mut outside = vec![
            ("USHER_DATABASE_URL", self.world.database.url()),
            ("USHER_DATABASE_CONNECTIONS", "4".into()),
            ("USHER_NATS_URL", self.world.stream.url().into()),
            ("USHER_STREAM", self.world.stream.place().name.clone()),
            ("USHER_SMTP_URL", format!("smtp://{}", sandbox.mail.smtp_addr())),
            ("USHER_LEGACY_URL", sandbox.legacy.url()),
            ("USHER_LEGACY_API_KEY", sandbox.legacy.api_key().expose_secret().into()),
            ("USHER_JOB_LEASE_SECONDS", "5".into()),
            ("USHER_PROVISIONING_BASE_MS", "20".into()),
            ("USHER_PROVISIONING_CAP_MS", "500".into()),
        ];
        let limits = [
            "USHER_LIMIT_LOGIN",
            "USHER_LIMIT_INVITE",
            "USHER_LIMIT_ACCEPT",
            "USHER_LIMIT_WRITE",
            "USHER_LIMIT_READ",
        ];
        outside.extend(limits.map(|limit| (limit, "0".into())));
        outside
    }
}

/// An address for each part, which stays its own while it is dead.
fn addresses() -> impl Iterator<Item = SocketAddr> {
    let ports = free_ports(Part::ALL.len()).into_iter();
    ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

fn peers(ports: &HashMap<Part, SocketAddr>) -> String {
    let peer = |(part, address): (&Part, &SocketAddr)| format!("{}=http://{address}", part.name());
    let services = ports.iter().filter(|(part, _)| **part != Part::Gateway);
    services.map(peer).collect::<Vec<_>>().join(",")
}

/// Calls in the operator's own name.
fn operator(folder: &Path, ports: &HashMap<Part, SocketAddr>) -> Mesh {
    let text = fs::read_to_string(folder.join(format!("{OPERATOR}.key"))).expect("was written");
    let key = STANDARD.decode(text.trim()).expect("base64");
    let key = ServiceKey::from_pkcs8(OPERATOR, &key).expect("a key");
    let peers = Peers::default();
    for (part, address) in ports {
        peers.there(part.name(), &format!("http://{address}")).expect("an address");
    }
    Mesh::new(key, peers)
}
