//! Results on standard output. A reader that has left, as `head` does, ends a command and is no failure.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// Writes one line.
///
/// # Errors
/// The output is closed; see [`reader_left`].
pub fn line(text: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Whether a command failed only because nobody reads its output any more.
#[must_use]
pub fn reader_left(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
