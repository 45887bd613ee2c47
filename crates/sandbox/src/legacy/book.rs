//! The backend's state and the only ways in which it changes.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::{
    record::{EffectKind, Spreadsheet, TokenView},
    token,
};

#[derive(Default)]
pub(super) struct Book {
    sheets: BTreeMap<String, Sheet>,
}

#[derive(Default)]
pub(super) struct Sheet {
    pub(super) owner_email: Option<String>,
    pub(super) is_active: bool,
    /// By seller: one token each.
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) datasets: BTreeMap<String, Vec<Value>>,
}

pub(super) struct Token {
    pub(super) text: SecretString,
    pub(super) is_active: bool,
}

/// A change of one spreadsheet, complete: the journal replays it.
#[derive(Deserialize, Serialize)]
pub(super) struct Change {
    pub(super) spreadsheet_id: String,
    pub(super) what: What,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    Registered { owner_email: Option<String> },
    OwnerChanged { owner_email: String },
    Activated,
    Deactivated,
    TokenStored { sid: String, token: StoredToken },
    TokenDeactivated { sid: String },
    DatasetStored { name: String, rows: Vec<Value> },
}

/// A whole token on its way to the journal, the one place where it is written out.
#[derive(Clone, Deserialize)]
pub(super) struct StoredToken(pub(super) SecretString);

impl Serialize for StoredToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl Token {
    fn view(&self, sid: &str) -> TokenView {
        TokenView {
            sid: sid.to_owned(),
            is_active: self.is_active,
            token_suffix: token::suffix(self.text.expose_secret()),
        }
    }
}

impl Sheet {
    pub(super) fn token_views(&self) -> Vec<TokenView> {
        self.tokens.iter().map(|(sid, token)| token.view(sid)).collect()
    }
}

impl Book {
    pub(super) fn sheet(&self, spreadsheet_id: &str) -> Option<&Sheet> {
        self.sheets.get(spreadsheet_id)
    }

    pub(super) fn apply(&mut self, change: Change) {
        let sheet = self.sheets.entry(change.spreadsheet_id).or_default();
        match change.what {
            What::Registered { owner_email } => {
                sheet.owner_email = owner_email;
                sheet.is_active = true;
            }
            What::OwnerChanged { owner_email } => sheet.owner_email = Some(owner_email),
            What::Activated => sheet.is_active = true,
            What::Deactivated => sheet.is_active = false,
            What::TokenStored { sid, token } => {
                sheet.tokens.insert(sid, Token { text: token.0, is_active: true });
            }
            What::TokenDeactivated { sid } => {
                if let Some(token) = sheet.tokens.get_mut(&sid) {
                    token.is_active = false;
                }
            }
            What::DatasetStored { name, rows } => {
                sheet.datasets.insert(name, rows);
            }
        }
    }

    pub(super) fn spreadsheets(&self) -> Vec<Spreadsheet> {
        let view = |(id, sheet): (&String, &Sheet)| Spreadsheet {
            spreadsheet_id: id.clone(),
            owner_email: sheet.owner_email.clone(),
            is_active: sheet.is_active,
            tokens: sheet.token_views(),
        };
        self.sheets.iter().map(view).collect()
    }
}

impl What {
    /// The same change as it may be shown.
    pub(super) fn effect(&self) -> EffectKind {
        match self {
            What::Registered { owner_email } => {
                EffectKind::Registered { owner_email: owner_email.clone() }
            }
            What::OwnerChanged { owner_email } => {
                EffectKind::OwnerChanged { owner_email: owner_email.clone() }
            }
            What::Activated => EffectKind::Activated,
            What::Deactivated => EffectKind::Deactivated,
            What::TokenStored { sid, token } => EffectKind::TokenStored {
                sid: sid.clone(),
                token_suffix: token::suffix(token.0.expose_secret()),
            },
            What::TokenDeactivated { sid } => EffectKind::TokenDeactivated { sid: sid.clone() },
            What::DatasetStored { name, rows } => {
                EffectKind::DatasetStored { name: name.clone(), rows: rows.len() }
            }
        }
    }
}
