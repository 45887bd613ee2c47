//! The rollout: the stage that invitations are open to, and who is refused.

use kernel::{Cx, Email, TenantId, Timestamp};

use super::{Cohort, Note};

/// How far invitations are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rollout {
    pub(crate) stage: Cohort,
    pub(crate) entered_at: Timestamp,
    /// As audit rows name an actor; empty where nobody moved it yet.
    pub(crate) entered_by: String,
    pub(crate) entered_reason: String,
    pub(crate) halted_at: Option<Timestamp>,
    pub(crate) halted_by: String,
    pub(crate) halt_reason: String,
    /// Clients taken into the pilot since its stage was entered.
    pub(crate) pilots: i32,
}

/// What was decided about one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Placement {
    /// The cohort of its next clients; the hash decides where absent.
    pub(crate) cohort: Option<Cohort>,
    pub(crate) halted_at: Option<Timestamp>,
    pub(crate) halt_reason: String,
}

/// A way that the rollout does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misstep {
    /// The request begins where the rollout does not stand.
    #[error("The rollout stands at {0}, and this promotion begins elsewhere; look at it again.")]
    Elsewhere(Cohort),
    /// There is no further stage.
    #[error("The rollout is open to all; there is no further stage.")]
    Last,
    /// The stage asked for is not an earlier one.
    #[error("The rollout stands at {0}; it goes back to an earlier stage only.")]
    NotBack(Cohort),
}

impl Misstep {
    /// The stable word.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Elsewhere(_) => "rollout_elsewhere",
            Self::Last => "rollout_complete",
            Self::NotBack(_) => "rollout_not_back",
        }
    }

    /// The field of the request at fault.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            Self::Elsewhere(_) | Self::Last => "from",
            Self::NotBack(_) => "to",
        }
    }
}

/// Why nobody is invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Invitations are stopped on the platform.
    #[error("Invitations are stopped on the whole platform; try again when they are resumed.")]
    Halted,
    /// Invitations of the tenant are stopped.
    #[error("Invitations of this tenant are stopped; try again when they are resumed.")]
    TenantHalted,
    /// The stage is not open to the client.
    #[error(
        "Invitations are not open to this person yet: the rollout stands at {stage}, and the \
         person belongs to {cohort}."
    )]
    NotOpen {
        /// Where the rollout stands.
        stage: Cohort,
        /// Where the client belongs.
        cohort: Cohort,
    },
    /// The pilot has all the clients it takes.
    #[error(
        "The pilot has the {} clients it takes; this person comes at a later stage.",
        Cohort::PILOTS
    )]
    PilotFull,
}

impl Refused {
    /// The stable word.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Halted => "invitations_halted",
            Self::TenantHalted => "tenant_invitations_halted",
            Self::NotOpen { .. } => "rollout_not_open",
            Self::PilotFull => "rollout_pilot_full",
        }
    }
}

/// A change of the rollout that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Turn {
    New(Rollout),
    /// It was made before.
    Already(Rollout),
}

impl Rollout {
    /// The stage after `from`, which must be where the rollout stands; one stage further it was made before.
    pub(crate) fn promote(self, from: Cohort, by: Mover) -> Result<Turn, Misstep> {
        let next = from.next().ok_or(Misstep::Last)?;
        match self.stage {
            stage if stage == next => Ok(Turn::Already(self)),
            stage if stage == from => Ok(Turn::New(self.enter(next, by))),
            stage => Err(Misstep::Elsewhere(stage)),
        }
    }

    /// Back to `to`, which begins anew.
    pub(crate) fn demote(self, to: Cohort, by: Mover) -> Result<Turn, Misstep> {
        match self.stage {
            stage if stage == to => Ok(Turn::Already(self)),
            stage if to < stage => Ok(Turn::New(self.enter(to, by))),
            stage => Err(Misstep::NotBack(stage)),
        }
    }

    /// Stops invitations; stopped before, the first reason stays.
    pub(crate) fn halt(self, by: Mover) -> Turn {
        if self.halted_at.is_some() {
            return Turn::Already(self);
        }
        let (halted_at, halted_by, halt_reason) = (Some(by.at), by.actor, by.reason);
        Turn::New(Self { halted_at, halted_by, halt_reason, ..self })
    }

    /// Lets invitations go out again.
    pub(crate) fn resume(self) -> Turn {
        if self.halted_at.is_none() {
            return Turn::Already(self);
        }
        let (halted_by, halt_reason) = (String::new(), String::new());
        Turn::New(Self { halted_at: None, halted_by, halt_reason, ..self })
    }

    /// Whether a person of `cohort` may be invited to the tenant of `placement` now.
    pub(crate) fn admit(&self, placement: &Placement, cohort: Cohort) -> Result<(), Refused> {
        if self.halted_at.is_some() {
            return Err(Refused::Halted);
        }
        if placement.halted_at.is_some() {
            return Err(Refused::TenantHalted);
        }
        if !self.stage.admits(cohort) {
            return Err(self.refuse(placement, cohort));
        }
        Ok(())
    }

