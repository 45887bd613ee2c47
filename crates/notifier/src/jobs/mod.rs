//! Work for later.

mod send_message;

use std::sync::Arc;

use ::jobs::{Worker, Workflow};

pub(crate) use send_message::{SEND_MESSAGE, VERSION};

use crate::App;

/// The workflows of this service.
pub(crate) fn workflows(app: &App) -> Vec<Arc<dyn Workflow>> {
    vec![Arc::new(send_message::SendMessages(app.clone()))]
}

/// The worker of this service.
pub(crate) fn worker(app: &App) -> Worker {
    Worker::new(app.db.clone(), app.clock.clone(), workflows(app), app.limits).with_pace(app.pace)
}
