//! What PostgreSQL refused, in the words of the house.

use kernel::{Code, Failure};

/// The result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server is away, restarting, or out of connections: trying again helps.
    #[error("PostgreSQL is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Concurrent transactions collided (serialisation failure, deadlock, lock timeout).
    #[error("concurrent transactions collided: {0}")]
    Collision(#[source] sqlx::Error),
    /// A named constraint refused the row.
    #[error("constraint {name} refused the row")]
    Constraint {
        /// The constraint's name, as the migration gave it.
        name: String,
        /// The database's own words.
        #[source]
        source: sqlx::Error,
    },
    /// Anything else: a fault of ours.
    #[error("database failure: {0}")]
    Other(#[source] sqlx::Error),
    /// A migration could not be applied.
    #[error("migration failed: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The connection address cannot be read.
    #[error("DATABASE_URL cannot be read: {0}")]
    Address(String),
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &source {
            E::Io(_)
            | E::Tls(_)
            | E::PoolTimedOut
            | E::PoolClosed
            | E::WorkerCrashed
            | E::Protocol(_) => Self::Unavailable(source),
            E::Database(db) => {
                let code = db.code().unwrap_or_default().into_owned();
                if let Some(name) = db.constraint() {
                    return Self::Constraint { name: name.into(), source };
                }
                match code.as_str() {
                    // Collisions: serialization_failure, deadlock_detected, lock_not_available.
                    "40001" | "40P01" | "55P03" => Self::Collision(source),
                    // Class 57: shutdown, crash, starting up, timeouts; 53: out of resources; 08: connection.
                    c if c.starts_with("57")
                        || c.starts_with("53")
                        || c.starts_with("08")
                        || c == "25P03" =>
                    {
                        Self::Unavailable(source)
                    }
                    _ => Self::Other(source),
                }
            }
            _ => Self::Other(source),
        }
    }
}

impl Failure for Error {
    fn code(&self) -> Code {
        match self {
            Self::Unavailable(_) | Self::Collision(_) => Code::Unavailable,
            Self::Constraint { .. } | Self::Other(_) | Self::Migration(_) | Self::Address(_) => {
                Code::Internal
            }
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "database_unavailable",
            Self::Collision(_) => "database_busy",
            Self::Constraint { .. } | Self::Other(_) | Self::Migration(_) | Self::Address(_) => {
                "database_failure"
            }
        }
    }
}

/// Turns a named constraint into a domain error at the query that met it.
pub trait OnConstraint<T> {
    /// Answers `error()` where the constraint `name` refused the row; any other failure passes through.
    ///
    /// # Errors
    /// The domain error, or the database's.
    fn on_constraint<E: From<Error>>(self, name: &str, error: impl FnOnce() -> E) -> Result<T, E>;
}

impl<T, F: Into<Error>> OnConstraint<T> for Result<T, F> {
    fn on_constraint<E: From<Error>>(self, name: &str, error: impl FnOnce() -> E) -> Result<T, E> {
        self.map_err(|failure| match failure.into() {
            Error::Constraint { name: met, .. } if met == name => error(),
            other => other.into(),
        })
    }
}
