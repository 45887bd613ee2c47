//! TLS of a listener's own: which certificate whom is shown, and when it changes.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::{Router, extract::Request, routing::get};
use boot::{
    Door, Host, Listener,
    listen::{Encrypted, Files, Tls, serve},
};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

const LONG: Duration = Duration::from_secs(60);

/// The certificates of this test, for a hundred years.
fn pem(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/certificates");
    fs::read_to_string(Path::new(folder).join(name)).unwrap()
}

fn der(name: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem(name).as_bytes()).unwrap().to_vec()
}

/// Believes everybody: the tests look at what they were shown themselves.
#[derive(Debug)]
struct Gullible;

impl ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

struct Secured {
    host: Host,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Secured {
    async fn new() -> Self {
        let (host, folder) = (Host::new(), tempfile::tempdir().unwrap());
        fs::create_dir(folder.path().join("hosts")).unwrap();
        let files = Files {
            main: (folder.path().join("main.crt"), folder.path().join("main.key")),
            hosts: Some(folder.path().join("hosts")),
        };
        let this = Self { host, address: SocketAddr::from(([127, 0, 0, 1], 0)), folder };
        this.put("main.crt", &pem("main.crt"));
        this.put("main.key", &pem("main.key"));
        let tls = Tls::open(files, &this.host).unwrap();
        let listener = Listener::bind(Door::Public, this.address).await.unwrap().secured(tls);
        let address = listener.address();
        let seen =
            get(async |request: Request| format!("{:?}", request.extensions().get::<Encrypted>()));
        serve(listener, Router::new().route("/", seen), &this.host);
        Self { address, ..this }
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    async fn connect(&self, name: &'static str) -> TlsStream<TcpStream> {
        let mut config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Gullible))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from(name).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    /// The certificate that whoever asks for `name` is shown.
    async fn shown(&self, name: &'static str) -> Vec<u8> {
        let stream = self.connect(name).await;
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }

    async fn until_shown(&self, name: &'static str, wanted: &str) {
        let shown = async {
            while self.shown(name).await != der(wanted) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(LONG, shown).await.expect("the new certificate comes into use");
    }
}

#[tokio::test]
async fn a_secured_listener_speaks_tls_and_nothing_else() {
    let secured = Secured::new().await;
    let mut stream = secured.connect("main.test.invalid").await;
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("Some(Encrypted)"), "{answer}");
    let mut plain = TcpStream::connect(secured.address).await.unwrap();
    plain.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "nothing is answered in the clear");
    assert_eq!(secured.host.drain(LONG).await.stuck, Vec::<String>::new());
}

#[tokio::test]
async fn new_certificates_come_into_use_and_open_connections_stay() {
    let secured = Secured::new().await;
    assert_eq!(secured.shown("main.test.invalid").await, der("main.crt"));
    assert_eq!(secured.shown("acme.test.invalid").await, der("main.crt"), "it has none yet");
    let mut before = secured.connect("main.test.invalid").await;
    secured.put("hosts/acme.test.invalid.key", &pem("acme.key"));
    secured.put("hosts/acme.test.invalid.crt", &pem("acme.crt"));
    secured.until_shown("acme.test.invalid", "acme.crt").await;
    secured.put("main.key", &pem("renewed.key"));
    secured.put("main.crt", &pem("renewed.crt"));
    secured.until_shown("main.test.invalid", "renewed.crt").await;
    assert_eq!(secured.shown("ACME.test.invalid").await, der("acme.crt"));
    assert_eq!(secured.shown("other.test.invalid").await, der("renewed.crt"));
    before.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    before.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[tokio::test]
async fn one_hosts_broken_certificate_takes_no_other_hosts_away() {
    let secured = Secured::new().await;
    secured.put("hosts/broken.test.invalid.crt", "rubbish");
    secured.put("hosts/acme.test.invalid.key", &pem("acme.key"));
    secured.put("hosts/acme.test.invalid.crt", &pem("acme.crt"));
    secured.until_shown("acme.test.invalid", "acme.crt").await;
    assert_eq!(secured.shown("broken.test.invalid").await, der("main.crt"));
}

#[tokio::test]
async fn a_start_without_a_usable_certificate_names_the_file() {
    let (host, folder) = (Host::new(), tempfile::tempdir().unwrap());
    let at = |name: &str| folder.path().join(name);
    let open = || {
        let files = Files { main: (at("a.crt"), at("a.key")), hosts: None };
        Tls::open(files, &host).map(drop).unwrap_err().to_string()
    };
    assert!(open().contains("a.crt"));
    fs::write(at("a.crt"), "").unwrap();
    assert!(open().contains("holds no certificate"));
    fs::write(at("a.crt"), pem("main.crt")).unwrap();
    assert!(open().contains("a.key"));
    fs::write(at("a.key"), pem("acme.key")).unwrap();
    assert!(open().contains("a.key"), "the key belongs to another");
}
