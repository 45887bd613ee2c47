//! The stages of an onboarding, and the one table of moves between them.

kernel::closed_set! {
    /// How far a client has come.
    pub(crate) enum Stage {
        /// The invitation is on its way.
        Invited = "invited",
        /// The person accepted; the job runs from here.
        EmailConfirmed = "email_confirmed",
        /// The backend knows the spreadsheet.
        WorkspaceRegistered = "workspace_registered",
        /// The backend has the marketplace token.
        TokenAdded = "token_added",
        /// The backend gives the token out for the spreadsheet.
        Validated = "validated",
        /// The workspace works.
        Active = "active",
        /// A step failed for good; a person decides.
        Failed = "failed",
        /// The invitation was not accepted in time.
        Expired = "expired",
        /// The invitation was taken back, or a person ended the onboarding: for good.
        Revoked = "revoked",
    }
}

use Stage::{
    Active, EmailConfirmed, Expired, Failed, Invited, Revoked, TokenAdded, Validated,
    WorkspaceRegistered,
};

/// Every move there is. An acceptance may be heard after the invitation's time, but was made before it.
const MOVES: &[(Stage, Stage)] = &[
    (Invited, EmailConfirmed),
    (Invited, Expired),
    (Invited, Revoked),
    (Expired, Invited),
    (Expired, EmailConfirmed),
    (Expired, Revoked),
    (EmailConfirmed, WorkspaceRegistered),
    (EmailConfirmed, Failed),
    (EmailConfirmed, Revoked),
    (WorkspaceRegistered, TokenAdded),
    (WorkspaceRegistered, Failed),
    (WorkspaceRegistered, Revoked),
    (TokenAdded, Validated),
    (TokenAdded, Failed),
    (TokenAdded, Revoked),
    (Validated, Active),
    (Validated, Failed),
    (Validated, Revoked),
    (Active, Revoked),
    (Failed, EmailConfirmed),
    (Failed, WorkspaceRegistered),
    (Failed, Revoked),
];

/// The way every client takes that meets no trouble.
const PATH: [Stage; 6] =
    [Invited, EmailConfirmed, WorkspaceRegistered, TokenAdded, Validated, Active];

/// A move that the table does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a client that is {from} cannot become {to}")]
pub(crate) struct Forbidden {
    pub(crate) from: Stage,
    pub(crate) to: Stage,
}

/// What came of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advance {
    /// The client stands here now.
    New(Progress),
    /// The client had come this far before: nothing changes.
    Already(Progress),
}

/// Where a client stands; a failed one remembers where it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    stage: Stage,
    resume: Option<Stage>,
}

impl Progress {
    /// The beginning of every client.
    pub(crate) const START: Self = Self { stage: Invited, resume: None };

    /// Where a stored client stands.
    pub(crate) const fn at(stage: Stage, resume: Option<Stage>) -> Self {
        Self { stage, resume }
    }

    pub(crate) const fn stage(self) -> Stage {
        self.stage
    }

    pub(crate) const fn resume(self) -> Option<Stage> {
        self.resume
    }

    /// Moves to `to`; a stage of the path that lies behind was reached before.
    pub(crate) fn advance(self, to: Stage) -> Result<Advance, Forbidden> {
        let passed = self.reached().zip(rank(to)).is_some_and(|(here, there)| there <= here);
        if self.stage == to || passed {
            return Ok(Advance::Already(self));
        }
        // Only a person's decision leads out of a failure.
        let undecided = self.stage == Failed && to != Revoked;
        if undecided || !MOVES.contains(&(self.stage, to)) {
            return Err(Forbidden { from: self.stage, to });
        }
        let resume = (to == Failed).then(|| resume_of(self.stage));
        Ok(Advance::New(Self { stage: to, resume }))
    }

    /// Leads a failed client back to where it goes on; one that is on its way stays there.
    pub(crate) fn resumed(self) -> Result<Advance, Forbidden> {
        match (self.stage, self.resume) {
            (Failed, Some(to)) if MOVES.contains(&(Failed, to)) => {
                Ok(Advance::New(Self { stage: to, resume: None }))
            }
            (EmailConfirmed | WorkspaceRegistered | TokenAdded | Validated | Active, _) => {
                Ok(Advance::Already(self))
            }
            (from, _) => Err(Forbidden { from, to: EmailConfirmed }),
        }
    }

