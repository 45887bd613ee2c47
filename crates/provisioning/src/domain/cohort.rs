//! The cohorts of the rollout, and which of them a client belongs to.

use kernel::{Email, TenantId};

/// Of a hundred clients whom the hash decides on, so many belong to `limited`.
const LIMITED_SHARE: u64 = 20;

kernel::closed_set! {
    /// Who comes when: a stage of the rollout is open to the cohort of its name and to those before it.
    pub enum Cohort {
        /// Our own people.
        Internal = "internal",
        /// A few clients who know that they are the first.
        Pilot = "pilot",
        /// One in five of all others.
        Limited = "limited",
        /// Everybody else.
        All = "all",
    }
}

impl Cohort {
    /// The most clients that a pilot takes.
    pub(crate) const PILOTS: i32 = 5;

    /// The stage after this one.
    pub(crate) const fn next(self) -> Option<Self> {
        match self {
            Self::Internal => Some(Self::Pilot),
            Self::Pilot => Some(Self::Limited),
            Self::Limited => Some(Self::All),
            Self::All => None,
        }
    }

    /// Whether a stage of this name is open to a client of `cohort`.
    pub(crate) fn admits(self, cohort: Self) -> bool {
        cohort <= self
    }

    /// The cohort of a person whom nobody placed: the same for the same address of the same tenant, whenever and
    /// however often it is asked, so that nobody gets in by trying again.
    pub fn by_hash(tenant: TenantId, email: &Email) -> Self {
        let hash = hash(tenant.uuid().as_bytes(), email.as_str().as_bytes());
        if hash % 100 < LIMITED_SHARE { Self::Limited } else { Self::All }
    }
}

/// FNV-1a with the finaliser of MurmurHash3, so that the low digits depend on every byte. Part of what is stored by
/// its outcome: another hash would put the same people elsewhere.
fn hash(tenant: &[u8], email: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in tenant.iter().chain(email) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn email(number: u32) -> Email {
        Email::parse(&format!("client{number}@example.com")).expect("an address")
    }

    #[test]
    fn a_stage_is_open_to_its_cohort_and_to_those_before_it() {
        use Cohort::{All, Internal, Limited, Pilot};
        let open = |stage: Cohort| {
            let admitted = Cohort::ALL.iter().copied().filter(move |cohort| stage.admits(*cohort));
            admitted.collect::<Vec<_>>()
        };
        assert_eq!(open(Internal), [Internal]);
        assert_eq!(open(Pilot), [Internal, Pilot]);
        assert_eq!(open(Limited), [Internal, Pilot, Limited]);
        assert_eq!(open(All), [Internal, Pilot, Limited, All]);
    }

    #[test]
    fn one_in_five_is_limited_whoever_the_tenant_is() {
        for tenant in 0..20_u128 {
            let tenant = TenantId::from(Uuid::from_u128(tenant << 64));
            let limited =
                (0..5_000).filter(|one| Cohort::by_hash(tenant, &email(*one)) == Cohort::Limited);
            let limited = limited.count();
            // Five standard deviations of a fair draw.
            assert!((860..=1140).contains(&limited), "{limited} of 5000");
        }
    }

    #[test]
    fn the_hash_never_changes_its_mind() {
        let tenant = TenantId::from(Uuid::from_u128(7));
        let drawn: Vec<u64> = (0..4)
            .map(|one| hash(tenant.uuid().as_bytes(), email(one).as_str().as_bytes()) % 100)
            .collect();
        assert_eq!(drawn, DRAWN);
    }

    /// What the first version drew; people were placed by it.
    const DRAWN: [u64; 4] = [14, 95, 90, 27];
}
