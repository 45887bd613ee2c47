//! The keys that seal secrets, as an operator meets them: a platform with other keys than its database's does not
//! start, and `usher vault` shows and rotates them.

use std::{ffi::OsString, process::Stdio, time::Duration};

use boot::{ConfigError, Host};
use kernel::{Clock, TenantId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use testkit::{Database, MASTER_KEY, Stream};
use tokio::process::Command;
use usher::{
    cli::{self, Cli, run},
    platform::{Ground, Part, Settings, start},
};
use uuid::Uuid;
use vault::{Keyring, MasterKey, Vault};

const SERVICE: &str = "provisioning";

/// A migrated database with a client's token, sealed under the key of all tests.
struct World {
    database: Database,
    stream: Stream,
    tenant: TenantId,
    client: Uuid,
}

fn vault(text: &str) -> Vault {
    let current = MasterKey::parse(&text.into()).expect("a key");
    Vault::new(Keyring { current, older: Vec::new() })
}

fn drawn() -> String {
    MasterKey::draw().expect("randomness").expose_secret().to_owned()
}

impl World {
    async fn new() -> Self {
        let world = Self {
            database: Database::new().await,
            stream: Stream::new().await,
            tenant: testkit::tenant(),
            client: Uuid::now_v7(),
        };
        let db = world.database.db(SERVICE);
        let mut tx = db.tenant(world.tenant, "seed_client").await.expect("opens");
        let token = SecretString::from("canary-token");
        let vault = vault(MASTER_KEY);
        let sealed = vault.seal(&mut tx, "wb_token", world.client, &token).await.expect("seals");
        sqlx::query(
            "insert into clients (client_id, email, name, role, spreadsheet_id, wb_token, wb_token_hint,
                                  stage, created_at, updated_at)
             values ($1, 'a@example.test', 'A', 'client', 'sheet-1', $2, '***', 'invited', now(), now())",
        )
        .bind(world.client)
        .bind(sealed)
        .execute(&mut *tx)
        .await
        .expect("inserts");
        tx.commit().await.expect("commits");
        world
    }

    fn cli(&self, verb: &[&str], more: &[&str]) -> Cli {
        boot::config::parse(self.line(verb, more).iter().map(OsString::from))
            .expect("a command line")
    }

    fn line(&self, verb: &[&str], more: &[&str]) -> Vec<String> {
        let (url, nats) = (self.database.url(), self.stream.url());
        let mut ground: Vec<[&str; 2]> = vec![
            ["--database-url", &url],
            ["--nats-url", nats],
            ["--stream", &self.stream.place().name],
            ["--listen", "127.0.0.1:0"],
            ["--database-connections", "4"],
        ];
        if !more.contains(&"--login-key") {
            // Roles belong to the whole server, so their passwords stay those of all tests.
            ground.push(["--login-key", MASTER_KEY]);
        }
        let words = ["usher"].iter().chain(verb).chain(ground.iter().flatten()).chain(more);
        words.map(|word| (*word).to_owned()).collect()
    }

    async fn start(&self, more: &[&str]) -> anyhow::Result<()> {
        // Nobody is onboarded, so nobody answers there.
        let backend = ["--legacy-url", "http://127.0.0.1:9", "--legacy-api-key", "none"];
        let more = [&backend as &[_], more].concat();
        let cli::Command::Run(run) = self.cli(&["run"], &more).command else {
            panic!("it is `run`")
        };
        let settings: Settings = run.settings;
        let (parts, clock) = (vec![Part::Tenant, Part::Provisioning], Clock::system());
        let host = Host::new();
        let ground = Ground { settings, parts, clock, pages: axum::Router::new() };
        let started = start(ground, &host).await.map(drop);
        host.drain(Duration::from_secs(10)).await;
        started
    }

    /// What the client's token opens to.
    async fn token(&self, vault: &Vault) -> Result<String, vault::Error> {
        let db = self.database.db(SERVICE);
        let mut tx = db.tenant(self.tenant, "look_at_token").await.expect("opens");
        let sealed: vault::Sealed =
            sqlx::query_scalar("select wb_token from clients where client_id = $1")
                .bind(self.client)
                .fetch_one(&mut *tx)
                .await
                .expect("stands there");
        let cx = kernel::Cx::of_service(SERVICE, Some(self.tenant), &Clock::system());
        let opened = vault.open(&mut tx, &cx, "wb_token", self.client, &sealed).await?;
        // Only then is the opening journaled.
        tx.commit().await.expect("commits");
        Ok(opened.expose_secret().to_owned())
    }

    async fn status(&self, text: &str) -> vault::Status {
        vault(text).status(&self.database.db(SERVICE)).await.expect("counts")
    }
}

#[tokio::test]
async fn a_platform_with_another_master_key_than_its_databases_does_not_start_and_names_the_setting()
 {
    let world = World::new().await;
    let other = drawn();
    let refused = world.start(&["--master-key", &other]).await.expect_err("must not start");
    let told = format!("{refused:#}");
    let key = refused.downcast_ref::<ConfigError>().map(ConfigError::key);
    assert_eq!(key, Some("USHER_MASTER_KEY"), "{told}");
    for word in [SERVICE, "USHER_OLDER_MASTER_KEYS", &world.status(MASTER_KEY).await.masters[0].id]
    {
        assert!(told.contains(word), "{told}");
    }
    assert!(!told.contains(&other), "the key shows: {told}");

    world.start(&["--master-key", MASTER_KEY]).await.expect("the right key");
    world
        .start(&["--master-key", &other, "--older-master-keys", MASTER_KEY])
        .await
        .expect("the older key is at hand");
}

