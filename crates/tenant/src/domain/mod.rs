//! What this service knows.

mod branding;
mod host;
mod life;
mod plan;
mod quota;
mod settings;
mod tenant;

pub(crate) use branding::{Branding, Color, Ink, Named, logo_url};
pub(crate) use host::{Claim, Domain, Host, Seen, candidates};
pub use life::Status;
pub(crate) use life::{Verb, grace, reason, trial};
pub use plan::Resource;
pub(crate) use plan::{Limits, Plan, PlanName, limits, most};
pub(crate) use quota::{Line, Mark, Standing, Take, Usage, amount, take_key};
pub(crate) use settings::{Settings, Spoken, day_border, email_domains, origins, time_zone};
pub(crate) use tenant::{Tenant, TenantName, slug_from};
