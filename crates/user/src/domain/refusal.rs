//! Why a change of rights was refused.

use kernel::{Code, FieldViolation};

/// A fact about a change of rights that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such role of the tenant.
    #[error("There is no such role.")]
    RoleNotFound,
    /// A tenant's own role would hide a built-in one.
    #[error("This is the name of a built-in role; choose another.")]
    RoleBuiltIn,
    /// Somebody holds it.
    #[error("Somebody holds this role; take it from everybody first.")]
    RoleInUse,
    /// A permission would be given that the giver lacks.
    #[error("You may only give, change or deny permissions that you hold yourself.")]
    PermissionAboveOwn,
    /// No such binding in the tenant.
    #[error("There is no such role binding.")]
    BindingNotFound,
    /// No such service account in the tenant.
    #[error("There is no such service account.")]
    ServiceAccountNotFound,
    /// No such override in the tenant.
    #[error("There is no such override.")]
    OverrideNotFound,
    /// Whoever answers for the tenant would be shut out.
    #[error("This person answers for the tenant; take that role from them first.")]
    AnswersForTenant,
    /// No such opening in the tenant.
    #[error("There is no such opening.")]
    OpeningNotFound,
    /// Only whom the platform trusts opens a tenant's content to themselves.
    #[error("Only staff whom the platform trusts open a tenant's content.")]
    NotOfPlatform,
    /// The catalogue has no such permission.
    #[error("No service asks for such a permission.")]
    PermissionUnknown,
}

impl Refusal {
    pub(crate) const fn code(self) -> Code {
        match self {
            Self::RoleNotFound
            | Self::BindingNotFound
            | Self::ServiceAccountNotFound
            | Self::OpeningNotFound
            | Self::OverrideNotFound => Code::NotFound,
            Self::RoleBuiltIn | Self::RoleInUse | Self::AnswersForTenant => Code::Conflict,
            Self::PermissionAboveOwn | Self::NotOfPlatform => Code::Denied,
            Self::PermissionUnknown => Code::Invalid,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::RoleNotFound => "role_not_found",
            Self::RoleBuiltIn => "role_built_in",
            Self::RoleInUse => "role_in_use",
            Self::PermissionAboveOwn => "permission_above_own",
            Self::BindingNotFound => "role_binding_not_found",
            Self::ServiceAccountNotFound => "service_account_not_found",
            Self::OverrideNotFound => "override_not_found",
            Self::OpeningNotFound => "glass_opening_not_found",
            Self::NotOfPlatform => "not_of_platform",
            Self::AnswersForTenant => "answers_for_tenant",
            Self::PermissionUnknown => "permission_unknown",
        }
    }

    pub(crate) fn fields(self) -> Vec<FieldViolation> {
        match self {
            Self::RoleBuiltIn => vec![FieldViolation::new("roleId", "is a built-in role")],
            Self::PermissionUnknown => {
                vec![FieldViolation::new("permission", "is in no service's contract")]
            }
            _ => Vec::new(),
        }
    }
}