    /// The cohort of a new client: the tenant's own, or the hash's where none is set or the pilot is full.
    pub(crate) fn cohort_of(
        &self,
        placement: &Placement,
        tenant: TenantId,
        email: &Email,
    ) -> Cohort {
        match placement.cohort {
            Some(Cohort::Pilot) if !self.has_seat() => Cohort::by_hash(tenant, email),
            Some(cohort) => cohort,
            None => Cohort::by_hash(tenant, email),
        }
    }

    /// Whether the pilot takes one more client.
    const fn has_seat(&self) -> bool {
        self.pilots < Cohort::PILOTS
    }

    fn refuse(&self, placement: &Placement, cohort: Cohort) -> Refused {
        // A tenant of the pilot is open; it is this client for whom there was no seat.
        let pilot = placement.cohort == Some(Cohort::Pilot);
        if pilot && self.stage.admits(Cohort::Pilot) && !self.has_seat() {
            return Refused::PilotFull;
        }
        Refused::NotOpen { stage: self.stage, cohort }
    }

    fn enter(self, stage: Cohort, by: Mover) -> Self {
        let pilots = if stage == Cohort::Pilot { 0 } else { self.pilots };
        let (entered_at, entered_by, entered_reason) = (by.at, by.actor, by.reason);
        Self { stage, entered_at, entered_by, entered_reason, pilots, ..self }
    }
}

/// Who turns the rollout, when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mover {
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
    /// Empty where none is asked for.
    pub(crate) reason: String,
}

impl Mover {
    pub(crate) fn new(cx: &Cx, at: Timestamp, reason: Option<&Note>) -> Self {
        let reason = reason.map(|note| note.as_str().to_owned()).unwrap_or_default();
        Self { at, actor: cx.actor.label(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        jiff::Timestamp::from_second(second).expect("in range").into()
    }

    fn rollout(stage: Cohort) -> Rollout {
        Rollout {
            stage,
            entered_at: at(0),
            entered_by: String::new(),
            entered_reason: String::new(),
            halted_at: None,
            halted_by: String::new(),
            halt_reason: String::new(),
            pilots: 0,
        }
    }

    fn mover(second: i64) -> Mover {
        Mover { at: at(second), actor: "user:1".into(), reason: "why".into() }
    }

    fn turned(turn: Turn) -> Rollout {
        match turn {
            Turn::New(rollout) => rollout,
            Turn::Already(rollout) => panic!("nothing turned: {rollout:?}"),
        }
    }

    #[test]
    fn a_promotion_names_where_it_begins_so_a_repeat_makes_no_second_step() {
        let pilot =
            turned(rollout(Cohort::Internal).promote(Cohort::Internal, mover(1)).expect("may"));
        assert_eq!((pilot.stage, pilot.entered_at), (Cohort::Pilot, at(1)));
        let repeat = pilot.clone().promote(Cohort::Internal, mover(2)).expect("was made");
        assert_eq!(repeat, Turn::Already(pilot.clone()));
        let elsewhere = pilot.promote(Cohort::Limited, mover(2));
        assert_eq!(elsewhere, Err(Misstep::Elsewhere(Cohort::Pilot)));
        assert_eq!(rollout(Cohort::All).promote(Cohort::All, mover(1)), Err(Misstep::Last));
    }

    #[test]
    fn a_demotion_leads_back_only_and_gives_the_pilot_its_seats_again() {
        let full = Rollout { pilots: Cohort::PILOTS, ..rollout(Cohort::Limited) };
        assert!(!full.has_seat());
        let back = turned(full.demote(Cohort::Pilot, mover(3)).expect("may"));
        assert!(back.has_seat());
        let same = back.clone().demote(Cohort::Pilot, mover(4)).expect("stands there");
        assert_eq!(same, Turn::Already(back.clone()));
        let forward = back.demote(Cohort::All, mover(4));
        assert_eq!(forward, Err(Misstep::NotBack(Cohort::Pilot)));
    }

    #[test]
    fn a_halt_keeps_its_first_reason_and_outweighs_every_stage() {
        let halted = turned(rollout(Cohort::All).halt(mover(1)));
        let other = Mover { reason: "another".into(), ..mover(2) };
        assert_eq!(halted.clone().halt(other), Turn::Already(halted.clone()));
        let open = Placement::default();
        assert_eq!(halted.admit(&open, Cohort::Internal), Err(Refused::Halted));
        let resumed = turned(halted.resume());
        assert_eq!(resumed.admit(&open, Cohort::All), Ok(()));
        assert_eq!(resumed.clone().resume(), Turn::Already(resumed));
    }

    #[test]
    fn who_is_outside_is_told_whether_the_pilot_or_the_stage_is_in_the_way() {
        let pilot = Placement { cohort: Some(Cohort::Pilot), ..Placement::default() };
        let full = Rollout { pilots: Cohort::PILOTS, ..rollout(Cohort::Pilot) };
        assert_eq!(full.admit(&pilot, Cohort::All), Err(Refused::PilotFull));
        let (stage, cohort) = (Cohort::Pilot, Cohort::All);
        let outside = Refused::NotOpen { stage, cohort };
        assert_eq!(full.admit(&Placement::default(), cohort), Err(outside));
        let halted = Placement { halted_at: Some(at(1)), ..Placement::default() };
        assert_eq!(full.admit(&halted, Cohort::Internal), Err(Refused::TenantHalted));
    }
}