    /// Whether the table has the move to `to`.
    #[cfg(test)]
    pub(super) fn allows(self, to: Stage) -> bool {
        MOVES.contains(&(self.stage, to))
    }

    /// The place on the path that was reached; none for an invitation that ended.
    fn reached(self) -> Option<usize> {
        rank(self.resume.unwrap_or(self.stage))
    }
}

fn rank(stage: Stage) -> Option<usize> {
    PATH.iter().position(|known| *known == stage)
}

/// Another try adds the token again, since a new one may have been given in the meantime.
fn resume_of(stage: Stage) -> Stage {
    if stage == EmailConfirmed { EmailConfirmed } else { WorkspaceRegistered }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Wish {
        To(Stage),
        Resume,
    }

    fn play(progress: Progress, wish: Wish) -> Result<Advance, Forbidden> {
        match wish {
            Wish::To(stage) => progress.advance(stage),
            Wish::Resume => progress.resumed(),
        }
    }

    fn wish() -> impl Strategy<Value = Wish> {
        prop_oneof![
            4 => proptest::sample::select(Stage::ALL).prop_map(Wish::To),
            1 => Just(Wish::Resume),
        ]
    }

    proptest! {
        #[test]
        fn in_any_order_of_wishes_only_the_table_moves_a_client(wishes in prop::collection::vec(wish(), 0..60)) {
            let mut now = Progress::START;
            for wish in wishes {
                match play(now, wish) {
                    Ok(Advance::New(next)) => {
                        prop_assert!(MOVES.contains(&(now.stage, next.stage)), "{now:?} -> {next:?}");
                        prop_assert_eq!(next.stage == Failed, next.resume.is_some());
                        // A repeat of what was just done changes nothing.
                        prop_assert_eq!(play(next, wish), Ok(Advance::Already(next)));
                        now = next;
                    }
                    Ok(Advance::Already(same)) => prop_assert_eq!(same, now),
                    Err(_) => {}
                }
            }
        }

        #[test]
        fn what_was_reached_is_never_lost_but_by_a_failure(wishes in prop::collection::vec(wish(), 0..60)) {
            let mut now = Progress::START;
            for wish in wishes {
                if let Ok(Advance::New(next)) = play(now, wish) {
                    if let (Some(before), Some(after)) = (now.reached(), next.reached()) {
                        prop_assert!(after >= before || next.stage == Failed, "{now:?} -> {next:?}");
                    }
                    now = next;
                }
            }
        }
    }

    #[test]
    fn the_path_leads_from_an_invitation_to_active_and_ends_there() {
        let mut now = Progress::START;
        for stage in PATH.into_iter().skip(1) {
            assert_eq!(now.advance(stage), Ok(Advance::New(Progress::at(stage, None))));
            now = Progress::at(stage, None);
        }
        for stage in [Failed, Expired] {
            assert!(now.advance(stage).is_err(), "an active client cannot become {stage}");
        }
    }

    #[test]
    fn every_stage_may_be_revoked_and_none_follows() {
        for stage in Stage::ALL.iter().copied().filter(|stage| *stage != Revoked) {
            let resume = (stage == Failed).then_some(EmailConfirmed);
            let revoked = Progress::at(Revoked, None);
            assert_eq!(Progress::at(stage, resume).advance(Revoked), Ok(Advance::New(revoked)));
            assert!(revoked.advance(stage).is_err(), "a revoked client cannot become {stage}");
        }
        assert!(Progress::at(Revoked, None).resumed().is_err());
    }

    #[test]
    fn a_failure_is_left_by_a_decision_only() {
        let failed = Progress::at(Failed, Some(WorkspaceRegistered));
        assert!(failed.advance(TokenAdded).is_err());
        assert_eq!(failed.advance(EmailConfirmed), Ok(Advance::Already(failed)));
        let resumed = Progress::at(WorkspaceRegistered, None);
        assert_eq!(failed.resumed(), Ok(Advance::New(resumed)));
        assert_eq!(resumed.resumed(), Ok(Advance::Already(resumed)));
        assert!(Progress::START.resumed().is_err());
    }
}
