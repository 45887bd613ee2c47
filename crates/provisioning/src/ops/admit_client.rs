//! Whether a client's person may be invited now, and to which cohort of the rollout the client belongs.

use kernel::Cx;
use pg::TenantTx;

use super::tenant_of;
use crate::{
    Result,
    domain::{Client, Cohort, Refused},
    store,
};

/// Admits a client that is about to be invited, in the transaction that keeps it. A new one is given its cohort, for
/// good; it takes a seat where that is the pilot.
pub(super) async fn admit_client(tx: &mut TenantTx, cx: &Cx, client: &Client) -> Result<()> {
    let admitted = admit(tx, cx, client).await?;
    admitted.map_err(|refused| {
        metrics::counter!("usher_onboarding_refused_total", "reason" => refused.reason())
            .increment(1);
        refused.into()
    })
}

async fn admit(tx: &mut TenantTx, cx: &Cx, client: &Client) -> Result<Result<(), Refused>> {
    let rollout = store::hold_rollout(tx).await?;
    let placement = store::placement(tx).await?;
    if let Some(cohort) = store::cohort(tx, client.client_id).await? {
        return Ok(rollout.admit(&placement, cohort));
    }
    let cohort = rollout.cohort_of(&placement, tenant_of(cx)?, &client.email);
    if let Err(refused) = rollout.admit(&placement, cohort) {
        return Ok(Err(refused));
    }
    // Others may have taken the last one since the rollout was read.
    if cohort == Cohort::Pilot && !store::take_seat(tx).await? {
        return Ok(Err(Refused::PilotFull));
    }
    store::insert_journey(tx, client.client_id, cohort, client.created_at).await?;
    Ok(Ok(()))
}
