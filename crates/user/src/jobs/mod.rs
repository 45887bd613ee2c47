//! Work for later.

mod drop_exports;
mod erase_people;
mod export_person;
mod invite_batch;
mod refused;
mod sweep_sign_ups;
mod tell_expired;

use std::sync::Arc;

use ::jobs::Workflow;
use boot::Host;

pub(crate) use export_person::ExportRun;
pub(crate) use invite_batch::BatchRun;

use self::{
    drop_exports::drop_exports, erase_people::erase_people, sweep_sign_ups::sweep_sign_ups,
    tell_expired::tell_expired,
};

use crate::App;

/// The workflows of this service.
pub(crate) fn workflows(app: &App) -> Vec<Arc<dyn Workflow>> {
    vec![
        Arc::new(invite_batch::InviteBatch::new(app.clone())),
        Arc::new(export_person::ExportPerson::new(app.clone())),
    ]
}

/// Starts on `host` what looks from time to time for what is due.
pub(crate) fn start(app: &App, host: &Host) {
    let [telling, erasing, sweeping, dropping] = [(); 4].map(|()| app.clone());
    host.spawn("user expiries", async move |stop| {
        tell_expired(&telling, &stop).await;
        Ok(())
    });
    host.spawn("user erasures", async move |stop| {
        erase_people(&erasing, &stop).await;
        Ok(())
    });
    host.spawn("user sign-ups", async move |stop| {
        sweep_sign_ups(&sweeping, &stop).await;
        Ok(())
    });
    host.spawn("user exports", async move |stop| {
        drop_exports(&dropping, &stop).await;
        Ok(())
    });
}
