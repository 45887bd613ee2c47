//! A key management service that speaks as the transit engine of HashiCorp Vault and OpenBao does.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Client, StatusCode, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{DataKey, Kms, KmsError};

/// Longest answer that is read: a wrapped key takes a few hundred bytes.
const LONGEST: usize = 64 * 1024;

/// How long a connection may take to stand; the whole question is bounded by the vault.
const CONNECT: Duration = Duration::from_secs(2);

/// One key of a transit engine, of a type with associated data (`aes256-gcm96`, `chacha20-poly1305`).
#[derive(Clone)]
pub struct Transit {
    http: Client,
    /// `https://vault.example.com/v1/transit`, without a slash at the end.
    mount: String,
    key: String,
    token: SecretString,
}

impl Transit {
    /// A key by its name, under the address of its mount (`https://vault.example.com/v1/transit`).
    ///
    /// # Errors
    /// [`KmsError::Away`] where no TLS client can be made.
    pub fn new(mount: &str, key: &str, token: SecretString) -> Result<Self, KmsError> {
        let http = Client::builder()
            .connect_timeout(CONNECT)
            // The token goes to the address that was configured and nowhere else.
            .redirect(Policy::none())
            .build()
            .map_err(|_| KmsError::Away("no TLS client can be made".into()))?;
        let mount = mount.trim_end_matches('/').to_owned();
        Ok(Self { http, mount, key: key.to_owned(), token })
    }

    async fn ask<T: DeserializeOwned>(&self, verb: &str, body: &Value) -> Result<T, KmsError> {
        let asked = self
            .http
            .post(format!("{}/{verb}/{}", self.mount, self.key))
            .header("X-Vault-Token", self.token.expose_secret())
            .json(body)
            .send();
        let mut answer = asked.await.map_err(away)?;
        match answer.status() {
            StatusCode::OK => {}
            // Also the answer to a ciphertext that does not authenticate.
            StatusCode::BAD_REQUEST => return Err(KmsError::Refused),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                return Err(KmsError::Denied);
            }
            status => return Err(KmsError::Away(format!("status {}", status.as_u16()))),
        }
        let mut read = Zeroizing::new(Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(away)? {
            if read.len() + chunk.len() > LONGEST {
                return Err(KmsError::Unreadable);
            }
            read.extend_from_slice(&chunk);
        }
        let answer: Answer<T> = serde_json::from_slice(&read).map_err(|_| KmsError::Unreadable)?;
        Ok(answer.data)
    }
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct Wrapped {
    ciphertext: String,
}

#[derive(Deserialize)]
struct Plain {
    plaintext: SecretString,
}

#[async_trait]
impl Kms for Transit {
    fn key_id(&self) -> String {
        format!("transit:{}", self.key)
    }

    async fn wrap(&self, context: &[u8], key: &DataKey) -> Result<Vec<u8>, KmsError> {
        let body = json!({
            "plaintext": STANDARD.encode(key.expose()),
            "associated_data": STANDARD.encode(context),
        });
        let wrapped: Wrapped = self.ask("encrypt", &body).await?;
        Ok(wrapped.ciphertext.into_bytes())
    }

    async fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<DataKey, KmsError> {
        let ciphertext = std::str::from_utf8(wrapped).map_err(|_| KmsError::Refused)?;
        let body = json!({"ciphertext": ciphertext, "associated_data": STANDARD.encode(context)});
        let plain: Plain = self.ask("decrypt", &body).await?;
        let bytes = STANDARD.decode(plain.plaintext.expose_secret()).map(Zeroizing::new);
        bytes.ok().and_then(|bytes| DataKey::from_slice(&bytes)).ok_or(KmsError::Unreadable)
    }
}

/// Says what happened and not to which address: it may hold a credential.
fn away(error: reqwest::Error) -> KmsError {
    KmsError::Away(error.without_url().to_string())
}

impl fmt::Debug for Transit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transit").field(&self.key).finish()
    }
}
