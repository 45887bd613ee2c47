//! From settings to the database's access and the vault's keys, and whether these fit what the database holds.

use pg::Db;
use secrecy::ExposeSecret;
use vault::{Error, Keyring, Vault};

use super::{
    Settings,
    key_config::{digits, invalid, parse},
};

/// "Password authentication failed", in PostgreSQL's own words.
const WRONG_PASSWORD: &str = "28P01";

/// How services reach PostgreSQL. Their passwords derive from the login key, which is the master key unless given.
///
/// # Errors
/// A key is missing; the error names it.
pub fn access(settings: &Settings) -> anyhow::Result<pg::Access> {
    let login_secret = match settings.keys.login()? {
        Some(given) => given,
        None => digits(settings.boot.master_key()?.expose_secret()),
    };
    Ok(pg::Access {
        login_secret,
        url: settings.boot.database_url()?.clone(),
        connections: settings.database_connections,
    })
}

/// The vault under the configured master key, for one service.
///
/// # Errors
/// A key is missing, malformed or not random; the error names its setting.
pub fn vault(settings: &Settings) -> anyhow::Result<Vault> {
    let given = settings.boot.master_key()?;
    let current = parse(master_key_setting(settings), &digits(given.expose_secret()))?;
    let vault = Vault::new(Keyring { current, older: settings.keys.older()? });
    Ok(match settings.keys.kms()? {
        Some(kms) => vault.with_kms(kms),
        None => vault,
    })
}

/// Whether the process holds the keys for what a service's database holds: false where nobody can say yet, because
/// the database, or a key management service, is away.
///
/// # Errors
/// The keys do not fit: the error names the setting and what to put there.
pub async fn keys_fit(settings: &Settings, vault: &Vault, db: &Db) -> anyhow::Result<bool> {
    let (key, service) = (master_key_setting(settings), db.service());
    match vault.fits(db).await {
        Ok(()) => Ok(true),
        Err(Error::MissingMaster(ids)) => {
            let own = parse(key, &digits(settings.boot.master_key()?.expose_secret()))?.id();
            let reason = format!(
                "the secrets of `{service}` are sealed under the master key with the fingerprint {ids}, and this \
                 one's is {own}; give the right key here, or, if it was replaced on purpose, the older one as \
                 USHER_OLDER_MASTER_KEYS until `usher vault rotate master` is done"
            );
            Err(invalid(key, reason).into())
        }
        Err(Error::Database(problem)) if is_wrong_password(&problem) => {
            let reason = format!(
                "PostgreSQL refuses the password that `{service}` derives from it; give the key with which the \
                 database was migrated, here or, if the master key was replaced, as USHER_LOGIN_KEY"
            );
            Err(invalid(key, reason).into())
        }
        Err(problem @ Error::DataKey(_)) => {
            Err(anyhow::Error::new(problem).context(format!("the data keys of `{service}`")))
        }
        Err(problem) => {
            tracing::warn!(%problem, service, "it cannot be told yet whether the master key fits");
            Ok(false)
        }
    }
}

fn is_wrong_password(problem: &pg::Error) -> bool {
    let pg::Error::Other(sqlx::Error::Database(refused)) = problem else { return false };
    refused.code().as_deref() == Some(WRONG_PASSWORD)
}

/// The setting that the master key came from.
fn master_key_setting(settings: &Settings) -> &'static str {
    match settings.boot.master_key_file {
        Some(_) => "USHER_MASTER_KEY_FILE",
        None => "USHER_MASTER_KEY",
    }
}
