//! What this service knows.

mod happening;
mod item;
mod kinds;

pub(crate) use happening::{Happening, Stage};
pub(crate) use item::Item;
pub(crate) use kinds::Kinds;
