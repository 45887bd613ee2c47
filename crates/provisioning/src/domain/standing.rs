//! What a tenant's status means for what is done on its behalf.

/// How a tenant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Its jobs are done.
    Open,
    /// Its jobs wait.
    Shut,
    /// Its jobs are done no more, and its secrets are nobody's.
    Closed,
}

impl Standing {
    /// The meaning of the tenant service's word; what is not plainly open is shut.
    pub(crate) fn of(status: &str) -> Self {
        match status {
            "trial" | "active" => Self::Open,
            "closed" => Self::Closed,
            _ => Self::Shut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plainly_open_is_shut() {
        for (word, standing) in [
            ("trial", Standing::Open),
            ("active", Standing::Open),
            ("suspended", Standing::Shut),
            ("closing", Standing::Shut),
            ("closed", Standing::Closed),
            ("", Standing::Shut),
            ("ACTIVE", Standing::Shut),
        ] {
            assert_eq!(Standing::of(word), standing, "{word:?}");
        }
    }
}
