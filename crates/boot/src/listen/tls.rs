//! TLS of the public listener's own: certificates by host name, read again whenever their files change.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

use crate::Host;

/// How soon a changed file is noticed.
const LOOK: Duration = Duration::from_secs(2);

/// Where certificates lie, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The chain and the key for whoever names no host of its own.
    pub main: (PathBuf, PathBuf),
    /// A folder with `<host>.crt` and `<host>.key` for each host that has its own.
    pub hosts: Option<PathBuf>,
}

/// What ends TLS on a listener; see [`Listener::secured`](super::Listener::secured).
#[derive(Clone)]
pub struct Tls(pub(super) TlsAcceptor);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Reads the certificates, and reads them again as a task of `host` whenever a file changes. What cannot be read then
    /// leaves the former ones in use, and is logged.
    ///
    /// # Errors
    /// A file that cannot be read or holds no certificate, or a key that belongs to another: the text names it.
    pub fn open(files: Files, host: &Host) -> io::Result<Self> {
        let seen = state(&files);
        let held = Arc::new(Held(RwLock::new(Arc::new(load(&files, None)?))));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&held) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        host.spawn("certificates".to_owned(), async move |stop| {
            // Nothing of it fails: what cannot be read is told and tried again.
            stop.run_until_cancelled(watch(files, held, seen)).await;
            Ok(())
        });
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

async fn watch(files: Files, held: Arc<Held>, mut seen: State) {
    loop {
        tokio::time::sleep(LOOK).await;
        refresh(&files, &held, &mut seen);
    }
}

/// Reads the files again if they are not as they were seen.
fn refresh(files: &Files, held: &Held, seen: &mut State) {
    let now = state(files);
    if now == *seen {
        return;
    }
    *seen = now;
    let former = held.0.read().unwrap_or_else(PoisonError::into_inner).clone();
    let outcome = match load(files, Some(&former)) {
        Ok(certificates) => {
            tracing::info!(hosts = certificates.hosts.len(), "certificates were read again");
            *held.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certificates);
            "done"
        }
        Err(error) => {
            tracing::error!(%error, "new certificates cannot be used; the former stay");
            "failed"
        }
    };
    metrics::counter!("usher_tls_reloads", "outcome" => outcome).increment(1);
}

/// What is in use.
#[derive(Debug)]
struct Held(RwLock<Arc<Certificates>>);

#[derive(Debug)]
struct Certificates {
    main: Arc<CertifiedKey>,
    /// By host in lower case.
    hosts: BTreeMap<String, Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Held {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let own = hello.server_name().and_then(|name| held.hosts.get(&name.to_ascii_lowercase()));
        Some(own.unwrap_or(&held.main).clone())
    }
}

/// When which file was written, and how long it is.
type State = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

fn state(files: &Files) -> State {
    let (chain, key) = files.main.clone();
    let hosts = files.hosts.iter().flat_map(|folder| pairs(folder).unwrap_or_default());
    let paths = hosts.flat_map(|(_, chain, key)| [chain, key]).chain([chain, key]);
    let written = |path: &Path| {
        let about = fs::metadata(path).ok()?;
        Some((about.modified().ok()?, about.len()))
    };
    paths.map(|path| (path.clone(), written(&path))).collect()
}

/// What lies there now. A host whose pair cannot be used, for instance because it is being renewed, keeps its former one.
fn load(files: &Files, former: Option<&Certificates>) -> io::Result<Certificates> {
    let main = Arc::new(certificate(&files.main.0, &files.main.1)?);
    let mut hosts = BTreeMap::new();
    for (host, chain, key) in files.hosts.as_deref().map_or(Ok(Vec::new()), pairs)? {
        // One host's broken file takes no other host's certificate away.
        match certificate(&chain, &key) {
            Ok(certificate) => {
                hosts.insert(host, Arc::new(certificate));
            }
            Err(error) => {
                tracing::error!(host, %error, "a host's certificate cannot be used");
                if let Some(kept) = former.and_then(|former| former.hosts.get(&host)) {
                    hosts.insert(host, Arc::clone(kept));
                }
            }
        }
    }
    Ok(Certificates { main, hosts })
}

/// The hosts of a folder with the files of their chain and key.
fn pairs(folder: &Path) -> io::Result<Vec<(String, PathBuf, PathBuf)>> {
    let mut pairs = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| at(folder, error))?;
    for entry in entries {
        let chain = entry?.path();
        let host = chain.file_stem().and_then(|stem| stem.to_str());
        if let Some(host) = host.filter(|_| chain.extension().is_some_and(|kind| kind == "crt")) {
            pairs.push((host.to_ascii_lowercase(), chain.clone(), chain.with_extension("key")));
        }
    }
    Ok(pairs)
}

fn certificate(chain: &Path, key: &Path) -> io::Result<CertifiedKey> {
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(|all| all.collect::<Result<Vec<_>, _>>())
        .map_err(|error| at(chain, error))?;
    if certificates.is_empty() {
        return Err(at(chain, "it holds no certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| at(key, error))?;
    let private = aws_lc_rs::sign::any_supported_type(&private).map_err(|error| at(key, error))?;
    let certified = CertifiedKey::new(certificates, private);
    certified.keys_match().map_err(|error| at(key, error))?;
    Ok(certified)
}

fn at(path: &Path, problem: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("cannot use {}: {problem}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: [&str; 2] = [
        include_str!("../../tests/it/certificates/main.crt"),
        include_str!("../../tests/it/certificates/main.key"),
    ];
    const RENEWED: [&str; 2] = [
        include_str!("../../tests/it/certificates/renewed.crt"),
        include_str!("../../tests/it/certificates/renewed.key"),
    ];

    #[test]
    fn a_pair_that_does_not_fit_leaves_the_former_in_use() {
        let folder = tempfile::tempdir().expect("a folder");
        let (chain, key) = (folder.path().join("a.crt"), folder.path().join("a.key"));
        let put = |path: &Path, text: &str| fs::write(path, text).expect("written");
        put(&chain, MAIN[0]);
        put(&key, MAIN[1]);
        let files = Files { main: (chain.clone(), key.clone()), hosts: None };
        let mut seen = State::new();
        let held = Held(RwLock::new(Arc::new(load(&files, None).expect("loads"))));
        let shown = || held.0.read().expect("held").main.cert[0].to_vec();
        let before = shown();
        for halfway in [RENEWED[0], "", "rubbish"] {
            put(&chain, halfway);
            refresh(&files, &held, &mut seen);
            assert_eq!(shown(), before);
        }
        put(&chain, RENEWED[0]);
        put(&key, RENEWED[1]);
        refresh(&files, &held, &mut State::new());
        assert_ne!(shown(), before);
    }
}
