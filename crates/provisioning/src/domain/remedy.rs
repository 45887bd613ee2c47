//! What to do about a reason: one table, here and nowhere else.

kernel::closed_set! {
    /// What an operator does about a trouble.
    pub(crate) enum Remedy {
        /// Get a good marketplace token from the client and give it.
        FixToken = "fix_token",
        /// Have the person open the invitation.
        AskToAccept = "ask_to_accept",
        /// Mend the key by which we reach the backend.
        RaiseBackendKey = "raise_backend_key",
        /// Have the backend's people look at the spreadsheet.
        AskBackend = "ask_backend",
        /// Try again.
        Retry = "retry",
        /// A fault of ours: read the log.
        Investigate = "investigate",
    }
}

impl Remedy {
    /// What to do about a stable reason; one that this build does not know needs a look.
    pub(crate) fn of(reason: &str) -> Self {
        Self::known(reason).unwrap_or(Self::Investigate)
    }

    fn known(reason: &str) -> Option<Self> {
        match reason.strip_prefix("legacy_") {
            Some(kind) => Self::of_backend(kind),
            None => Self::of_ours(reason).or_else(|| Self::of_engine(reason)),
        }
    }

    /// The table of failed calls to the backend, by their kind.
    fn of_backend(kind: &str) -> Option<Self> {
        Some(match kind {
            "key_refused" => Self::RaiseBackendKey,
            "rejected"
            | "forbidden"
            | "malformed"
            | "not_found"
            | "redirected"
            | "address_invalid"
            | "address_forbidden"
            | "certificate_refused"
            | "answer_too_long"
            | "unsendable" => Self::AskBackend,
            "rate_limited" | "failed" | "unreachable" | "host_unknown" | "timed_out"
            | "connection_lost" | "paced" | "breaker_open" => Self::Retry,
            _ => return None,
        })
    }

    /// The table of all else.
    fn of_ours(reason: &str) -> Option<Self> {
        Some(match reason {
            "wb_token_expired"
            | "wb_token_not_listed"
            | "wb_token_destroyed"
            | "wb_token_missing"
            | "token_unreadable"
            | "secret_shredded" => Self::FixToken,
            "invite_expired" | "client_not_invited" => Self::AskToAccept,
            "spreadsheet_taken" | "spreadsheet_differs" | "wb_token_stands" => Self::AskBackend,
            "timed_out"
            | "worker_lost"
            | "database_unavailable"
            | "database_busy"
            | "abandoned"
            | "cancelled"
            | "overdue"
            | "user_refused" => Self::Retry,
            // Answers to calls; a client bears one only if we erred.
            "tenant_required"
            | "client_not_found"
            | "ozon_key_not_found"
            | "person_malformed"
            | "person_needed"
            | "wb_token_not_found"
            | "client_email_taken"
            | "client_stage_conflict"
            | "invite_malformed"
            | "member_malformed"
            | "member_not_found"
            | "idempotency_key_reused"
            | "reason_required"
            | "trouble_not_found"
            | "trouble_claimed"
            | "stored_reply_unreadable"
            | "person_not_found"
            | "person_unknown"
            | "workspace_not_found"
            | "workspace_inactive"
            | "workspace_needed"
            | "incident_not_found"
            | "job_overtaken"
            | "invitations_halted"
            | "tenant_invitations_halted"
            | "rollout_complete"
            | "rollout_elsewhere"
            | "rollout_gate_shut"
            | "rollout_not_back"
            | "rollout_not_open"
            | "rollout_pilot_full" => Self::Investigate,
            _ => return None,
        })
    }

    /// The table of the engine and the vault below us.
    fn of_engine(reason: &str) -> Option<Self> {
        Some(match reason {
            "host_busy" | "job_start_busy" | "kms_unavailable" => Self::Retry,
            "job_data_unreadable"
            | "step_unknown"
            | "job_key_reused"
            | "job_input_unwritable"
            | "job_unknown"
            | "job_code_unknown"
            | "job_skip_refused"
            | "job_state_conflict"
            | "job_earlier_step_missing"
            | "job_not_paused"
            | "job_reason_missing"
            | "job_schedule_unknown"
            | "job_schedule_unreadable"
            | "job_signal_reused"
            | "job_singleton_taken"
            | "job_step_state_conflict"
            | "job_step_unknown"
            | "checkpoint_unwritable"
            | "signal_missing"
            | "child_failed"
            | "child_refused"
            | "step_panicked"
            | "database_failure" => Self::Investigate,
            "secret_refused"
            | "secret_format_unknown"
            | "secret_purpose_unregistered"
            | "master_key_missing"
            | "data_key_refused"
            | "kms_failure"
            | "crypto_failure" => Self::Investigate,
            _ => return None,
        })
    }

