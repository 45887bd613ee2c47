//! A complete run leaves no secret behind: not in what it logs, stores, tells, measures or answers.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    process::Stdio,
};

use async_nats::jetstream::consumer::{AckPolicy, pull};
use futures::StreamExt;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use tempfile::TempDir;
use testkit::{Database, MASTER_KEY, Stream, found, servers};
use tokio::process::{Child, Command};

use crate::steps::{PASSWORD, unique, wb_token};

/// The clients that the binary itself brings in.
const SAMPLE: &str = include_str!("../../../../deploy/sample-clients.csv");

/// A secret, and what it is.
struct Canary {
    what: String,
    text: String,
}

/// A running `usher dev`, everything of it at the test's own places.
struct Dev {
    process: Child,
    folder: TempDir,
    database: Database,
    stream: Stream,
}

#[tokio::test]
async fn no_secret_of_a_complete_run_is_found_anywhere() {
    let dev = Dev::start().await;
    let running = dev.until_the_sample_is_active().await;
    let mut canaries = of_the_sample();
    canaries.push(canary("the master key", MASTER_KEY));
    canaries.push(canary("the operator's token", running["token"].as_str().expect("a token")));
    let (link, console) = dev.console_link();
    canaries.push(canary("the console's ticket", &console));

    let (own, answers) = live(&running, &console).await;
    canaries.extend(own);
    let metrics =
        get(&format!("{}/metrics", running["admin_url"].as_str().expect("an address"))).await;
    assert!(metrics.contains("usher_onboarding"), "the run has been measured");
    let folder = dev.folder.path().join("data/sandbox");
    let dev = dev.stop().await;
    canaries.extend(of_the_mails(&folder).await);
    canaries.extend(of_the_sandbox());
    for canary in &canaries {
        assert!(canary.text.len() >= 12, "{} is too short to be searched for", canary.what);
    }
    assert!(canaries.len() > 70, "only {} secrets", canaries.len());

    let mut places = BTreeMap::new();
    let (said, logged) = (dev.text("stdout"), dev.text("stderr"));
    assert!(logged.contains("TRACE") || logged.contains("\"TRACE\""), "the log is a whole one");
    places.insert("stdout".to_owned(), said);
    // Printed on purpose, for the person who has just started it.
    places.insert("stderr".to_owned(), logged.replacen(&link, "", 1));
    places.insert("/metrics".to_owned(), metrics);
    places.insert("answers to wrong requests".to_owned(), answers);
    places.insert("the NATS stream".to_owned(), told(&dev.stream).await);
    places.extend(stored(&dev.database).await);
    assert!(places.len() > 100, "only {} places", places.len());
    // What is no secret is found by the same search, or finding nothing would prove nothing.
    let address = SAMPLE.lines().nth(1).and_then(|row| row.split(',').next()).expect("a first row");
    for place in ["the NATS stream", "usher_user.users.email", "usher_provisioning.outbox.data"] {
        assert!(places[place].contains(address), "{place} does not hold {address}");
    }

    let mut found = Vec::new();
    for (place, text) in &places {
        for canary in canaries.iter().filter(|canary| text.contains(&canary.text)) {
            let at = text.find(&canary.text).unwrap_or_default();
            let start = text[..at].char_indices().rev().nth(160).map_or(0, |(start, _)| start);
            found.push(format!("{} in {place}, after: {}", canary.what, &text[start..at]));
        }
    }
    assert!(found.is_empty(), "{} finds:\n{}", found.len(), found.join("\n"));
}

