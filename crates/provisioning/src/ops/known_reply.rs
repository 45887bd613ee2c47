//! Repeated calls: a key that was used before leads to the same client or job, with nothing done again.

use std::fmt::Display;

use kernel::{ClientId, Cx};
use pg::{TenantTx, replies};

use crate::{Error, Result};

/// The client that this call was answered with before. A parallel call of the same key is waited for.
///
/// The answer is the client as it stands now: its state moves by itself, and an old one would be of no use.
pub(super) async fn known_reply(
    tx: &mut TenantTx,
    cx: &Cx,
    operation: &'static str,
    fingerprint: &[u8],
) -> Result<Option<ClientId>> {
    let Some(reply) = recalled(tx, cx, operation, fingerprint).await? else {
        return Ok(None);
    };
    let text = String::from_utf8(reply).map_err(|_| Error::ReplyUnreadable)?;
    ClientId::parse(&text).map(Some).map_err(|_| Error::ReplyUnreadable)
}

/// Whether this call about a job was answered before; the fingerprint says about which.
pub(super) async fn was_answered(
    tx: &mut TenantTx,
    cx: &Cx,
    operation: &'static str,
    fingerprint: &[u8],
) -> Result<bool> {
    Ok(recalled(tx, cx, operation, fingerprint).await?.is_some())
}

async fn recalled(
    tx: &mut TenantTx,
    cx: &Cx,
    operation: &'static str,
    fingerprint: &[u8],
) -> Result<Option<Vec<u8>>> {
    match replies::recall(tx, cx, operation, fingerprint).await? {
        replies::Known::Nothing => Ok(None),
        replies::Known::Other => Err(Error::KeyReused),
        replies::Known::Reply(reply) => Ok(Some(reply)),
    }
}

/// Keeps which client or job the call is answered with.
pub(super) async fn keep_reply(
    tx: &mut TenantTx,
    cx: &Cx,
    operation: &'static str,
    id: impl Display,
) -> Result<()> {
    Ok(replies::keep(tx, cx, operation, id.to_string().as_bytes()).await?)
}
