//! What became of each row: the final table.

use std::time::Duration;

use comfy_table::{Cell, Color, Table, presets::UTF8_FULL_CONDENSED};
use serde::Serialize;

use super::Fault;

/// What became of a good row.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The data row's number.
    pub row: usize,
    /// The client's e-mail.
    pub client: String,
    /// The client's id, once known.
    pub client_id: String,
    /// The stage it stands at.
    pub stage: String,
    /// Attempts at provisioning steps so far.
    pub attempts: u32,
    /// Seconds from invitation to active, where it is active.
    pub seconds: Option<f64>,
    /// Why it is not active.
    pub reason: String,
    /// Whether it was active before this run.
    pub already: bool,
}

impl Outcome {
    /// Whether the client's workspace works.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.stage == "active"
    }
}

/// The table of a whole run, refused rows last.
pub(super) fn table(outcomes: &[Outcome], faults: &[Fault]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["row", "client", "stage", "attempts", "time", "reason"]);
    for outcome in outcomes {
        let colour = if outcome.is_active() { Color::Green } else { Color::Yellow };
        let reason = match (outcome.already, outcome.reason.as_str()) {
            (true, "") => "was active before",
            (_, reason) => reason,
        };
        table.add_row([
            Cell::new(outcome.row),
            Cell::new(&outcome.client),
            Cell::new(&outcome.stage).fg(colour),
            Cell::new(outcome.attempts),
            Cell::new(outcome.seconds.map_or_else(String::new, |s| {
                format!("{:.1?}", Duration::from_secs_f64(s.max(0.0)))
            })),
            Cell::new(reason),
        ]);
    }
    for fault in faults {
        table.add_row([
            Cell::new(fault.row),
            Cell::new("-"),
            Cell::new("refused").fg(Color::Red),
            Cell::new(""),
            Cell::new(""),
            Cell::new(format!("{}: {}", fault.field, fault.problem)),
        ]);
    }
    table.to_string()
}

/// One line that sums the run up.
pub(super) fn summary(outcomes: &[Outcome], faults: &[Fault]) -> String {
    let active = outcomes.iter().filter(|outcome| outcome.is_active()).count();
    let before = outcomes.iter().filter(|outcome| outcome.already).count();
    format!(
        "{active} of {} good rows active ({before} were before), {} refused",
        outcomes.len(),
        faults.len()
    )
}
