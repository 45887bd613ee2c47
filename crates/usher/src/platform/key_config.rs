//! The settings of the keys that stand beside the master key: its forerunners, its keeper, the databases' logins.

use std::{fs, path::PathBuf, sync::Arc};

use boot::{ConfigError, SecretArg};
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use vault::{Kms, MasterKey, Transit};

/// The keys that stand beside the master key.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct KeyConfig {
    /// Master keys that were replaced and may still wrap data keys, as base64 or hex. Give them until `usher vault
    /// rotate master` has nothing left to do.
    #[arg(long, env = "USHER_OLDER_MASTER_KEYS", value_name = "KEY,…", hide_env_values = true)]
    pub older_master_keys: Option<SecretArg>,
    /// Files that hold such keys, one each, as 32 bytes, base64 or hex.
    #[arg(
        long,
        env = "USHER_OLDER_MASTER_KEY_FILES",
        value_name = "FILE,…",
        value_delimiter = ','
    )]
    pub older_master_key_files: Vec<PathBuf>,
    /// Key from which the services' database passwords derive, as base64 or hex. Unless given, the master key: when
    /// that one is replaced, give the one here with which the database was first migrated.
    #[arg(long, env = "USHER_LOGIN_KEY", value_name = "KEY", hide_env_values = true)]
    pub login_key: Option<SecretArg>,
    /// Mount of a key management service that speaks as the transit engine of HashiCorp Vault or OpenBao does, such as
    /// https://vault.example.com/v1/transit. Unless given, the master key itself wraps data keys.
    #[arg(long, env = "USHER_KMS_URL", value_name = "URL")]
    pub kms_url: Option<String>,
    /// Name of the key in that service.
    #[arg(long, env = "USHER_KMS_KEY", value_name = "NAME", default_value = "usher")]
    pub kms_key: String,
    /// Token for that service.
    #[arg(long, env = "USHER_KMS_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub kms_token: Option<SecretArg>,
}

impl KeyConfig {
    /// The replaced master keys.
    pub(super) fn older(&self) -> Result<Vec<MasterKey>, ConfigError> {
        const KEYS: &str = "USHER_OLDER_MASTER_KEYS";
        const FILES: &str = "USHER_OLDER_MASTER_KEY_FILES";
        let listed = self.older_master_keys.as_ref().map(SecretArg::expose).unwrap_or_default();
        let mut older = Vec::new();
        for text in listed.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            older.push(parse(KEYS, &text.into())?);
        }
        for path in &self.older_master_key_files {
            let content = fs::read(path).map_err(|error| {
                invalid(FILES, format!("cannot read {}: {error}", path.display()))
            })?;
            let text = match <&[u8; 32]>::try_from(content.as_slice()) {
                Ok(raw) => digits(raw),
                Err(_) => String::from_utf8_lossy(&content).into_owned().into(),
            };
            older.push(parse(FILES, &text)?);
        }
        Ok(older)
    }

    /// The secret that database passwords derive from, if it is not the master key.
    pub(super) fn login(&self) -> Result<Option<SecretString>, ConfigError> {
        const KEY: &str = "USHER_LOGIN_KEY";
        let Some(given) = &self.login_key else { return Ok(None) };
        let boot = boot::Config { master_key: Some(given.clone()), ..boot::Config::default() };
        let read = boot.master_key().map_err(|error| match error {
            ConfigError::Invalid { reason, .. } => invalid(KEY, reason),
            missing @ ConfigError::Missing { .. } => missing,
        })?;
        Ok(Some(digits(read.expose_secret())))
    }

    /// The key management service, if one is set up.
    pub(super) fn kms(&self) -> Result<Option<Arc<dyn Kms>>, ConfigError> {
        let Some(url) = &self.kms_url else { return Ok(None) };
        if !url.starts_with("https://") && !url.starts_with("http://") {
            let reason = "give a URL such as https://vault.example.com/v1/transit".to_owned();
            return Err(invalid("USHER_KMS_URL", reason));
        }
        let token = self.kms_token.as_ref().ok_or(ConfigError::Missing {
            key: "USHER_KMS_TOKEN",
            remedy: "give the token that may encrypt and decrypt with the key of USHER_KMS_KEY",
        })?;
        let transit = Transit::new(url, &self.kms_key, token.secret().clone())
            .map_err(|problem| invalid("USHER_KMS_URL", problem.to_string()))?;
        Ok(Some(Arc::new(transit)))
    }
}

/// A master key of the setting `key`.
pub(super) fn parse(key: &'static str, text: &SecretString) -> Result<MasterKey, ConfigError> {
    MasterKey::parse(text).map_err(|problem| invalid(key, problem.to_string()))
}

/// 32 bytes in hexadecimal digits.
pub(super) fn digits(bytes: &[u8; 32]) -> SecretString {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.into()
}

pub(super) fn invalid(key: &'static str, reason: String) -> ConfigError {
    ConfigError::Invalid { key, reason }
}
