//! The machine below the figures: how fast it writes and hashes, so that two runs can be compared.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    num::NonZero,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use serde_json::json;

use crate::{cpu, stats::median};

/// How long each thing is tried.
const TRIAL: Duration = Duration::from_secs(1);

/// The platform's way of hashing passwords: argon2id, 19 MiB, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The calibration.
#[derive(Debug)]
pub(crate) struct Machine {
    cores: usize,
    load: String,
    fdatasyncs: f64,
    fdatasync_ms: f64,
    hashes: f64,
    hash_cpu_ms: f64,
}

impl Machine {
    /// Tries the machine; `folder` is where the databases will be.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn calibrate(folder: &Path) -> Result<Self> {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let taken = fdatasyncs(folder).context("writing to the data folder")?;
        let cores = cores();
        Ok(Self {
            cores,
            load: load.split_whitespace().take(3).collect::<Vec<_>>().join(" "),
            fdatasyncs: taken.len() as f64 / (taken.iter().sum::<f64>() / 1000.0),
            fdatasync_ms: median(&taken),
            hashes: hashes_alone()?,
            hash_cpu_ms: hash_cpu_ms()?,
        })
    }

    /// In one line.
    pub(crate) fn line(&self) -> String {
        format!(
            "calibration: {} cores, load {} at the start; {:.0} fdatasync/s (4 KiB each, median {:.2} ms); \
             argon2id {:.1} hashes/s on one thread, {:.1} CPU·ms each while all cores hash",
            self.cores,
            self.load,
            self.fdatasyncs,
            self.fdatasync_ms,
            self.hashes,
            self.hash_cpu_ms
        )
    }

    /// For programs.
    pub(crate) fn json(&self) -> serde_json::Value {
        json!({
            "cores": self.cores,
            "loadAtStart": self.load,
            "fdatasyncPerSecond": self.fdatasyncs,
            "fdatasyncMedianMs": self.fdatasync_ms,
            "hashesPerSecondOfOneThread": self.hashes,
            "hashCpuMsOnAllCores": self.hash_cpu_ms,
        })
    }
}

/// How many cores there are.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// How long each write of a page took until the disk had it, milliseconds.
fn fdatasyncs(folder: &Path) -> Result<Vec<f64>> {
    let mut file = tempfile::tempfile_in(folder)?;
    let page = [7_u8; 4096];
    file.write_all(&page)?;
    file.sync_all()?;
    let (begun, mut taken) = (Instant::now(), Vec::new());
    while begun.elapsed() < TRIAL {
        let started = Instant::now();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&page)?;
        file.sync_data()?;
        taken.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(taken)
}

/// Hashes a second of one thread that has a core for itself.
fn hashes_alone() -> Result<f64> {
    // Memory is taken from the system once before it counts.
    hash_once()?;
    let (done, elapsed) = hash_for(TRIAL)?;
    Ok(f64::from(done) / elapsed.as_secs_f64())
}

/// Processor time of one hash while every core hashes, as it does under load; milliseconds. Blocks for a second.
///
/// # Errors
/// /proc cannot be read.
pub(crate) fn hash_cpu_ms() -> Result<f64> {
    let before = cpu::of_self()?;
    let busy: Vec<_> = (0..cores()).map(|_| thread::spawn(|| hash_for(TRIAL))).collect();
    let mut done = 0;
    for thread in busy {
        let hashed = thread.join();
        done += hashed.map_err(|_| anyhow::anyhow!("a hashing thread died"))??.0;
    }
    let used = cpu::of_self()? - before;
    Ok(used.total() / f64::from(done.max(1)))
}

fn hash_for(time: Duration) -> Result<(u32, Duration)> {
    let (begun, mut done) = (Instant::now(), 0);
    while begun.elapsed() < time {
        hash_once()?;
        done += 1;
    }
    Ok((done, begun.elapsed()))
}

fn hash_once() -> Result<()> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|problem| anyhow::anyhow!("argon2: {problem}"))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    hasher
        .hash_password(b"correct horse battery staple")
        .map_err(|problem| anyhow::anyhow!("argon2: {problem}"))?;
    Ok(())
}