    /// The same as a sentence.
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            Self::FixToken => "Ask the client for a new marketplace token and give it.",
            Self::AskToAccept => "Send the invitation again and ask the client to accept it.",
            Self::RaiseBackendKey => {
                "Give the platform a key that the legacy backend accepts (USHER_LEGACY_API_KEY), then retry."
            }
            Self::AskBackend => {
                "Ask the people of the legacy backend about this spreadsheet, then retry."
            }
            Self::Retry => "Retry; if it fails again, see whether the legacy backend is well.",
            Self::Investigate => "Look into the log by the client's id; this is a fault of ours.",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// Folders whose failures may become a client's.
    const SOURCES: [&str; 5] = [
        "crates/provisioning/src",
        "crates/connector/src",
        "crates/jobs/src",
        "crates/vault/src",
        "crates/pg/src/error.rs",
    ];

    #[test]
    fn every_reason_of_the_code_base_has_a_remedy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut reasons = BTreeSet::new();
        for source in SOURCES {
            gather(&root.join(source), &mut reasons);
        }
        assert!(reasons.len() >= 40, "only {} reasons were found", reasons.len());
        reasons.extend(kinds(&root.join("crates/outbound/src/fault.rs")));
        for known in ["legacy_rejected", "wb_token_expired", "timed_out", "secret_shredded"] {
            assert!(reasons.contains(known), "{known} was not found");
        }
        let missing: Vec<_> =
            reasons.iter().filter(|reason| Remedy::known(reason).is_none()).collect();
        assert!(missing.is_empty(), "without a remedy: {missing:?}");
    }

    #[test]
    fn a_reason_of_another_build_needs_a_look() {
        assert_eq!(Remedy::of("unheard_of"), Remedy::Investigate);
    }

    fn gather(place: &Path, reasons: &mut BTreeSet<String>) {
        if let Ok(entries) = fs::read_dir(place) {
            for entry in entries {
                gather(&entry.expect("readable").path(), reasons);
            }
        } else if place.extension().is_some_and(|kind| kind == "rs") && !place.ends_with("tests.rs")
        {
            let text = fs::read_to_string(place).expect("readable");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            reasons.extend(steps(code));
            reasons.extend(tables(code));
            reasons.extend(constants(code));
        }
    }

    /// The kinds of failed calls, as the backend's connector names them.
    fn kinds(fault: &Path) -> Vec<String> {
        let text = fs::read_to_string(fault).expect("readable");
        let (_, list) = text.split_once("pub enum Kind {").expect("kinds");
        let (list, _) = list.split_once("\n    }").expect("an end");
        list.split('"').skip(1).step_by(2).map(|kind| format!("legacy_{kind}")).collect()
    }

    /// `StepError::config("…", …)` and its like: the first word given.
    fn steps(code: &str) -> impl Iterator<Item = String> + '_ {
        let makers = ["config(", "transient(", "system("];
        makers.into_iter().flat_map(move |maker| {
            code.split(maker)
                .skip(1)
                .filter_map(|rest| rest.trim_start().strip_prefix('"').and_then(word))
        })
    }

    /// `=> "…"` within `fn reason`.
    fn tables(code: &str) -> impl Iterator<Item = String> + '_ {
        code.split("fn reason(").skip(1).flat_map(|rest| {
            let body = rest.split("\n    }").next().unwrap_or_default();
            body.split("=> \"").skip(1).filter_map(word)
        })
    }

    /// `const …_REASON: &str = "…"`.
    fn constants(code: &str) -> impl Iterator<Item = String> + '_ {
        code.split("_REASON: &str = \"").skip(1).filter_map(word)
    }

    fn word(rest: &str) -> Option<String> {
        let (word, _) = rest.split_once('"')?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        (!word.is_empty() && word.bytes().all(plain)).then(|| word.to_owned())
    }
}
