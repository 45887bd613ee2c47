//! A program made with a client library, and the talk with it: it asks for what the world around it does.

use std::{process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    task::spawn_blocking,
    time::timeout,
};

use super::install;

/// How long a program may think: generous, because a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whose client it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Library {
    OpenidClient,
    Authlib,
}

impl Library {
    pub(super) const ALL: [Self; 2] = [Self::OpenidClient, Self::Authlib];

    /// How its program is run. Neither goes through a proxy to this very machine.
    fn command(self) -> Command {
        const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/relying");
        let mut command = match self {
            Self::OpenidClient => {
                let (node, modules) = install::node();
                let mut node = Command::new(node);
                node.arg(format!("{HERE}/openid_client.mjs")).current_dir(modules);
                node
            }
            Self::Authlib => {
                let mut python = Command::new("python3");
                python.args(["-B", &format!("{HERE}/authlib_client.py")]);
                // Authlib's own switch for a provider without TLS.
                python.env("PYTHONPATH", install::python()).env("AUTHLIB_INSECURE_TRANSPORT", "1");
                python
            }
        };
        command.env("NO_PROXY", "*");
        command
    }
}

/// A program at its journey.
pub(super) struct Program {
    child: Child,
    say: ChildStdin,
    hear: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts it with what it is given.
    pub(super) async fn start(library: Library, given: &Value) -> Self {
        let command = spawn_blocking(move || library.command()).await;
        let mut command =
            command.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().expect("the program starts");
        let say = child.stdin.take().expect("a way in");
        let hear = BufReader::new(child.stdout.take().expect("a way out")).lines();
        let mut program = Self { child, say, hear };
        program.tell(given).await;
        program
    }

    /// What it asks for next. Panics with its own words where something was not as it expected.
    pub(super) async fn asks(&mut self) -> Value {
        let line = timeout(PATIENCE, self.hear.next_line()).await;
        let line = line.expect("the program goes on").expect("text");
        let Some(line) = line else {
            let mut said = String::new();
            let mut complaint = self.child.stderr.take().expect("a way to complain");
            complaint.read_to_string(&mut said).await.expect("text");
            panic!("{said}");
        };
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"))
    }

    /// Answers it.
    pub(super) async fn tell(&mut self, answer: &Value) {
        let line = format!("{answer}\n");
        self.say.write_all(line.as_bytes()).await.expect("it listens");
    }
}
