//! The only SQL of this service.

mod items;

pub(crate) use items::{insert_item, list_items};
