//! What a marketplace token opens.

use serde_json::{Map, Value};

kernel::closed_set! {
    /// A category of the marketplace's API, or a limit on the token as a whole.
    pub(crate) enum WbScope {
        /// Product cards.
        Content = "content",
        /// Sales funnels and reports.
        Analytics = "analytics",
        /// Prices and discounts.
        Prices = "prices",
        /// Orders and stocks.
        Marketplace = "marketplace",
        /// Statistics.
        Statistics = "statistics",
        /// Promotion.
        Adverts = "adverts",
        /// Questions and reviews.
        Questions = "questions",
        /// Recommendations.
        Recommendations = "recommendations",
        /// The chat with buyers.
        Chat = "chat",
        /// Supplies.
        Supplies = "supplies",
        /// Returns by buyers.
        Returns = "returns",
        /// Documents.
        Documents = "documents",
        /// The token changes nothing.
        ReadOnly = "read_only",
        /// The token works in the marketplace's sandbox only.
        Sandbox = "sandbox",
    }
}

impl WbScope {
    /// The scopes that a token's claims name: bits of `s`, and `t` for the sandbox. Bits that this build does not
    /// know are left out.
    pub(super) fn of(claims: &Map<String, Value>) -> Vec<Self> {
        let bits = claims.get("s").and_then(Value::as_u64).unwrap_or_default();
        let sandbox = claims.get("t").and_then(Value::as_bool).unwrap_or_default();
        let named = |scope: &&Self| match scope.bit() {
            Some(bit) => bits & (1 << bit) != 0,
            None => sandbox,
        };
        Self::ALL.iter().filter(named).copied().collect()
    }

    /// Its place in the claim `s`, as the marketplace numbers them; none for what another claim tells.
    const fn bit(self) -> Option<u32> {
        Some(match self {
            Self::Content => 1,
            Self::Analytics => 2,
            Self::Prices => 3,
            Self::Marketplace => 4,
            Self::Statistics => 5,
            Self::Adverts => 6,
            Self::Questions => 7,
            Self::Recommendations => 8,
            Self::Chat => 9,
            Self::Supplies => 10,
            Self::Returns => 11,
            Self::Documents => 12,
            Self::ReadOnly => 30,
            Self::Sandbox => return None,
        })
    }
}
