//! What a stand-in must not forget: an append-only file of JSON lines, replayed at start.
//!
//! Every record is handed to the operating system before its effect is shown, so it outlives a
//! killed process. It is not forced to the disk: a power cut is outside the play.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;
use serde::{Serialize, de::DeserializeOwned};

pub(crate) enum Journal {
    /// Nothing is kept: the stand-in was started without a data folder.
    Memory,
    File {
        file: File,
        length: u64,
    },
    /// The stand-in was stopped; whatever still runs must not change the outside world.
    Closed,
}

impl Journal {
    /// Opens the file (readable by its owner alone: it holds whole tokens and mails) and hands
    /// every record to `replay`. A torn last line, left by a kill in mid-write, is cut off.
    pub(crate) fn open<R: DeserializeOwned>(
        path: Option<&Path>,
        mut replay: impl FnMut(R),
    ) -> anyhow::Result<Journal> {
        let Some(path) = path else {
            return Ok(Journal::Memory);
        };
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("cannot open the journal {}", path.display()))?;
        let mut reader = BufReader::new(file);
        let (mut length, mut line, mut number) = (0, Vec::new(), 0);
        loop {
            line.clear();
            number += 1;
            let read = reader.read_until(b'\n', &mut line)?;
            if !line.ends_with(b"\n") {
                break;
            }
            // The text of the error would quote the record; only its place is told.
            let record = serde_json::from_slice(&line)
                .ok()
                .with_context(|| format!("{} line {number} is not a record", path.display()))?;
            replay(record);
            length += read as u64;
        }
        let file = reader.into_inner();
        file.set_len(length)?;
        Ok(Journal::File { file, length })
    }

    /// Adds one record as one line, or leaves the file as it was.
    ///
    /// # Errors
    /// The file cannot be written, or the journal is closed.
    pub(crate) fn append(&mut self, record: &impl Serialize) -> io::Result<()> {
        match self {
            Journal::Memory => Ok(()),
            Journal::Closed => Err(io::Error::other("the stand-in has stopped")),
            Journal::File { file, length } => {
                let mut line = serde_json::to_vec(record)?;
                line.push(b'\n');
                if let Err(failure) = file.write_all(&line) {
                    file.set_len(*length)?;
                    return Err(failure);
                }
                *length += line.len() as u64;
                Ok(())
            }
        }
    }

    pub(crate) fn close(&mut self) {
        *self = Journal::Closed;
    }
}
