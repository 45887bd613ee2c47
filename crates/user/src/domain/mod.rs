//! What this service knows.

mod account;
mod invite;
mod invite_event;
mod invite_policy;
mod lifetime;
mod link;
mod person;
mod rights;
mod role;

pub(crate) use account::{Account, AccountKey, Change, Wish};
pub(crate) use invite::{Invite, InviteStatus, data, datum, reference};
pub(crate) use invite_event::{Delivered, Delivery, InviteEvent, Step};
pub(crate) use invite_policy::{AddressRule, DAY, InvitePolicy};
pub(crate) use lifetime::Lifetime;
pub(crate) use link::{Token, TokenHash};
pub(crate) use person::{Member, MemberStatus, Person, PersonStatus};
pub(crate) use rights::{Effective, Standing};
pub(crate) use role::{PlatformRole, Role, TenantRole};
