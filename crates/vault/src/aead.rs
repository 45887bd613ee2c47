//! AES-256-GCM with a random nonce: `nonce (12) ‖ ciphertext ‖ tag (16)`, bound to its context.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

/// 256 bits that nobody prints; wiped when dropped.
pub(crate) type KeyBytes = Zeroizing<[u8; 32]>;

/// Nothing more is told about a refused box, on purpose.
#[derive(Debug)]
pub(crate) struct Refused;

const TAG_LEN: usize = 16;

/// 256 random bits.
pub(crate) fn random_key() -> Result<KeyBytes, Refused> {
    let mut key = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(&mut *key).map_err(|_| Refused)?;
    Ok(key)
}

/// Appends the box of `plain` to `out`. The buffer is sized beforehand, so that growing leaves no plaintext behind.
pub(crate) fn seal(
    key: &KeyBytes,
    context: &[u8],
    plain: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let start = out.len();
    out.reserve_exact(NONCE_LEN + plain.len() + TAG_LEN);
    out.extend_from_slice(&[0; NONCE_LEN]);
    out.extend_from_slice(plain);
    let (nonce, tag) = cipher(key)?
        .seal_in_place_separate_tag(Aad::from(context), &mut out[start + NONCE_LEN..])
        .map_err(|_| Refused)?;
    out[start..start + NONCE_LEN].copy_from_slice(nonce.as_ref());
    out.extend_from_slice(tag.as_ref());
    Ok(())
}

/// Opens a box made by [`seal`] with the same key and context.
pub(crate) fn open(
    key: &KeyBytes,
    context: &[u8],
    boxed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let (nonce, sealed) = boxed.split_first_chunk::<NONCE_LEN>().ok_or(Refused)?;
    let mut plain = Zeroizing::new(sealed.to_vec());
    let length = cipher(key)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut plain)
        .map_err(|_| Refused)?
        .len();
    plain.truncate(length);
    Ok(plain)
}

fn cipher(key: &KeyBytes) -> Result<RandomizedNonceKey, Refused> {
    RandomizedNonceKey::new(&AES_256_GCM, &**key).map_err(|_| Refused)
}
