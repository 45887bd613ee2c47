//! What can go wrong with a tenant.

use kernel::{Code, Failure, FieldViolation};

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
    /// The database's.
    #[error(transparent)]
    Database(#[from] pg::Error),
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::TenantNotFound => Code::NotFound,
            Self::SlugTaken => Code::Conflict,
            Self::SlugNeeded => Code::Invalid,
            Self::Database(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::TenantNotFound => "tenant_not_found",
            Self::SlugTaken => "slug_taken",
            Self::SlugNeeded => "slug_needed",
            Self::Database(error) => error.reason(),
        }
    }

    fn fields(&self) -> Vec<FieldViolation> {
        match self {
            Self::SlugTaken => vec![FieldViolation::new("slug", "is taken")],
            Self::SlugNeeded => vec![FieldViolation::new("slug", "is required for this name")],
            _ => Vec::new(),
        }
    }
}