impl Dev {
    /// Starts the binary on the test's own places, logging all that it can log.
    async fn start() -> Self {
        let (database, stream) = (Database::empty().await, Stream::new().await);
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| File::create(folder.path().join(name)).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("USHER_")) {
            command.env_remove(key);
        }
        let data = folder.path().join("data");
        let calm = folder.path().join("sandbox.json");
        fs::write(&calm, "{\"legacy\": {\"api_key\": \"canary-of-the-legacy-key\"}}")
            .expect("a file");
        command
            .args(["dev", "--port", "0", "--sample", "--data"])
            .arg(&data)
            .arg("--sandbox-config")
            .arg(&calm);
        command
            .env("DATABASE_URL", database.url())
            .env("NATS_URL", &servers().await.nats_url)
            .env("USHER_STREAM", &stream.place().name)
            .env("USHER_MASTER_KEY", MASTER_KEY)
            .env("USHER_DATABASE_CONNECTIONS", "4")
            .env("USHER_LOG_FILTER", "trace")
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"));
        let process = command.kill_on_drop(true).spawn().expect("usher starts");
        Self { process, folder, database, stream }
    }

    fn text(&self, name: &str) -> String {
        let bytes = fs::read(self.folder.path().join(name)).expect("a file");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits for the end of the sample's run; answers what the data folder tells about the platform.
    async fn until_the_sample_is_active(&self) -> Value {
        found("the sample is brought in", async || {
            self.text("stderr").contains("Usher stays up").then_some(())
        })
        .await;
        let said = self.text("stdout");
        assert!(said.contains("active") && !said.contains("failed"), "{said}");
        let running = fs::read(self.folder.path().join("data/platform.json")).expect("a file");
        serde_json::from_slice(&running).expect("JSON")
    }

    /// The line that tells the console's link, and the ticket in it.
    fn console_link(&self) -> (String, String) {
        let logged = self.text("stderr");
        let line = logged
            .lines()
            .find(|line| line.starts_with("console http"))
            .expect("the link is printed");
        (line.to_owned(), line.rsplit('/').next().expect("a ticket").to_owned())
    }

    /// Asks it to stop and waits for its good end.
    async fn stop(mut self) -> Self {
        let id = self.process.id().and_then(|id| i32::try_from(id).ok()).expect("it runs");
        kill(Pid::from_raw(id), Signal::SIGTERM).expect("it can be asked");
        let ended = self.process.wait().await.expect("it ends");
        assert!(ended.success(), "{ended}");
        self
    }
}

fn canary(what: &str, text: &str) -> Canary {
    Canary { what: what.into(), text: text.into() }
}

/// A marketplace token whole, and its signature, which alone would do.
fn of_token(what: &str, token: &str) -> Vec<Canary> {
    let signature = token.rsplit('.').next().unwrap_or_default();
    let mut all = vec![canary(&format!("the WB token of {what}"), token)];
    if signature.len() >= 12 {
        all.push(canary(&format!("the signature of the WB token of {what}"), signature));
    }
    all
}

fn of_the_sample() -> Vec<Canary> {
    let rows = SAMPLE.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
    let tokens = rows.filter(|row| row.len() > 4 && row[4].contains('.'));
    tokens.flat_map(|row| of_token(row[0], row[4])).collect()
}

fn of_the_sandbox() -> [Canary; 1] {
    [canary("the key of the legacy backend", "canary-of-the-legacy-key")]
}

/// The tokens of all links in the mail sink, where alone they may be.
async fn of_the_mails(folder: &Path) -> Vec<Canary> {
    let config = sandbox::Config { data_dir: Some(folder.to_owned()), ..sandbox::Config::calm() };
    let outside = sandbox::start(config).await.expect("the journals can be replayed");
    let mails = outside.mail.messages();
    let links = mails.iter().flat_map(|mail| mail.links.iter());
    let tokens = links.filter_map(|link| link.split_once("/invite/"));
    let all: Vec<_> = tokens.map(|(_, token)| canary("an invitation's token", token)).collect();
    assert!(all.len() > 20, "only {} links in {} mails", all.len(), mails.len());
    outside.stop().await;
    all
}

