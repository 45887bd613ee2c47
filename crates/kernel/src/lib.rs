//! What is an id, a parsed text, an error code, a clock, a page, a request context? No I/O.

mod closed;
mod code;
mod cx;
mod id;
mod page;
mod public_mail;
mod text;
mod time;

pub use code::{Code, Failure, FieldViolation};
pub use cx::{Actor, Credential, Cx, Flags, Passport, is_content};
pub use id::{
    ActivityId, ClientId, EventId, FactId, GroupId, IncidentId, InviteId, JobId, LetterId,
    MessageId, RoleId, SessionId, TenantId, UnknownId, UserId,
};
pub use page::{Page, PageSize};
pub use public_mail::is_public_mail;
pub use text::{BadText, Email, Locale, PersonName, Slug};
pub use time::{Clock, Timestamp};

#[doc(hidden)]
pub mod macros {
    //! What the exported macros expand to; not for direct use.
    pub use {serde, sqlx};
}
