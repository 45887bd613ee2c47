//! A killed process forgets nothing that it acknowledged, and does nothing twice.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use sandbox::legacy::EffectKind;
use serde_json::json;

use crate::world::{REGISTER, call, calm_in, send};

const FOLDER: &str = "SANDBOX_KILL_FOLDER";
const KEY: &str = "Bearer legacy-sandbox-key";

/// Dies with the test, however that ends.
struct Victim(Child);

impl Victim {
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// The process that is killed: this test binary, running the ignored test below.
fn spawn(folder: &Path) -> (Victim, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::serves_until_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut urls = lines.filter_map(|line| Some(line.ok()?.split_once("url ")?.1.to_owned()));
    let url = urls.next().expect("the process tells its address");
    (Victim(child), url)
}

#[tokio::test]
#[ignore = "the process that another test kills"]
async fn serves_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let sandbox = calm_in(Path::new(&folder)).await;
    println!("\nurl {}", sandbox.legacy.url());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn what_was_acknowledged_before_a_kill_has_exactly_one_effect_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..5 {
        let (mut child, url) = spawn(folder.path());
        for number in 0..20 + 7 * round {
            let id = format!("s{round}-{number}");
            let answer = send(&url, REGISTER, KEY, json!({"ssId": id}).to_string()).await;
            assert_eq!(answer.unwrap().status, 200);
            acknowledged.push(id);
        }
        // These are on their way when the kill falls.
        let body = json!({"ssId": format!("late{round}")}).to_string();
        let late = tokio::spawn(async move { send(&url, REGISTER, KEY, body).await.is_ok() });
        tokio::task::yield_now().await;
        child.kill();
        if late.await.unwrap() {
            acknowledged.push(format!("late{round}"));
        }
    }
    let sandbox = calm_in(folder.path()).await;
    for id in &acknowledged {
        call(&sandbox, REGISTER, json!({"ssId": id})).await.unwrap();
    }
    let mut effects = HashMap::new();
    for effect in sandbox.legacy.effects() {
        assert!(matches!(effect.kind, EffectKind::Registered { .. }));
        *effects.entry(effect.spreadsheet_id.clone()).or_insert(0) += 1;
    }
    for id in acknowledged {
        assert_eq!(effects[&id], 1, "{id}");
    }
}