/// Uses the running platform as people do, rightly and wrongly, with secrets of our own; the secrets, and all that was
/// answered to wrong requests.
async fn live(running: &Value, console: &str) -> (Vec<Canary>, String) {
    let http = reqwest::Client::new();
    let url = running["url"].as_str().expect("an address");
    let token = running["token"].as_str().expect("a token");
    let post = async |path: &str, body: Value| {
        let request =
            http.post(format!("{url}{path}")).bearer_auth(token).header("x-tenant-id", "demo");
        let answer = request.json(&body).send().await.expect("answers");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    let mut canaries = of_token("a guest of the test", &wb_token("canary-seller"));
    let email = format!("{}@example.test", unique("guest"));
    let wish = json!({"email": email, "name": "Guest", "spreadsheetId": unique("sheet"), "wbToken": wb_token("canary-seller")});
    let (status, told) = post("/v1/onboarding/clients", wish.clone()).await;
    assert_eq!(status, 200, "{told}");
    let admin = running["admin_url"].as_str().expect("an address");
    let mails = get(&format!("{admin}/sandbox/mails?to={email}&format=json&wait_ms=20000")).await;
    let link = mails.split("/invite/").nth(1).expect("a link");
    let invitation = &link[..link.find(['"', '\\', ' ']).expect("an end")];
    canaries.push(canary("the password that an invitee chose", PASSWORD));
    // The console's pages hold tokens in their paths, which are logged like any other.
    get(&format!("{url}/signin/link/{console}")).await;
    get(&format!("{url}/invite/{invitation}")).await;

    let mut refused = String::new();
    let mut wrong = async |path: &str, body: Value| {
        let (status, told) = post(path, body).await;
        assert!(status >= 400, "{path}: {told}");
        refused.push_str(&told);
    };
    let accept = format!("/v1/invitations/{invitation}/accept");
    wrong(&accept, json!({"password": PASSWORD, "more": 1})).await;
    wrong(&accept, json!({"password": [PASSWORD]})).await;
    let (status, told) = post(&accept, json!({"password": PASSWORD})).await;
    assert_eq!(status, 200, "{told}");
    wrong(&accept, json!({"password": PASSWORD})).await;
    wrong("/v1/sessions", json!({"email": email, "password": format!("{PASSWORD} but wrong")}))
        .await;
    wrong("/v1/sessions", json!({"email": PASSWORD, "password": PASSWORD})).await;
    for token in
        [format!("{}.x", wb_token("canary-seller")), format!(" {} ?", wb_token("canary-seller"))]
    {
        let mut wish = wish.clone();
        wish["wbToken"] = token.into();
        wrong("/v1/onboarding/clients", wish).await;
    }
    let mut wish = wish;
    wish["wbToken"] = json!([wb_token("canary-seller")]);
    wrong("/v1/onboarding/clients", wish).await;

    let (status, session) =
        post("/v1/sessions", json!({"email": email, "password": PASSWORD})).await;
    assert_eq!(status, 200, "{session}");
    let session: Value = serde_json::from_str(&session).expect("JSON");
    canaries.push(canary("a session's token", session["token"].as_str().expect("a token")));
    found("the guest's workspace works", async || {
        let request = http
            .get(format!("{url}/v1/onboarding/clients?stage=active&pageSize=250"))
            .bearer_auth(token);
        let answer = request.header("x-tenant-id", "demo").send().await.expect("answers");
        answer.text().await.expect("text").contains(&email).then_some(())
    })
    .await;
    (canaries, refused)
}

async fn get(url: &str) -> String {
    reqwest::get(url).await.expect("answers").text().await.expect("text")
}

/// Every column of every table that can hold text, as one text each; bytes as their Latin-1 reading and as text.
async fn stored(database: &Database) -> BTreeMap<String, String> {
    let mut admin = database.admin().await;
    let asked = sqlx::query_as(
        "select c.table_schema::text, c.table_name::text, c.column_name::text, c.data_type::text
         from information_schema.columns c
         join information_schema.tables t using (table_schema, table_name)
         where c.table_schema like 'usher%' and t.table_type = 'BASE TABLE'
           and c.data_type in ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'name')",
    );
    let columns: Vec<(String, String, String, String)> =
        asked.fetch_all(&mut admin).await.expect("lists columns");
    let mut places = BTreeMap::new();
    for (schema, table, column, kind) in columns {
        let value = if kind == "bytea" {
            format!("encode({column}, 'escape')")
        } else {
            format!("{column}::text")
        };
        let question = format!("select {value} from {schema}.{table} where {column} is not null");
        places.insert(format!("{schema}.{table}.{column}"), all(&mut admin, question).await);
    }
    places
}

async fn all(admin: &mut PgConnection, question: String) -> String {
    let asked = sqlx::query_scalar::<_, String>(AssertSqlSafe(question));
    asked.fetch_all(admin).await.expect("reads").join("\n")
}

/// Every message of the stream, headers and all.
async fn told(stream: &Stream) -> String {
    let jetstream = stream.jetstream().await;
    let mut kept = jetstream.get_stream(&stream.place().name).await.expect("the stream stands");
    let count = kept.info().await.expect("it tells").state.messages;
    assert!(count > 100, "only {count} facts were told");
    let config = pull::Config { ack_policy: AckPolicy::None, ..pull::Config::default() };
    let reader = kept.create_consumer(config).await.expect("a reader");
    let mut messages = reader.messages().await.expect("reads");
    let mut text = String::new();
    for _ in 0..count {
        let message = messages.next().await.expect("as many as were counted").expect("a message");
        text.push_str(&format!("{} {:?}\n", message.subject, message.headers));
        text.push_str(&String::from_utf8_lossy(&message.payload));
        text.push('\n');
    }
    text
}
