//! What a failed call outside means to the step that made it.

use connector::{Class, Effect, Fault};
use jobs::StepError;

/// The failure of a step: the same words, and the same classes under the engine's names.
pub(super) fn failed(fault: Fault) -> StepError {
    let Fault { reason, class, effect, retry_after, user, operator, .. } = fault;
    metrics::counter!(
        "usher_job_connector_failures_total",
        "connector" => "legacy", "class" => class.as_str()
    )
    .increment(1);
    let error = match class {
        Class::Config => StepError::config(reason, user, operator),
        Class::Transient => StepError::transient(reason, user, operator),
        Class::System => StepError::system(reason, operator),
    };
    let error = match effect {
        Effect::None => error.without_effect(),
        Effect::Unknown => error.with_unknown_effect(),
    };
    error.retry_after(retry_after)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use connector::Kind;

    use super::*;

    #[test]
    fn a_step_fails_as_its_call_did() {
        for kind in Kind::ALL {
            let pause = Some(Duration::from_secs(3));
            let fault = Fault::new(*kind, "user", "operator").of("legacy").retry_after(pause);
            let step = failed(fault.clone());
            assert_eq!(step.reason, fault.reason);
            assert_eq!(step.class.as_str(), fault.class.as_str(), "{kind}");
            assert_eq!(step.effect.as_str(), fault.effect.as_str(), "{kind}");
            assert_eq!((step.operator.as_str(), step.retry_after), ("operator", pause));
        }
    }
}
