//! Who calls: the key or a bearer token, and what its role may do.

use axum::http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};

use super::{
    answer::Refusal,
    config::{Class, Config, Role},
    record::Op,
};

pub(super) struct Caller {
    pub(super) role: Role,
    /// Which credential it is, by its place in the configuration. Windows count by it.
    pub(super) credential: String,
    /// The classes it opens; all when none are given.
    classes: Option<Vec<Class>>,
    spreadsheets: Option<Vec<String>>,
}

impl Caller {
    /// `X-Api-Key: k` or `Authorization: Bearer k`, the same key in both; a bearer token of the
    /// configuration only as bearer.
    pub(super) fn identify(config: &Config, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let text =
            |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
        let bearer = text(header::AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let key = text(header::HeaderName::from_static("x-api-key"));
        let is = |given: Option<&str>, secret: &SecretString| {
            given.is_some_and(|given| given == secret.expose_secret())
        };
        let either = |secret: &SecretString| is(key, secret) || is(bearer, secret);
        if either(&config.api_key) {
            let credential = "api_key".to_owned();
            return Ok(Caller { role: Role::Admin, credential, classes: None, spreadsheets: None });
        }
        let keys = config.keys.iter().enumerate().find(|(_, known)| either(&known.key));
        if let Some((place, known)) = keys {
            return Ok(Caller {
                role: known.role,
                credential: format!("keys[{place}]"),
                classes: Some(known.classes.clone()),
                spreadsheets: known.spreadsheets.clone(),
            });
        }
        let known = config.bearers.iter().enumerate().find(|(_, known)| is(bearer, &known.token));
        let (place, known) = known.ok_or(Refusal::Unauthorized)?;
        Ok(Caller {
            role: known.role,
            credential: format!("bearers[{place}]"),
            classes: None,
            spreadsheets: known.spreadsheets.clone(),
        })
    }

    /// Class and role open the operation, and the spreadsheet is among the credential's own.
    pub(super) fn may(&self, op: Op, spreadsheet_id: Option<&str>) -> Result<(), Refusal> {
        let own = |list: &Vec<String>| {
            spreadsheet_id.is_none_or(|id| list.iter().any(|known| known == id))
        };
        let class = self.classes.as_ref().is_none_or(|classes| classes.contains(&op.class()));
        let role = self.role != Role::Client || op.class() == Class::Data;
        if class && role && self.spreadsheets.as_ref().is_none_or(own) {
            Ok(())
        } else {
            Err(Refusal::Forbidden)
        }
    }
}

impl Op {
    pub(super) const fn class(self) -> Class {
        match self {
            Op::Register | Op::TokensAdd | Op::TokensList | Op::Metrics => Class::Admin,
            Op::Actions => Class::Actions,
            Op::TokenGet
            | Op::DatasetsUpdate
            | Op::DatasetsData
            | Op::DatasetsUpload
            | Op::Unknown => Class::Data,
        }
    }
}
