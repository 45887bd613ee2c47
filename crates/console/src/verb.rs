//! What an operator may do to a job as it stands. The service decides; this only spares a page buttons that it would
//! refuse.

use wire::provisioning::v1::Job;

/// A button: the word that the form sends, and what it says.
pub(crate) type Button = (&'static str, &'static str);

/// What may be done to the whole job.
pub(crate) fn of_job(job: &Job) -> Vec<Button> {
    let state = job.state.as_str();
    let under_way = matches!(state, "queued" | "running" | "waiting");
    let paused = !job.paused_by.is_empty();
    let offers = [
        (matches!(state, "failed" | "cancelled" | "stuck" | "waiting"), ("retry", "Try again")),
        (under_way && !paused, ("pause", "Pause")),
        (paused, ("resume", "Resume")),
        (under_way && job.cancelled_by.is_empty(), ("cancel", "Cancel and undo")),
        (state == "stuck" || (under_way && !job.held.is_empty()), ("abandon", "Abandon")),
    ];
    offers.into_iter().filter(|(fits, _)| *fits).map(|(_, button)| button).collect()
}

/// What may be done to one of its steps.
pub(crate) fn of_step(job: &str, step: &str) -> Vec<Button> {
    let ended = matches!(job, "done" | "failed" | "cancelled");
    let offers = [
        (matches!(step, "waiting" | "failed"), ("skip", "Take as done")),
        (job == "stuck" && step == "stuck", ("undone", "Take as undone")),
        (ended && step != "pending", ("retry", "Begin anew from here")),
    ];
    offers.into_iter().filter(|(fits, _)| *fits).map(|(_, button)| button).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(state: &str, tune: impl FnOnce(&mut Job)) -> Vec<&'static str> {
        let mut job = Job { state: state.into(), ..Job::default() };
        tune(&mut job);
        of_job(&job).into_iter().map(|(word, _)| word).collect()
    }

    #[test]
    fn each_state_offers_what_fits() {
        assert_eq!(offered("queued", |_| ()), ["pause", "cancel"]);
        assert_eq!(offered("waiting", |_| ()), ["retry", "pause", "cancel"]);
        assert_eq!(offered("failed", |_| ()), ["retry"]);
        assert_eq!(offered("stuck", |_| ()), ["retry", "abandon"]);
        assert_eq!(offered("done", |_| ()), [""; 0]);
        let paused = |job: &mut Job| job.paused_by = "user:1".into();
        assert_eq!(offered("waiting", paused), ["retry", "resume", "cancel"]);
        let stopping = |job: &mut Job| job.cancelled_by = "user:1".into();
        assert_eq!(offered("running", stopping), ["pause"]);
        let held = |job: &mut Job| job.held = "workflow_unknown".into();
        assert_eq!(offered("queued", held), ["pause", "cancel", "abandon"]);
    }

    #[test]
    fn each_step_offers_what_fits() {
        let words = |job, step| -> Vec<_> {
            of_step(job, step).into_iter().map(|(word, _)| word).collect()
        };
        assert_eq!(words("waiting", "waiting"), ["skip"]);
        assert_eq!(words("failed", "failed"), ["skip", "retry"]);
        assert_eq!(words("stuck", "stuck"), ["undone"]);
        assert_eq!(words("done", "done"), ["retry"]);
        assert_eq!(words("running", "pending"), [""; 0]);
    }
}
