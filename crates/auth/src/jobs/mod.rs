//! Work for later.

mod pass_on_logout;
mod rotate_keys;
mod sweep_leftovers;
mod tell_logout;

use std::sync::Arc;

use ::jobs::Workflow;

pub(crate) use pass_on_logout::pass_on;
pub(crate) use rotate_keys::rotate_keys;
pub(crate) use sweep_leftovers::sweep_leftovers;
pub(crate) use tell_logout::LogoutRun;

use crate::App;

/// The workflows of this service.
pub(crate) fn workflows(app: &App) -> Vec<Arc<dyn Workflow>> {
    vec![
        Arc::new(pass_on_logout::PassOnLogout::new(app.clone())),
        Arc::new(tell_logout::TellLogout::new(app.clone())),
    ]
}
