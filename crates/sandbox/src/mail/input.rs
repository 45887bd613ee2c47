//! Bytes from an SMTP client, read without trust: bounded lines, bounded mails.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Four times what RFC 5321 allows; a longer command line is no command.
const LONGEST_COMMAND: usize = 2048;

/// A client that sends this much without an end of line is not talking SMTP.
const PATIENCE: usize = 1024 * 1024;

pub(super) enum Line {
    Text(Vec<u8>),
    TooLong,
    /// The client has gone, or never ends its line.
    End,
}

pub(super) enum Mail {
    Whole(Vec<u8>),
    TooLarge,
    End,
}

/// The next command without its end of line. A bare line feed ends a command, too.
pub(super) async fn command(input: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Line> {
    let (mut line, mut read) = (Vec::new(), 0);
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() || read > PATIENCE {
            return Ok(Line::End);
        }
        let end = available.iter().position(|&byte| byte == b'\n');
        let used = end.map_or(available.len(), |at| at + 1);
        let room = (LONGEST_COMMAND + 1).saturating_sub(line.len());
        line.extend_from_slice(&available[..used.min(room)]);
        read += used;
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if read > LONGEST_COMMAND {
        return Ok(Line::TooLong);
    }
    line.pop();
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Line::Text(line))
}

/// A mail up to `CRLF . CRLF`, its doubled leading dots undone. No other sequence ends it, so
/// that a mail cannot hide a second one. What goes beyond `limit` is read and thrown away.
pub(super) async fn mail(
    input: &mut (impl AsyncBufRead + Unpin),
    limit: usize,
) -> io::Result<Mail> {
    let mut mail = Unstuffing { bytes: Vec::new(), state: State::LineStart, limit, over: false };
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() {
            return Ok(Mail::End);
        }
        let (used, ended) = mail.feed(available);
        input.consume(used);
        if ended {
            return Ok(if mail.over { Mail::TooLarge } else { Mail::Whole(mail.bytes) });
        }
    }
}

struct Unstuffing {
    bytes: Vec<u8>,
    state: State,
    limit: usize,
    over: bool,
}

#[derive(Clone, Copy)]
enum State {
    /// After `CRLF`, or at the very start.
    LineStart,
    /// After a dot that began a line: it is stuffing, or the end is near.
    Dot,
    /// After `CRLF . CR`.
    DotReturn,
    Return,
    Inside,
}

impl Unstuffing {
    /// How many bytes were used, and whether the mail has ended with them.
    fn feed(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, &byte) in bytes.iter().enumerate() {
            self.state = match (self.state, byte) {
                (State::LineStart, b'.') => State::Dot,
                (State::Dot, b'\r') => State::DotReturn,
                (State::DotReturn, b'\n') => return (at + 1, true),
                (State::DotReturn, _) => {
                    // The held return belongs to the text after all.
                    self.keep(b'\r');
                    self.keep(byte);
                    if byte == b'\r' { State::Return } else { State::Inside }
                }
                (State::Return, b'\n') => {
                    self.keep(byte);
                    State::LineStart
                }
                (_, b'\r') => {
                    self.keep(byte);
                    State::Return
                }
                _ => {
                    self.keep(byte);
                    State::Inside
                }
            };
        }
        (bytes.len(), false)
    }

    fn keep(&mut self, byte: u8) {
        if self.bytes.len() < self.limit {
            self.bytes.push(byte);
        } else {
            // A refused mail needs no memory.
            self.over = true;
            self.bytes = Vec::new();
            self.limit = 0;
        }
    }
}
