//! What goes wrong with one check.

/// One thing that goes wrong with one check; the token is not used up by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, with a page of HTML.
    Status(u16),
    /// 200 with what is no JSON.
    Rubbish,
    /// `success: false` with these error codes.
    Codes(Vec<String>),
    /// The connection closes without an answer.
    Cut,
    /// Silence for so many milliseconds, then 500.
    Hang(u64),
}
