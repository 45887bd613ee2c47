//! Lines to the outside that count what a platform writes and go dead, all at once, at a chosen write.

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
};

/// No write: the lines stay alive.
const NEVER: u64 = u64::MAX;

/// Whether the write at which the lines go dead still arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// It is lost.
    Lost,
    /// It arrives, and its answer is lost.
    Arrives,
}

/// Where a line leads.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Tcp(String),
    Unix(PathBuf),
}

/// The lines of one platform. Once blown they are dead until mended; connections made later are alive again.
#[derive(Clone)]
pub(crate) struct Fuse(Arc<Inner>);

struct Inner {
    writes: AtomicU64,
    /// The write to go dead at, doubled, and one more if that write still arrives.
    blows_at: AtomicU64,
    /// Counts the times it has blown.
    blown: watch::Sender<u64>,
}

impl Fuse {
    pub(crate) fn new() -> Self {
        let (writes, blows_at) = (AtomicU64::new(0), AtomicU64::new(NEVER));
        Self(Arc::new(Inner { writes, blows_at, blown: watch::Sender::new(0) }))
    }

    /// Counts from zero, to go dead at write number `at` (from 1).
    pub(crate) fn arm(&self, at: u64, last: Last) {
        self.0.writes.store(0, Ordering::SeqCst);
        self.0.blows_at.store(2 * at + u64::from(last == Last::Arrives), Ordering::SeqCst);
    }

    /// Lets everything through from now on; how many writes there were since it was armed.
    pub(crate) fn disarm(&self) -> u64 {
        self.0.blows_at.store(NEVER, Ordering::SeqCst);
        self.0.writes.load(Ordering::SeqCst)
    }

    /// Returns when the lines have gone dead for the first time.
    pub(crate) async fn blown(&self) {
        let mut blown = self.0.blown.subscribe();
        // The sender lives as long as we do.
        let _ = blown.wait_for(|times| *times > 0).await;
    }

    pub(crate) fn has_blown(&self) -> bool {
        *self.0.blown.borrow() > 0
    }

    /// A line to `end`; answers where it begins. It lies on the runtime of the caller.
    pub(crate) fn line_to(&self, end: End) -> SocketAddr {
        let listener = StdListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("sets");
        let begin = listener.local_addr().expect("bound");
        let listener = TcpListener::from_std(listener).expect("a runtime");
        let fuse = self.clone();
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(fuse.clone().carry(caller, end.clone()));
            }
        });
        begin
    }

    async fn carry(self, caller: TcpStream, end: End) {
        // Segments that wait for others would be counted as one write.
        let _ = caller.set_nodelay(true);
        let mut blown = self.0.blown.subscribe();
        let before = *blown.borrow_and_update();
        let carried = async {
            match end {
                End::Tcp(address) => {
                    let server = TcpStream::connect(address).await?;
                    server.set_nodelay(true)?;
                    let (from, to) = server.into_split();
                    self.between(caller, from, to).await
                }
                End::Unix(path) => {
                    let (from, to) = UnixStream::connect(path).await?.into_split();
                    self.between(caller, from, to).await
                }
            }
        };
        tokio::select! {
            _ = carried => {}
            // Both ends are dropped, whatever is still on its way.
            _ = blown.wait_for(|times| *times > before) => {}
        }
    }

    async fn between(
        &self,
        caller: TcpStream,
        mut from: impl AsyncRead + Unpin,
        to: impl AsyncWrite + Unpin,
    ) -> std::io::Result<()> {
        let (out, mut back) = caller.into_split();
        tokio::select! {
            ended = self.outward(out, to) => ended,
            ended = copy(&mut from, &mut back) => ended.map(drop),
        }
    }

    async fn outward(
        &self,
        mut out: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> std::io::Result<()> {
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let length = out.read(&mut chunk).await?;
            if length == 0 {
                return to.shutdown().await;
            }
            let write = self.0.writes.fetch_add(1, Ordering::SeqCst) + 1;
            let blows_at = self.0.blows_at.load(Ordering::SeqCst);
            if blows_at == 2 * write {
                self.0.blown.send_modify(|times| *times += 1);
                return Ok(());
            }
            to.write_all(&chunk[..length]).await?;
            to.flush().await?;
            if blows_at == 2 * write + 1 {
                self.0.blown.send_modify(|times| *times += 1);
                return Ok(());
            }
        }
    }
}

/// Where the server of these options listens.
pub(crate) fn end_of(options: &PgConnectOptions) -> End {
    match options.get_socket() {
        Some(folder) => End::Unix(folder.join(format!(".s.PGSQL.{}", options.get_port()))),
        None => End::Tcp(format!("{}:{}", options.get_host(), options.get_port())),
    }
}
