//! What this service knows.

mod account;
mod custom_role;
mod decision;
mod group;
mod group_member;
mod group_refusal;
mod invite;
mod invite_event;
mod invite_policy;
mod lifetime;
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
mod service_account;
mod words;

pub(crate) use account::{Account, AccountKey, Change, Wish};
pub(crate) use custom_role::{CustomRole, RoleName, allowed, title};
pub(crate) use decision::{Held, HeldIn, Question, Reason};
pub(crate) use group::{
    Group, GroupKey, GroupKind, GroupStatus, GroupWish, JoinPolicy, description, role_hint,
};
pub(crate) use group_member::{GroupMember, GroupMemberStatus, GroupStep};
pub use group_refusal::GroupRefusal;
pub(crate) use invite::{Invite, InviteStatus, data, datum, reference};
pub(crate) use invite_event::{Delivered, Delivery, InviteEvent, Step};
pub(crate) use invite_policy::{AddressRule, DAY, InvitePolicy};
pub(crate) use lifetime::Lifetime;
pub(crate) use link::{Token, TokenHash};
pub(crate) use membership::{MemberStatus, Membership, Turn, note};
pub(crate) use person::{Member, Person, PersonStatus};
pub(crate) use policy_override::{Effect, PolicyOverride, end, reason};
pub(crate) use profile::{Profile, ProfileWish, avatar_url, language_tag, time_zone};
pub use refusal::Refusal;
pub(crate) use rights::{Effective, Grant, Standing};
pub(crate) use role::{FORMER_OWNER, OWNER, PlatformRole, Role, TenantRole};
pub(crate) use role_binding::{RoleBinding, Subject, SubjectType, ahead};
pub(crate) use scope::{BadScope, Scope, ScopeType, WHOLE_TENANT};
pub(crate) use seats::{Claim, Seats, seat_limit};
pub(crate) use service_account::{ServiceAccount, ServiceAccountStatus};
pub(crate) use words::{Query, words_of};
