//! What this service knows.

mod account;
mod invite;
mod link;
mod membership;
mod person;
mod profile;
mod rights;
mod role;
mod seats;
mod words;

pub(crate) use account::{Account, AccountKey, Change, Wish};
pub(crate) use invite::{Invite, InviteStatus, Lifetime, reference};
pub(crate) use link::{Token, TokenHash};
pub(crate) use membership::{MemberStatus, Membership, Turn, note};
pub(crate) use person::{Member, Person, PersonStatus};
pub(crate) use profile::{Profile, ProfileWish, avatar_url, language_tag, time_zone};
pub(crate) use rights::{Effective, Standing};
pub(crate) use role::{FORMER_OWNER, OWNER, PlatformRole, Role, TenantRole};
pub(crate) use seats::{Claim, Seats, seat_limit};
pub(crate) use words::{Query, words_of};
