//! The peers, each a program with one protocol: arguments, `ready`, a line that says go, one line of answer.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{
    server::Server,
    task::{self, Answer, Measured, Task},
};
use crate::cpu;

/// Where the programs in JavaScript are, with the Node that they need.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// How long a task may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a user would pick instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Peer {
    /// graphile-worker, with its local queue and its batched ends.
    Graphile,
    /// pg-boss, with batches, several workers and notifications.
    Pgboss,
    /// apalis-postgres, with batches and notifications.
    Apalis,
    /// DBOS Transact for Rust.
    Dbos,
}

impl Peer {
    /// Its name.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Graphile => "graphile-worker",
            Self::Pgboss => "pg-boss",
            Self::Apalis => "apalis-postgres",
            Self::Dbos => "dbos",
        }
    }

    /// A word for its databases.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Graphile => "graphile",
            Self::Pgboss => "pgboss",
            Self::Apalis => "apalis",
            Self::Dbos => "dbos",
        }
    }

    /// How much it takes on at a time when it drains: what its own figures were made with, or what served it best here.
    const fn concurrency(self) -> usize {
        match self {
            Self::Graphile => 24,
            Self::Pgboss => 8,
            Self::Apalis | Self::Dbos => 200,
        }
    }

    fn command(self, programs: &Path) -> (PathBuf, Option<PathBuf>) {
        let folder = Path::new(FOLDER);
        let kind = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
        let node = folder.join(format!("node_modules/node-linux-{kind}/bin/node"));
        match self {
            Self::Graphile => (node, Some(folder.join("graphile.mjs"))),
            Self::Pgboss => (node, Some(folder.join("pgboss.mjs"))),
            Self::Apalis => (programs.join("apalis"), None),
            Self::Dbos => (programs.join("dbos"), None),
        }
    }

    /// Makes its schema.
    ///
    /// # Errors
    /// It is not built, or fails.
    pub(crate) async fn setup(self, programs: &Path, url: &str) -> Result<()> {
        self.call(programs, url, "setup", (0, 1)).await
    }

    /// Makes a task; `None` where it has no such notion.
    ///
    /// # Errors
    /// It fails, or does not answer in time.
    pub(crate) async fn make(
        self,
        programs: &Path,
        server: &Server,
        url: &str,
        task: Task,
    ) -> Result<Option<Measured>> {
        if task.is_drain() {
            self.call(programs, url, "fill", (task.count, 8)).await?;
        }
        let at_once = match task.word() {
            "enqueue" | "steps" => task.at_once,
            _ => self.concurrency(),
        };
        let mut program =
            Program::start(self.command(programs), url, task.word(), (task.count, at_once))?;
        let prepared = program.line().await?;
        if prepared != "ready" {
            ensure!(task::read(&prepared)?.unsupported, "it says {prepared}");
            program.end().await?;
            return Ok(None);
        }
        server.checkpoint().await?;
        let used =
            || anyhow::Ok((cpu::of_tree(program.id()?)?, cpu::of_tree(server.postmaster())?));
        let before = used()?;
        program.go().await?;
        let answer = program.answer().await?;
        let used =
            || anyhow::Ok((cpu::of_tree(program.id()?)?, cpu::of_tree(server.postmaster())?));
        let after = used()?;
        program.end().await?;
        Measured::new(&answer, after.0 - before.0, after.1 - before.1).map(Some)
    }

    async fn call(
        self,
        programs: &Path,
        url: &str,
        word: &str,
        size: (usize, usize),
    ) -> Result<()> {
        let mut program = Program::start(self.command(programs), url, word, size)?;
        let prepared = program.line().await?;
        ensure!(prepared == "ready", "{word}: it says {prepared}");
        program.go().await?;
        program.answer().await?;
        program.end().await
    }
}

/// A running program of a peer, which never outlives the comparison.
struct Program {
    process: Child,
    input: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(
        (program, script): (PathBuf, Option<PathBuf>),
        url: &str,
        word: &str,
        (count, at_once): (usize, usize),
    ) -> Result<Self> {
        ensure!(program.is_file(), "{} is not there: run `make bench-peers`", program.display());
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .args(script)
            .args([word, &count.to_string(), &at_once.to_string()])
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("DATABASE_URL", url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().context("cannot run setpriv: run `make deps`")?;
        let input = process.stdin.take().context("its input is piped")?;
        let output = process.stdout.take().context("its output is piped")?;
        Ok(Self { process, input, said: BufReader::new(output).lines() })
    }

    fn id(&self) -> Result<u32> {
        self.process.id().context("it has ended by itself")
    }

    async fn line(&mut self) -> Result<String> {
        let line = timeout(PATIENCE, self.said.next_line()).await.context("it does not answer")?;
        line?.context("it ended without an answer")
    }

    async fn go(&mut self) -> Result<()> {
        Ok(self.input.write_all(b"go\n").await?)
    }

    async fn answer(&mut self) -> Result<Answer> {
        let line = self.line().await?;
        let answer = task::read(&line)?;
        ensure!(!answer.unsupported, "it was ready for a task that it does not know");
        Ok(answer)
    }

    async fn end(mut self) -> Result<()> {
        drop(self.input);
        let ended = timeout(PATIENCE, self.process.wait()).await.context("it does not end")??;
        if !ended.success() {
            bail!("it ended with {ended}");
        }
        Ok(())
    }
}
