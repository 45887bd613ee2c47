//! Work for later.

mod invite_batch;
mod tell_expired;

use std::sync::Arc;

use ::jobs::Workflow;

pub(crate) use invite_batch::BatchRun;
mod erase_people;

pub(crate) use erase_people::erase_people;
pub(crate) use tell_expired::tell_expired;

use crate::App;

/// The workflows of this service.
pub(crate) fn workflows(app: &App) -> Vec<Arc<dyn Workflow>> {
    vec![Arc::new(invite_batch::InviteBatch::new(app.clone()))]
}
