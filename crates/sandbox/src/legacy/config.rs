//! How the legacy backend is set up.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::fault::{Mix, Script, Storm};
use crate::chance::Latency;

/// The legacy backend's configuration; the default is mild trouble, [`Config::calm`] is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The loopback port; 0 takes that of the last run, else any free one.
    pub port: u16,
    /// The key that opens everything, as `X-Api-Key` or as a bearer token.
    pub api_key: SecretString,
    /// Further bearer tokens, each with a role.
    pub bearers: Vec<Bearer>,
    /// Further keys, in either header, each for some classes of operations.
    pub keys: Vec<Key>,
    /// How long every authorised call takes before it is looked at.
    pub latency: Latency,
    /// Random faults.
    pub mix: Mix,
    /// Faults that are certain, in order.
    pub scripts: Vec<Script>,
    /// Faults on every call of some kind.
    pub storms: Vec<Storm>,
    /// How many calls a minute are served; unlimited when absent.
    pub limits: Option<Limits>,
    /// Names of datasets that are answered without a warning.
    pub datasets: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Config { latency: Latency::MILD, mix: Mix::mild(), ..Config::calm() }
    }
}

impl Config {
    /// No delay, no fault, no limit.
    pub fn calm() -> Self {
        Config {
            port: 0,
            api_key: "legacy-sandbox-key".into(),
            bearers: Vec::new(),
            keys: Vec::new(),
            latency: Latency::default(),
            mix: Mix::default(),
            scripts: Vec::new(),
            storms: Vec::new(),
            limits: None,
            datasets: Vec::new(),
        }
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        crate::chance::check("legacy.mix", &self.mix.shares())
    }
}

/// A bearer token other than the key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bearer {
    /// What follows `Bearer `.
    pub token: SecretString,
    /// What it may do.
    pub role: Role,
    /// The only spreadsheets it may name; all when absent.
    #[serde(default)]
    pub spreadsheets: Option<Vec<String>>,
}

/// A key that opens some classes of operations, as `X-Api-Key` or as a bearer token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The key.
    pub key: SecretString,
    /// The classes it opens.
    pub classes: Vec<Class>,
    /// What it may do in them.
    pub role: Role,
    /// The only spreadsheets it may name; all when absent.
    #[serde(default)]
    pub spreadsheets: Option<Vec<String>>,
}

/// The classes of operations: each has keys and a limit of its own.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// `/admin/*`
    Admin,
    /// `/actions`
    Actions,
    /// `/ss/*`, and whatever does not exist.
    Data,
}

/// `Client` may call `/ss/*` alone and never sees a whole token; the others may call everything.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Platform staff.
    Admin,
    /// Owner of a spreadsheet.
    Owner,
    /// Works for the owner.
    Operator,
    /// The spreadsheet's own scripts.
    Client,
}

/// Calls per window of sixty seconds and credential; beyond them the answer is 429.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// `/admin/*`.
    pub admin: u32,
    /// `/actions`.
    pub actions: u32,
    /// `/ss/*`.
    pub data: u32,
}

impl Default for Limits {
    /// What the real backend allows.
    fn default() -> Self {
        Limits { admin: 120, actions: 240, data: 1200 }
    }
}
