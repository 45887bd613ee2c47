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

pub(crate) use drop_exports::drop_exports;
pub(crate) use erase_people::erase_people;
pub(crate) use export_person::ExportRun;
pub(crate) use invite_batch::BatchRun;
pub(crate) use sweep_sign_ups::sweep_sign_ups;
pub(crate) use tell_expired::tell_expired;

use crate::App;

/// The workflows of this service.
pub(crate) fn workflows(app: &App) -> Vec<Arc<dyn Workflow>> {
    vec![
        Arc::new(invite_batch::InviteBatch::new(app.clone())),
        Arc::new(export_person::ExportPerson::new(app.clone())),
    ]
}
