//! Reads the facts along as they pass.

use bus::Envelope;
use futures::{Stream, StreamExt};
use kernel::TenantId;

pub(crate) use bus::Since;

use crate::{App, Result, domain::Kinds};

/// The facts of the tenant, or of all tenants where none is named, until the process stops.
pub(crate) async fn tail_facts(
    app: &App,
    tenant: Option<TenantId>,
    kinds: &Kinds,
    since: Since,
) -> Result<impl Stream<Item = Envelope> + Send + use<>> {
    let facts = app.nats.tail(tenant, kinds.as_str(), since).await?;
    Ok(facts.take_until(app.stopping.clone().cancelled_owned()))
}
