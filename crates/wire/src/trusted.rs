//! Calls that the platform's trust alone let in, told to whoever audits them.

use kernel::{Code, Cx};
use tokio::sync::mpsc;
use tonic::Status;

use crate::{rule::v1::Rule, status::plain};

/// Who called, for which tenant, and which method: nobody gave them its permission, and it leaves no audit row of its own.
#[derive(Debug, Clone)]
pub struct Trusted {
    /// The context of the call.
    pub cx: Cx,
    /// The method's gRPC path.
    pub method: String,
}

/// Tells of a call that only trust lets in. One that changes something is audited with its change.
///
/// # Errors
/// Nobody writes down who looks, since the journal is full or gone: then trust alone lets nobody look.
pub(crate) fn tell(
    journal: Option<&mpsc::Sender<Trusted>>,
    rule: &Rule,
    cx: &Cx,
    method: &str,
) -> Result<(), Status> {
    if let Some(journal) = journal.filter(|_| rule.audit.is_empty()) {
        let told = journal.try_send(Trusted { cx: cx.clone(), method: method.to_owned() });
        told.map_err(|_| {
            tracing::warn!(method, "a call by trust was refused: it would stand in no audit");
            let message = "The audit is behind; try again shortly.";
            plain(Code::Unavailable, "audit_behind", message)
        })?;
    }
    tracing::info!(
        method,
        permission = rule.permission,
        "the platform's trust alone let a call in"
    );
    metrics::counter!("usher_rpc_trusted_total").increment(1);
    Ok(())
}
