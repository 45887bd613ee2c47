//! What can go wrong with a tenant.

use kernel::{Code, Failure, FieldViolation};

use crate::domain::{Resource, Status};

/// The result of this service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact about why it was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such tenant, or not one the caller may see.
    #[error("There is no such tenant.")]
    TenantNotFound,
    /// Another tenant has this slug.
    #[error("The slug is taken; choose another.")]
    SlugTaken,
    /// No slug was given and none can be derived from the name.
    #[error("No slug can be derived from this name; give one.")]
    SlugNeeded,
    /// Somebody else changed it since the version that was read.
    #[error("Somebody else changed this meanwhile; read it again, and send its version.")]
    ChangedSince(&'static str),
    /// The tenant's status does not allow it.
    #[error("This tenant is {0}; that is not possible now.")]
    StatusForbids(Status),
    /// The trial ended while the tenant was suspended.
    #[error("The trial of this tenant is over; activate it instead.")]
    TrialOver,
    /// No such plan, or one that is retired.
    #[error("There is no such plan to come to.")]
    PlanNotFound,
    /// A plan never changes.
    #[error("There is another plan of this word, and a plan never changes; choose another word.")]
    PlanStands,
    /// Tenants come to this plan unless told.
    #[error("Tenants come to this plan unless told; it cannot retire.")]
    PlanNeeded,
    /// It would be more than the limit.
    #[error("That is more than this tenant may have.")]
    QuotaExceeded {
        /// Of what.
        resource: Resource,
        /// What is used.
        used: i64,
        /// What may be used.
        most: Option<i64>,
    },
    /// Another service or the gateway counts this resource.
    #[error("This resource is counted elsewhere.")]
    CountedElsewhere,
    /// Something else was taken under this key.
    #[error("Something else was taken under this key.")]
    KeyReused,
    /// What was taken under this key was given back since.
    #[error("What was taken under this key was given back; take it under another key.")]
    GivenBack,
    /// No such claim of the tenant.
    #[error("There is no such domain.")]
    DomainNotFound,
    /// Another tenant has proven the host.
    #[error("Another workspace has proven this host.")]
    HostTaken,
    /// As many hosts as a tenant can claim.
    #[error("There are as many domains as there can be; remove one first.")]
    TooManyDomains,
    /// The database's.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::TenantNotFound | Self::PlanNotFound | Self::DomainNotFound => Code::NotFound,
            Self::SlugTaken
            | Self::ChangedSince(_)
            | Self::StatusForbids(_)
            | Self::TrialOver
            | Self::PlanStands
            | Self::PlanNeeded
            | Self::HostTaken
            | Self::TooManyDomains
            | Self::KeyReused
            | Self::GivenBack => Code::Conflict,
            Self::SlugNeeded | Self::CountedElsewhere => Code::Invalid,
            Self::QuotaExceeded { .. } => Code::Exhausted,
            Self::Database(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::TenantNotFound => "tenant_not_found",
            Self::SlugTaken => "slug_taken",
            Self::SlugNeeded => "slug_needed",
            Self::ChangedSince(_) => "changed_since",
            Self::StatusForbids(_) => "tenant_status_forbids",
            Self::TrialOver => "trial_over",
            Self::PlanNotFound => "plan_not_found",
            Self::PlanStands => "plan_stands",
            Self::PlanNeeded => "plan_needed",
            Self::QuotaExceeded { .. } => "quota_exceeded",
            Self::CountedElsewhere => "counted_elsewhere",
            Self::KeyReused => "quota_key_reused",
            Self::GivenBack => "quota_given_back",
            Self::DomainNotFound => "domain_not_found",
            Self::HostTaken => "host_taken",
            Self::TooManyDomains => "too_many_domains",
            Self::Database(error) => error.reason(),
        }
    }

    fn fields(&self) -> Vec<FieldViolation> {
        let (field, problem) = match self {
            Self::SlugTaken => ("slug", "is taken".to_owned()),
            Self::SlugNeeded => ("slug", "is required for this name".to_owned()),
            Self::ChangedSince(field) => (*field, "is not the newest".to_owned()),
            Self::PlanNotFound => ("plan", "is none that tenants come to".to_owned()),
            Self::PlanStands => ("plan", "is another plan's word".to_owned()),
            Self::CountedElsewhere => ("resource", "is counted elsewhere".to_owned()),
            Self::KeyReused => ("key", "was used for another amount".to_owned()),
            Self::GivenBack => ("key", "was given back".to_owned()),
            Self::QuotaExceeded { resource, used, most } => {
                let most = most.unwrap_or_default();
                (
                    "amount",
                    format!("is above what is left of {resource}: {used} of {most} are used"),
                )
            }
            Self::HostTaken => ("host", "is proven by another workspace".to_owned()),
            _ => return Vec::new(),
        };
        vec![FieldViolation::new(field, problem)]
    }
}
