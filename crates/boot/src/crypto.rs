//! The one crypto stack of the process.

/// Makes aws-lc-rs the crypto provider of every TLS connection of this process.
///
/// Call it first in `main`; calling it again changes nothing.
pub fn install() {
    // The only error is "already installed", which is what the caller asked for.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
