//! What this service knows.

mod account;
mod invite;
mod link;
mod person;
mod rights;
mod role;

pub(crate) use account::{Account, AccountKey, Change, Wish};
pub(crate) use invite::{Invite, InviteStatus, Lifetime, reference};
pub(crate) use link::{Token, TokenHash};
pub(crate) use person::{Member, MemberStatus, Person, PersonStatus};
pub(crate) use rights::{Effective, Standing};
pub(crate) use role::{PlatformRole, Role, TenantRole};
