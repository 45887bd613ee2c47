//! What this service knows.

mod bounce;
mod enhanced_status;
mod field_group;
mod message;

pub(crate) use bounce::{Fate, Report};
pub(crate) use enhanced_status::{BounceReason, EnhancedStatus};
use field_group::{FieldGroup, field_groups};
pub(crate) use message::{Channel, Message, Reason, Side, Status, Template, Way};
