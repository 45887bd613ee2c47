//! What this service knows.

mod claims;
mod client;
mod cohort;
mod expiry;
mod funnel;
mod gate;
mod incident;
mod milestone;
mod note;
mod ozon_key;
mod person_address;
mod reason;
mod remedy;
mod rollout;
mod sheet;
mod spreadsheet;
mod stage;
mod standing;
mod trouble;
mod wb_scope;
mod wb_token;

pub(crate) use claims::Claims;
pub(crate) use client::{Cause, Client, Moved, RoleName};
pub use cohort::Cohort;
pub(crate) use expiry::{HORIZON, threshold_due};
pub(crate) use funnel::{CohortFunnel, Funnel, Range, Times};
pub use gate::Obstacle;
pub(crate) use gate::{Evidence, Gate};
pub(crate) use incident::{Incident, Severity};
pub(crate) use milestone::Milestone;
pub(crate) use note::Note;
pub(crate) use ozon_key::{OzonKeyView, OzonSecret, SellerId, account, name};
pub(crate) use person_address::PersonAddress;
pub(crate) use reason::Reason;
pub(crate) use remedy::Remedy;
pub use rollout::{Misstep, Refused};
pub(crate) use rollout::{Mover, Placement, Rollout, Turn};
pub(crate) use sheet::{DatasetVerb, Sheet, Switch, TokenView};
pub(crate) use spreadsheet::SpreadsheetId;
pub(crate) use stage::{Advance, Forbidden, Progress, Stage};
pub(crate) use standing::Standing;
pub(crate) use trouble::{
    EXPIRED_REASON, Remark, TOKENLESS_REASON, Trouble, TroubleKind, TroubleState, lateness,
};
pub(crate) use wb_scope::WbScope;
pub(crate) use wb_token::WbToken;
