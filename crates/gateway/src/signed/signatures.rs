//! Whether a signed call is let in: form, signer, time, signature, and that it comes once.

use aws_lc_rs::digest;
use bus::Nats;
use kernel::Timestamp;

use super::{
    Callers,
    callers::is_timely,
    head::{Form, Head, Refusal},
    nonces::Nonces,
    text::{Call, sum},
};
use crate::Config;

/// What signed calls are checked against.
pub(crate) struct Signatures {
    callers: Callers,
    takes_old: bool,
    nonces: Nonces,
}

/// What of a call is not in its headers.
pub(super) struct Rest<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
}

impl Signatures {
    pub(crate) fn new(
        config: &Config,
        callers: Callers,
        nats: Option<&Nats>,
        now: Timestamp,
    ) -> Self {
        let takes_old = config.old_signatures;
        if takes_old && !callers.is_empty() {
            tracing::warn!(
                "calls signed in the old form are taken: their tenant, person, flags, query, version and repeat are not signed"
            );
        }
        Self { callers, takes_old, nonces: Nonces::new(nats, now.jiff().as_second()) }
    }

    /// What can be told without the body: a stranger's is not waited for.
    pub(super) fn screen(&self, head: &Head, now: Timestamp) -> Result<(), Refusal> {
        match &head.form {
            Form::New { caller, .. } => self.callers.know(caller)?,
            Form::Old if !self.takes_old => return Err(Refusal::OldForm),
            Form::Old => {}
        }
        let timely = is_timely(head.timestamp.1, now.jiff().as_second());
        if timely { Ok(()) } else { Err(Refusal::Expired) }
    }

    /// The name of the signer of a call that is let in now and never again.
    pub(super) async fn accept(
        &self,
        head: &Head,
        rest: Rest<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<String, Refusal> {
        self.screen(head, now)?;
        let call = call(head, rest, body);
        let (caller, word) = match &head.form {
            Form::New { caller, nonce } => {
                self.callers.check(&call, &head.signature)?;
                (caller.clone(), nonce.clone())
            }
            // It has no word of its own: the signature itself, which holds request id and time, counts once.
            Form::Old => {
                let caller = self.callers.find(&call, &head.signature)?;
                (caller.to_owned(), format!("old\n{}", sum(&head.signature)))
            }
        };
        let word = sum(format!("{caller}\n{word}").as_bytes());
        self.nonces.take(&word, head.timestamp.1, now.jiff().as_second()).await?;
        Ok(caller)
    }
}

fn call(head: &Head, rest: Rest<'_>, body: &[u8]) -> Call {
    let (caller, nonce) = match &head.form {
        Form::New { caller, nonce } => (caller.clone(), nonce.clone()),
        Form::Old => Default::default(),
    };
    Call {
        caller,
        method: rest.method.to_owned(),
        path: rest.path.to_owned(),
        query: rest.query.to_owned(),
        body: sum(body),
        tenant: head.tenant.clone(),
        slug: head.slug.0.clone(),
        user: head.user.to_string(),
        flags: head.flags.0.clone(),
        version: head.version.clone(),
        repeat: head.repeat.clone(),
        request_id: head.request_id.clone(),
        timestamp: head.timestamp.0.clone(),
        nonce,
    }
}

/// What stands for a caller where sessions have ids: the beginning of a sum of its name.
pub(super) fn mark(caller: &str) -> [u8; 16] {
    let sum = digest::digest(&digest::SHA256, caller.as_bytes());
    let mut mark = [0; 16];
    mark.copy_from_slice(&sum.as_ref()[..16]);
    mark
}
