//! How far a client has come, as six circles.

use crate::show::label;

/// The way, in its order.
pub(crate) const WAY: [&str; 6] =
    ["invited", "email_confirmed", "workspace_registered", "token_added", "validated", "active"];

/// Where the way may end early.
pub(crate) const ENDS: [&str; 3] = ["failed", "expired", "revoked"];

/// Stages that a client passes before its job begins.
const ACCEPTED: usize = 2;

/// Six circles and what they say in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Track {
    pub(crate) circles: Vec<Circle>,
    /// The stage in words.
    pub(crate) label: String,
    /// Colours the label.
    pub(crate) mood: &'static str,
}

/// One circle.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Circle {
    pub(crate) label: String,
    /// `done`, `next`, `stop` (failed here), `halt` (ended here) or `todo`.
    pub(crate) state: &'static str,
}

impl Track {
    /// The circles of a client at `stage`. Whoever failed had accepted the invitation; whoever expired had not.
    pub(crate) fn of(stage: &str) -> Self {
        let place = WAY.iter().position(|known| *known == stage);
        let (done, then, mood) = match (place, stage) {
            (Some(5), _) => (6, "todo", "good"),
            (Some(place), _) => (place + 1, "next", "going"),
            (None, "failed") => (ACCEPTED, "stop", "bad"),
            (None, "expired" | "revoked") => (1, "halt", "over"),
            (None, _) => (0, "todo", "going"),
        };
        Self { circles: circles(done, then), label: label(stage), mood }
    }

    /// The circles of a client at `stage` whose job has done this many of its steps: each step leads to a stage, so it
    /// is known where a failed one stopped.
    pub(crate) fn after_steps(stage: &str, steps: usize) -> Self {
        let mut track = Self::of(stage);
        if stage == "failed" {
            track.circles = circles((ACCEPTED + steps).min(WAY.len() - 1), "stop");
        }
        track
    }

    /// The way so far in a sentence, for those who do not see circles.
    pub(crate) fn spoken(&self) -> String {
        let done = self.circles.iter().filter(|circle| circle.state == "done").count();
        format!("{}: {done} of {} stages done", self.label, self.circles.len())
    }
}

/// The way with `done` circles filled, the one after them in the state `then`.
fn circles(done: usize, then: &'static str) -> Vec<Circle> {
    let circle = |(place, word): (usize, &&str)| Circle {
        label: label(word),
        state: match place {
            place if place < done => "done",
            place if place == done => then,
            _ => "todo",
        },
    };
    WAY.iter().enumerate().map(circle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(stage: &str) -> Vec<&'static str> {
        Track::of(stage).circles.into_iter().map(|circle| circle.state).collect()
    }

    #[test]
    fn circles_fill_along_the_way() {
        assert_eq!(states("invited"), ["done", "next", "todo", "todo", "todo", "todo"]);
        assert_eq!(states("validated"), ["done", "done", "done", "done", "done", "next"]);
        assert_eq!(states("active"), ["done"; 6]);
    }

    #[test]
    fn an_early_end_stops_the_way() {
        assert_eq!(states("failed")[..3], ["done", "done", "stop"]);
        assert_eq!(states("expired")[..2], ["done", "halt"]);
        assert_eq!(states("a stage of a newer build"), ["todo"; 6]);
    }

    #[test]
    fn steps_tell_where_a_failed_client_stopped() {
        let stopped = |steps| {
            let circles = Track::after_steps("failed", steps).circles;
            circles.iter().position(|circle| circle.state == "stop")
        };
        assert_eq!([stopped(0), stopped(2), stopped(9)], [Some(2), Some(4), Some(5)]);
        assert_eq!(Track::after_steps("validated", 1), Track::of("validated"));
    }

    #[test]
    fn the_way_can_be_heard() {
        assert_eq!(Track::of("token_added").spoken(), "Token added: 4 of 6 stages done");
    }
}
