//! What this service does, one use case per file.

mod list_activity;
mod record_item;
mod tail_facts;

pub(crate) use list_activity::list_activity;
pub(crate) use record_item::{RecordItem, record_item};
pub(crate) use tail_facts::{Since, tail_facts};
