//! What this service knows.

mod account;
mod closing;
mod custom_role;
mod decision;
mod email_change;
mod email_refusal;
mod email_token;
mod erasure;
mod export;
mod glass;
mod group;
mod group_member;
mod group_refusal;
mod hindrance;
mod invite;
mod invite_batch;
mod invite_budget;
mod invite_event;
mod invite_file;
mod invite_policy;
mod invite_wish;
mod join_domain;
mod join_link;
mod lifetime;
mod link;
mod membership;
mod passkey_refusal;
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
mod setup;
mod setup_refusal;
mod sign_up;
mod sign_up_refusal;
mod sign_up_secret;
mod tenant_rules;
mod words;

pub(crate) use account::{Account, AccountKey, Change, Wish};
pub(crate) use closing::Closing;
pub(crate) use custom_role::{CustomRole, RoleName, allowed, title};
pub(crate) use decision::{Held, HeldIn, Question, Reason};
pub(crate) use email_change::{ChangeStatus, EmailChange, Side, allow_wish};
pub use email_refusal::EmailRefusal;
pub(crate) use email_token::EmailToken;
pub(crate) use erasure::{Erasure, ErasureStatus};
pub use export::ExportRefusal;
pub(crate) use export::{Export, ExportSource, ExportStatus, KEPT};
pub(crate) use glass::{GlassOpening, glass_reason, glass_time};
pub(crate) use group::{
    Group, GroupKey, GroupKind, GroupStatus, GroupWish, JoinPolicy, MOST_TEAMS, description,
    role_hint,
};
pub(crate) use group_member::{GroupMember, GroupMemberStatus, GroupStep, MOST_GROUPS};
pub use group_refusal::GroupRefusal;
pub use hindrance::Hindrance;
pub(crate) use invite::{Invite, InviteStatus, data, datum, reference};
pub(crate) use invite_batch::{
    BatchRow, BatchStatus, Ending, InviteBatch, MOST_ROWS, NewRow, Outcome, RawRow, look_at,
};
pub(crate) use invite_budget::InviteBudget;
pub(crate) use invite_event::{Delivered, Delivery, Fate, InviteEvent, Step};
pub(crate) use invite_file::read_file;
pub(crate) use invite_policy::{AddressRule, DAY, InvitePolicy};
pub(crate) use invite_wish::{Fault, InviteWish, RawWish, roles};
pub(crate) use join_domain::{
    JoinDomain, JoinRequest, MOST_JOIN_DOMAINS, RequestStatus, Way, join_domain,
};
pub(crate) use join_link::{
    JoinLink, email_domain, email_domains, link_lifetime, most_uses, shared_roles,
};
pub(crate) use lifetime::Lifetime;
pub(crate) use link::{Token, TokenHash};
pub(crate) use membership::{MemberStatus, Membership, Turn, note};
pub use passkey_refusal::PasskeyRefusal;
pub(crate) use person::{KnownPerson, Member, Person, PersonStanding, PersonStatus};
pub(crate) use policy_override::{Effect, PolicyOverride, end, reason};
pub(crate) use profile::{Profile, ProfileWish, avatar_url, language_tag, time_zone};
pub use refusal::Refusal;
pub(crate) use rights::{Effective, Grant, Standing};
pub(crate) use role::{FORMER_OWNER, OWNER, PlatformRole, RESERVED, Role, TenantRole};
pub(crate) use role_binding::{RoleBinding, Subject, SubjectType, ahead};
pub(crate) use scope::{BadScope, Scope, ScopeType, WHOLE_TENANT};
pub(crate) use seats::{Claim, MOST_SEATS, Seats, seat_limit};
pub(crate) use service_account::{ServiceAccount, ServiceAccountStatus};
pub(crate) use setup::{SETUP_LIFE, Setup, SetupSecret};
pub use setup_refusal::SetupRefusal;
pub(crate) use sign_up::{
    MOST_WRONG, SignUp, SignUpKind, SignUpMode, SignUpPolicy, SignUpTally, TallySubject, WINDOW,
};
pub use sign_up_refusal::SignUpRefusal;
pub(crate) use sign_up_secret::{SignUpCode, SignUpSecret};
pub(crate) use tenant_rules::TenantRules;
pub(crate) use words::{Query, words_of};
