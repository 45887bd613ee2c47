//! What this service knows.

mod account;
mod custom_role;
mod decision;
mod invite;
mod link;
mod membership;
mod person;
mod policy_override;
mod profile;
mod refusal;
mod rights;
mod role;
mod role_binding;
mod scope;
mod seats;
mod words;

pub(crate) use account::{Account, AccountKey, Change, Wish};
pub(crate) use custom_role::{CustomRole, RoleName, allowed, title};
pub(crate) use decision::{Held, HeldIn, Question, Reason};
pub(crate) use invite::{Invite, InviteStatus, Lifetime, reference};
pub(crate) use link::{Token, TokenHash};
pub(crate) use membership::{MemberStatus, Membership, Turn, note};
pub(crate) use person::{Member, Person, PersonStatus};
pub(crate) use policy_override::{Effect, PolicyOverride, end, reason};
pub(crate) use profile::{Profile, ProfileWish, avatar_url, language_tag, time_zone};
pub use refusal::Refusal;
pub(crate) use rights::{Effective, Grant, Standing};
pub(crate) use role::{FORMER_OWNER, OWNER, PlatformRole, Role, TenantRole};
pub(crate) use role_binding::{RoleBinding, ahead};
pub(crate) use scope::{BadScope, Scope, ScopeType, WHOLE_TENANT};
pub(crate) use seats::{Claim, Seats, seat_limit};
pub(crate) use words::{Query, words_of};
