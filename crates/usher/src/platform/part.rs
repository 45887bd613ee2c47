//! The parts that a process can run.

use clap::ValueEnum;

/// A service, or the gateway with the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Part {
    /// Tenants.
    Tenant,
    /// Sign-in.
    Auth,
    /// People, invitations, access.
    User,
    /// Onboarding.
    Provisioning,
    /// Messages.
    Notifier,
    /// Community events.
    Events,
    /// The feed and the stream.
    Activity,
    /// The doors: REST and the console.
    Gateway,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 8] = [
        Self::Tenant,
        Self::Auth,
        Self::User,
        Self::Provisioning,
        Self::Notifier,
        Self::Events,
        Self::Activity,
        Self::Gateway,
    ];

    /// Its name in the mesh, in the database and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => tenant::NAME,
            Self::Auth => auth::NAME,
            Self::User => user::NAME,
            Self::Provisioning => provisioning::NAME,
            Self::Notifier => notifier::NAME,
            Self::Events => events::NAME,
            Self::Activity => activity::NAME,
            Self::Gateway => wire::identity::GATEWAY,
        }
    }
}
