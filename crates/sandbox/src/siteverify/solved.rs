//! The tokens that were solved, and the checks that were asked for.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

use super::Fault;

/// A token that somebody solved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Solved {
    /// The host of the page.
    pub hostname: String,
    /// What the widget was set up for; not told where there is none.
    pub action: Option<String>,
    /// How much the provider takes it for a person's; not told where there is none.
    pub score: Option<f64>,
}

/// A check that was asked for. The secret is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The token.
    pub response: String,
    /// The address that was told.
    pub remote_ip: Option<String>,
    /// Whether the answer was yes.
    pub success: bool,
}

pub(super) struct Book {
    inner: Mutex<Inner>,
}

struct Inner {
    secret: String,
    solved: HashMap<String, Solved>,
    faults: VecDeque<Fault>,
    checks: Vec<Check>,
}

impl Book {
    pub(super) fn new(secret: &str) -> Self {
        let (solved, faults, checks) = (HashMap::new(), VecDeque::new(), Vec::new());
        let inner = Inner { secret: secret.to_owned(), solved, faults, checks };
        Self { inner: Mutex::new(inner) }
    }

    pub(super) fn solve(&self, token: &str, solved: Solved) {
        self.lock().solved.insert(token.to_owned(), solved);
    }

    pub(super) fn push_fault(&self, fault: Fault) {
        self.lock().faults.push_back(fault);
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.lock().faults.pop_front()
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        self.lock().checks.clone()
    }

    /// The verdict on a token, which is used up by it.
    pub(super) fn check(&self, form: &HashMap<String, String>) -> Value {
        let mut inner = self.lock();
        let field = |name: &str| form.get(name).cloned().unwrap_or_default();
        let (response, remote_ip) = (field("response"), form.get("remoteip").cloned());
        let found = match field("secret") {
            secret if secret.is_empty() => Err("missing-input-secret"),
            secret if secret != inner.secret => Err("invalid-input-secret"),
            _ if response.is_empty() => Err("missing-input-response"),
            _ => inner.solved.remove(&response).ok_or("timeout-or-duplicate"),
        };
        inner.checks.push(Check { response, remote_ip, success: found.is_ok() });
        match found {
            Ok(Solved { hostname, action, score }) => {
                let mut verdict = json!({"success": true, "hostname": hostname, "error-codes": []});
                if let Some(action) = action {
                    verdict["action"] = action.into();
                }
                if let Some(score) = score {
                    verdict["score"] = score.into();
                }
                verdict
            }
            Err(code) => json!({"success": false, "error-codes": [code]}),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
