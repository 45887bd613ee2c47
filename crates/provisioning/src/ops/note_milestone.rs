//! Notes what a client came to, for the funnel, in the transaction that made it so.

use kernel::{ClientId, Timestamp};
use pg::TenantTx;

use crate::{Result, domain::Milestone, store};

/// Notes the first time; later ones change nothing.
pub(crate) async fn note_milestone(
    tx: &mut TenantTx,
    id: ClientId,
    milestone: Option<Milestone>,
    at: Timestamp,
) -> Result<()> {
    if let Some(milestone) = milestone {
        store::note_milestone(tx, id, milestone, at).await?;
    }
    Ok(())
}
