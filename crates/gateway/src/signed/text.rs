//! What is signed. Pure: the same call has the same text wherever it is made and checked.

use std::fmt::Write;

use aws_lc_rs::digest;

/// The first line of a text; another form will have another.
const FORM: &str = "usher-signature-1";

/// A call as it is signed: each value as it stands on the wire, and empty where it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) caller: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// The SHA-256 of the body, in hex.
    pub(super) body: String,
    pub(super) tenant: String,
    pub(super) slug: String,
    pub(super) user: String,
    pub(super) flags: String,
    /// `If-Match`: for which version of a thing a change is meant.
    pub(super) version: String,
    /// `Idempotency-Key`: of which call it is a repeat.
    pub(super) repeat: String,
    pub(super) request_id: String,
    pub(super) timestamp: String,
    pub(super) nonce: String,
}

impl Call {
    /// One line each, so that nothing of one value can pass for another's: no value holds a line's end.
    pub(super) fn text(&self) -> String {
        [
            FORM,
            &self.caller,
            &self.method,
            &self.path,
            &self.query,
            &self.body,
            &self.tenant,
            &self.slug,
            &self.user,
            &self.flags,
            &self.version,
            &self.repeat,
            &self.request_id,
            &self.timestamp,
            &self.nonce,
        ]
        .join("\n")
    }

    /// The text of the old form, which leaves out tenant, person, flags, query, version and repeat.
    pub(super) fn old_text(&self) -> String {
        [&*self.method, &self.path, &self.body, &self.request_id, &self.timestamp].join("\n")
    }
}

/// The SHA-256 of these bytes in lower-case hex.
pub(super) fn sum(bytes: &[u8]) -> String {
    digest::digest(&digest::SHA256, bytes).as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
