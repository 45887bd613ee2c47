//! One step of a job, as a page shows it.

use wire::provisioning::v1::StepStatus;

use crate::show::{label, moment};

pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) label: String,
    /// The state's own word.
    pub(crate) word: String,
    pub(crate) state: String,
    /// Colours the state.
    pub(crate) mood: &'static str,
    pub(crate) attempts: i32,
    pub(crate) started: String,
    pub(crate) next: Option<String>,
    pub(crate) progress: Option<String>,
    pub(crate) message: String,
}

/// What colours the state of a job or of a step.
pub(crate) fn mood(state: &str) -> &'static str {
    match state {
        "done" => "good",
        "queued" | "running" | "waiting" | "undoing" => "going",
        "failed" | "stuck" => "bad",
        _ => "over",
    }
}

impl From<StepStatus> for Step {
    fn from(step: StepStatus) -> Self {
        let next = wire::instant(step.next_attempt_at.as_ref());
        let told = (step.state == "running" && step.progress_percent > 0)
            .then(|| format!("{} % {}", step.progress_percent, step.progress_message));
        let waits = (step.state == "waiting" && !step.waits_for.is_empty())
            .then(|| format!("Waits for {}", step.waits_for));
        Self {
            label: label(&step.name),
            name: step.name,
            mood: mood(&step.state),
            state: label(&step.state),
            word: step.state,
            attempts: step.attempts,
            started: moment(wire::instant(step.started_at.as_ref())),
            next: next.map(|next| moment(Some(next))),
            progress: told.or(waits),
            message: step.message,
        }
    }
}