#[tokio::test]
async fn a_key_that_is_no_key_names_its_setting() {
    let world = World::new().await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "short").expect("writes");
    let path = file.path().to_str().expect("UTF-8");
    let (good, zeros) = (["--master-key", MASTER_KEY], "00".repeat(32));
    for (more, key) in [
        (vec!["--master-key", zeros.as_str()], "USHER_MASTER_KEY"),
        (vec!["--master-key-file", path], "USHER_MASTER_KEY_FILE"),
        ([&good as &[_], &["--older-master-keys", "canary"]].concat(), "USHER_OLDER_MASTER_KEYS"),
        (
            [&good as &[_], &["--older-master-key-files", path]].concat(),
            "USHER_OLDER_MASTER_KEY_FILES",
        ),
        ([&good as &[_], &["--login-key", "canary"]].concat(), "USHER_LOGIN_KEY"),
        ([&good as &[_], &["--kms-url", "ftp://x"]].concat(), "USHER_KMS_URL"),
        ([&good as &[_], &["--kms-url", "https://x"]].concat(), "USHER_KMS_TOKEN"),
        ([&good as &[_], &["--profile", "production"]].concat(), "USHER_MASTER_KEY"),
    ] {
        let refused = world.start(&more).await.expect_err(key);
        let named = refused.downcast_ref::<ConfigError>().map(ConfigError::key);
        assert_eq!(named, Some(key), "{refused:#}");
        assert!(!format!("{refused:#} {refused:?}").contains("canary"), "{refused:#}");
    }
}

#[tokio::test]
async fn the_command_line_rotates_the_master_key_and_a_tenants_key() {
    let (world, new) = (World::new().await, drawn());
    let keys = ["--master-key", &new, "--older-master-keys", MASTER_KEY];
    let ok = async |verb: &[&str], keys: &[&str]| {
        assert_eq!(run(world.cli(verb, keys)).await.expect("runs"), 0, "{verb:?}");
    };
    ok(&["vault", "status", "--json"], &keys).await;
    let lost = run(world.cli(&["vault", "rotate", "master"], &["--master-key", &new])).await;
    assert!(
        format!("{:#}", lost.expect_err("the older key is needed")).contains("USHER_MASTER_KEY")
    );

    assert_eq!(world.status(&new).await.stale, 1);
    ok(&["vault", "rotate", "master"], &keys).await;
    ok(&["vault", "rotate", "master"], &keys).await;
    let status = world.status(&new).await;
    assert_eq!((status.data_keys, status.stale, status.shredded), (1, 0, 0));
    assert_eq!(world.token(&vault(&new)).await.expect("opens"), "canary-token");

    let tenant = world.tenant.to_string();
    ok(&["vault", "rotate", "tenant", &tenant], &["--master-key", &new]).await;
    let status = world.status(&new).await;
    assert_eq!((status.data_keys, status.rotating, status.shredded), (1, 0, 1));
    assert_eq!(world.token(&vault(&new)).await.expect("opens"), "canary-token");
    let audited: i64 =
        sqlx::query_scalar("select count(*) from audit_events where action = 'data_key.rotate'")
            .fetch_one(&mut world.database.admin_of(SERVICE).await)
            .await
            .expect("counts");
    assert_eq!(audited, 1);
    world.start(&["--master-key", &new]).await.expect("the old key may be destroyed");
}

#[tokio::test]
async fn the_command_line_lists_who_opened_which_secret_page_by_page() {
    let world = World::new().await;
    for _ in 0..3 {
        world.token(&vault(MASTER_KEY)).await.expect("opens");
    }
    let reads = async |more: &[&str]| {
        let verb = [&["vault", "reads", "--json"], more].concat();
        let line = world.line(&verb, &["--master-key", MASTER_KEY]);
        let mut usher = Command::new(env!("CARGO_BIN_EXE_usher"));
        let ended = usher.args(&line[1..]).stdin(Stdio::null()).kill_on_drop(true).output().await;
        let ended = ended.expect("usher runs");
        let said = String::from_utf8(ended.stderr).expect("text");
        assert!(ended.status.success(), "{said}");
        let rows: Vec<Value> = serde_json::from_slice(&ended.stdout).expect("a list");
        (rows, said)
    };
    let (tenant, row) = (world.tenant.to_string(), world.client.to_string());
    let (first, said) = reads(&["--tenant", &tenant, "--page-size", "2"]).await;
    assert_eq!(first.len(), 2);
    for read in &first {
        assert_eq!((&read["tenantId"], &read["rowId"]), (&json!(tenant), &json!(row)));
        assert_eq!((&read["service"], &read["purpose"]), (&json!(SERVICE), &json!("wb_token")));
        assert_eq!(read["actor"], "service:provisioning");
        assert_eq!(read["why"], "look_at_token");
        assert!(read["at"].is_string() && read["requestId"].is_string(), "{read}");
    }
    let last = first[1]["id"].as_str().expect("an id");
    assert!(said.contains(&format!("--before {last}")), "{said}");
    let (rest, said) = reads(&["--before", last]).await;
    assert_eq!((rest.len(), said.contains("--before")), (1, false), "{said}");
    let stranger = testkit::tenant().to_string();
    assert!(reads(&["--tenant", &stranger]).await.0.is_empty());
}
