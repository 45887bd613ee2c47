//! What this service knows.

mod account;
mod custom_role;
mod decision;
mod invite;
mod link;
mod person;
mod policy_override;
mod refusal;
mod rights;
mod role;
mod role_binding;
mod scope;

pub(crate) use account::{Account, AccountKey, Change, Wish};
pub(crate) use custom_role::{CustomRole, RoleName, allowed, title};
pub(crate) use decision::{Held, HeldIn, Question, Reason};
pub(crate) use invite::{Invite, InviteStatus, Lifetime, reference};
pub(crate) use link::{Token, TokenHash};
pub(crate) use person::{Member, MemberStatus, Person, PersonStatus};
pub(crate) use policy_override::{Effect, PolicyOverride, end, reason};
pub use refusal::Refusal;
pub(crate) use rights::{Effective, Grant, Standing};
pub(crate) use role::{PlatformRole, Role, TenantRole};
pub(crate) use role_binding::{RoleBinding, ahead};
pub(crate) use scope::{BadScope, Scope, ScopeType, WHOLE_TENANT};
