//! SMTP (RFC 5321) with PIPELINING, SIZE, 8BITMIME and SMTPUTF8; no sign-in, no TLS, no relay.

use std::{io, ops::ControlFlow, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncWriteExt, BufReader, BufWriter},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{
    command::{self, Command},
    config::{Config, Fault},
    input::{self, Line, Mail},
    store::Store,
};
use crate::life::Life;

const MOST_RECIPIENTS: usize = 100;

/// A client with this many mistakes is not talking SMTP.
const MOST_MISTAKES: u32 = 20;

/// After a failed accept (out of descriptors, mostly) another try at once would fail as well.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(super) struct Server {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) life: Life,
}

/// Whether the connection goes on.
type Next = ControlFlow<()>;

pub(super) fn serve(server: Arc<Server>, listener: TcpListener) {
    let life = server.life.clone();
    life.spawn(async move {
        let ending = server.life.ending.clone();
        while let Some(accepted) = ending.run_until_cancelled(listener.accept()).await {
            let Ok((stream, _peer)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let session = Session::new(server.clone(), stream);
            server.life.spawn(async move {
                if let Err(failure) = session.run().await {
                    tracing::debug!(%failure, "a mail client went away");
                }
            });
        }
    });
}

struct Session {
    server: Arc<Server>,
    input: BufReader<OwnedReadHalf>,
    output: BufWriter<OwnedWriteHalf>,
    greeted: bool,
    from: Option<String>,
    to: Vec<String>,
    mistakes: u32,
}

impl Session {
    fn new(server: Arc<Server>, stream: TcpStream) -> Self {
        // Replies are small; failing to send them at once is harmless.
        stream.set_nodelay(true).ok();
        let (input, output) = stream.into_split();
        Session {
            server,
            input: BufReader::with_capacity(64 * 1024, input),
            output: BufWriter::new(output),
            greeted: false,
            from: None,
            to: Vec::new(),
            mistakes: 0,
        }
    }

    async fn run(mut self) -> io::Result<()> {
        let ending = self.server.life.ending.clone();
        let idle = Duration::from_secs(self.server.config.idle_seconds);
        self.reply("220 sandbox ESMTP").await?;
        loop {
            self.flush_unless_pipelined().await?;
            let line = tokio::select! {
                line = input::command(&mut self.input) => line?,
                () = ending.cancelled() => return self.goodbye("421 shutting down").await,
                () = tokio::time::sleep(idle) => return self.goodbye("421 too silent").await,
            };
            let next = match line {
                Line::End => return Ok(()),
                Line::TooLong => self.mistake("500 line too long").await?,
                Line::Text(line) => self.obey(command::parse(&line)).await?,
            };
            if next.is_break() {
                return self.output.shutdown().await;
            }
        }
    }

    async fn obey(&mut self, command: Command) -> io::Result<Next> {
        match command {
            Command::Hello => {
                self.forget();
                self.greeted = true;
                self.reply("250 sandbox").await?;
            }
            Command::ExtendedHello => {
                self.forget();
                self.greeted = true;
                let size = self.server.config.max_bytes;
                let lines = format!(
                    "250-sandbox\r\n250-PIPELINING\r\n250-SIZE {size}\r\n250-8BITMIME\r\n250 SMTPUTF8"
                );
                self.reply(&lines).await?;
            }
            Command::Mail { from, size } => return self.mail(from, size).await,
            Command::Recipient(to) => return self.recipient(to).await,
            Command::Data => return self.data().await,
            Command::Reset => {
                self.forget();
                self.reply("250 forgotten").await?;
            }
            Command::Nothing => self.reply("250 still here").await?,
            Command::Verify => self.reply("252 send and see").await?,
            Command::Quit => {
                self.reply("221 goodbye").await?;
                return Ok(Next::Break(()));
            }
            Command::BadArguments => return self.mistake("501 arguments not understood").await,
            Command::NotServed => return self.mistake("502 not served here").await,
            Command::Unknown => return self.mistake("500 command not understood").await,
        }
        Ok(Next::Continue(()))
    }

    async fn mail(&mut self, from: String, size: Option<usize>) -> io::Result<Next> {
        if !self.greeted {
            return self.mistake("503 say EHLO first").await;
        }
        if self.from.is_some() {
            return self.mistake("503 a mail is open already").await;
        }
        if size.is_some_and(|size| size > self.server.config.max_bytes) {
            self.reply("552 too large").await?;
        } else {
            self.from = Some(from);
            self.reply("250 sender noted").await?;
        }
        Ok(Next::Continue(()))
    }

    async fn recipient(&mut self, to: String) -> io::Result<Next> {
        if self.from.is_none() {
            return self.mistake("503 say MAIL first").await;
        }
        if self.to.len() >= MOST_RECIPIENTS {
            self.reply("452 too many recipients").await?;
        } else {
            self.to.push(to);
            self.reply("250 recipient noted").await?;
        }
        Ok(Next::Continue(()))
    }

    async fn data(&mut self) -> io::Result<Next> {
        if self.to.is_empty() {
            return self.mistake("503 say MAIL and RCPT first").await;
        }
        self.reply("354 end with a dot").await?;
        self.output.flush().await?;
        let idle = Duration::from_secs(self.server.config.idle_seconds);
        let limit = self.server.config.max_bytes;
        let ending = self.server.life.ending.clone();
        // One limit for the whole mail: a client may not drip for ever.
        let mail = tokio::select! {
            mail = input::mail(&mut self.input, limit) => mail?,
            () = ending.cancelled() => return Ok(Next::Break(())),
            () = tokio::time::sleep(idle) => Mail::End,
        };
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        match mail {
            Mail::End => Ok(Next::Break(())),
            Mail::TooLarge => {
                self.reply("552 too large").await?;
                Ok(Next::Continue(()))
            }
            Mail::Whole(raw) => self.take(from, to, raw).await,
        }
    }

    /// The mail is whole: keep it, or play its fault, or both.
    async fn take(&mut self, from: String, to: Vec<String>, raw: Vec<u8>) -> io::Result<Next> {
        let server = self.server.clone();
        let delay = server.config.latency.draw(server.config.mix.seed, server.store.next());
        if !delay.is_zero() {
            server.life.ending.run_until_cancelled(tokio::time::sleep(delay)).await;
        }
        let fault = match server.store.take(from, to, raw) {
            Ok(fault) => fault,
            Err(failure) => {
                tracing::warn!(%failure, "the mail stand-in could not write its journal");
                Some(Fault::TryLater)
            }
        };
        match fault {
            None => self.reply("250 kept").await?,
            Some(Fault::TryLater) => self.reply("451 try again later").await?,
            Some(Fault::Rejected) => self.reply("554 not wanted").await?,
            Some(Fault::NoMailbox) => self.reply("550 5.1.1 no such mailbox").await?,
            Some(Fault::DroppedUnkept | Fault::DroppedBeforeReply) => return Ok(Next::Break(())),
            Some(Fault::DroppedAfterReply) => {
                self.reply("250 kept").await?;
                return Ok(Next::Break(()));
            }
        }
        Ok(Next::Continue(()))
    }

    async fn mistake(&mut self, reply: &str) -> io::Result<Next> {
        self.reply(reply).await?;
        self.mistakes += 1;
        if self.mistakes < MOST_MISTAKES {
            return Ok(Next::Continue(()));
        }
        self.reply("421 too many mistakes").await?;
        Ok(Next::Break(()))
    }

    async fn reply(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes()).await?;
        self.output.write_all(b"\r\n").await
    }

    /// A pipelining client gets its replies in one go, as it sent its commands.
    async fn flush_unless_pipelined(&mut self) -> io::Result<()> {
        if self.input.buffer().contains(&b'\n') { Ok(()) } else { self.output.flush().await }
    }

    async fn goodbye(mut self, text: &str) -> io::Result<()> {
        self.reply(text).await?;
        self.output.shutdown().await
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }
}
