//! Seats: a member takes one, an open invitation reserves one.

use crate::{Error, Result};

/// The seats of a tenant at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seats {
    /// How many there are; any number where there is no limit.
    pub(crate) limit: Option<i32>,
    /// Taken by active members.
    pub(crate) members: i64,
    /// Reserved by open invitations.
    pub(crate) reserved: i64,
}

/// What a seat is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// An invitation, or somebody who comes in without one: what is reserved is not theirs.
    New,
    /// Somebody whose invitation has kept a seat.
    Reserved,
}

impl Seats {
    /// How many are left for new invitations.
    pub(crate) fn free(&self) -> Option<i64> {
        self.limit.map(|limit| (i64::from(limit) - self.members - self.reserved).max(0))
    }

    /// Whether there is a seat for this claim.
    pub(crate) fn grant(&self, claim: Claim) -> Result<()> {
        let taken = match claim {
            Claim::New => self.members + self.reserved,
            Claim::Reserved => self.members,
        };
        match self.limit {
            Some(limit) if taken >= i64::from(limit) => Err(Error::SeatsTaken),
            _ => Ok(()),
        }
    }

    /// The seats under another limit: not fewer than are taken.
    pub(crate) fn limited(self, limit: Option<i32>) -> Result<Self> {
        match limit {
            Some(wanted) if i64::from(wanted) < self.members => {
                Err(Error::SeatsInUse(self.members))
            }
            _ => Ok(Self { limit, ..self }),
        }
    }
}

/// Most seats that a tenant can have.
pub(crate) const MOST_SEATS: i32 = 1_000_000;

/// Reads how many seats there are to be.
pub(crate) fn seat_limit(limit: i32) -> Result<i32, &'static str> {
    (1..=MOST_SEATS).contains(&limit).then_some(limit).ok_or("must be 1 to 1,000,000, or absent")
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Failure;

    const fn seats(limit: Option<i32>, members: i64, reserved: i64) -> Seats {
        Seats { limit, members, reserved }
    }

    #[test]
    fn an_invitation_reserves_and_the_invited_take_what_is_reserved() {
        let full = seats(Some(5), 3, 2);
        assert_eq!(full.grant(Claim::New).expect_err("none left").reason(), "seats_taken");
        assert!(full.grant(Claim::Reserved).is_ok());
        assert!(seats(Some(5), 3, 1).grant(Claim::New).is_ok());
        assert!(seats(Some(5), 5, 0).grant(Claim::Reserved).is_err());
        assert!(seats(None, i64::MAX, 0).grant(Claim::New).is_ok());
        assert_eq!((full.free(), seats(Some(2), 3, 1).free()), (Some(0), Some(0)));
    }

    #[test]
    fn a_limit_is_never_below_what_is_taken() {
        let held = seats(None, 3, 2);
        let error = held.limited(Some(2)).expect_err("three sit there");
        assert_eq!(error.reason(), "seats_in_use");
        assert_eq!(held.limited(Some(3)).expect("fits").limit, Some(3));
        assert_eq!(held.limited(None).expect("fits").limit, None);
        for bad in [0, -1, 1_000_001, i32::MIN] {
            assert!(seat_limit(bad).is_err(), "{bad}");
        }
    }
}
