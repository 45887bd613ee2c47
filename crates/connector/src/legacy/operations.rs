//! What the backend is asked for, one method each.

use outbound::{Fault, Kind};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{Legacy, ListedToken, SPEC, answer, keys::Realm, send::Operation};
use crate::Receipt;

/// Answers are far shorter; tokens and rows of datasets are counted apart.
pub(super) const SHORT: usize = 64 * 1024;

/// Datasets are the longest answers there are; this much fits into a call inside.
pub(super) const DATASET: usize = 2 * 1024 * 1024;

pub(super) const SELLERS: Operation = Operation {
    name: "get_token",
    path: "api/ss/wb/token/get",
    realm: Realm::Data,
    what: "show the marketplace token",
    most: SHORT,
};

impl Legacy {
    /// Registers a spreadsheet; repeating it brings it up to date.
    ///
    /// # Errors
    /// A [`Fault`] where it was refused or is not known to have been done; so it is for every operation.
    pub async fn register(&self, repeat: &str, id: &str, owner: &str) -> Result<(), Fault> {
        const REGISTER: Operation = Operation {
            name: "register",
            path: "api/admin/spreadsheets/register",
            realm: Realm::Admin,
            what: "register the spreadsheet",
            most: SHORT,
        };
        let body = json!({"spreadsheet_id": id, "owner_email": owner});
        let answer = self.post(REGISTER, repeat, &body).await?;
        understood(REGISTER, answer::registered(&answer, id), "another spreadsheet")
    }

    /// Adds the token of this seller; repeating it adds nothing.
    ///
    /// # Errors
    /// A [`Fault`], also where the backend reads another seller out of the token.
    pub async fn add_token(
        &self,
        repeat: &str,
        id: &str,
        token: &SecretString,
        sid: &str,
    ) -> Result<Receipt, Fault> {
        const ADD: Operation = Operation {
            name: "add_token",
            path: "api/admin/wb/tokens/add",
            realm: Realm::Admin,
            what: "add the marketplace token",
            most: SHORT,
        };
        let secret = token.expose_secret();
        let body = json!({"spreadsheet_id": id, "token": secret});
        let answer = self.post(ADD, repeat, &body).await.map_err(|fault| fault.without(secret))?;
        understood(ADD, answer::token_added(&answer, sid), "another seller")?;
        let (kind, place) = ("token".into(), id.into());
        Ok(Receipt { connector: SPEC.name.into(), kind, place, id: sid.into() })
    }

    /// The tokens that were ever added to the spreadsheet.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn tokens(&self, repeat: &str, id: &str) -> Result<Vec<ListedToken>, Fault> {
        const LIST: Operation = Operation {
            name: "list_tokens",
            path: "api/admin/wb/tokens/list",
            realm: Realm::Admin,
            what: "list the marketplace tokens",
            most: SHORT,
        };
        let answer = self.post(LIST, repeat, &json!({"spreadsheet_id": id})).await?;
        understood(LIST, answer::listed(&answer), "no list of tokens")
    }

    /// The sellers whose tokens the backend gives out for the spreadsheet.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn sellers(&self, repeat: &str, id: &str) -> Result<Vec<String>, Fault> {
        let answer = self.post(SELLERS, repeat, &json!({"spreadsheet_id": id})).await?;
        understood(SELLERS, answer::sellers(&answer), "no list of tokens")
    }

    /// Sees that the backend gives out this seller's token for the spreadsheet.
    ///
    /// # Errors
    /// A [`Fault`], `wb_token_not_listed` where it does not.
    pub async fn verify_token(&self, repeat: &str, id: &str, sid: &str) -> Result<(), Fault> {
        if self.sellers(repeat, id).await?.iter().any(|listed| listed == sid) {
            return Ok(());
        }
        let user = "The backend does not give the marketplace token out for the spreadsheet.";
        let operator = "The backend took the marketplace token but does not list its seller for the spreadsheet; see \
                        whether the token was switched off there, then retry.";
        Err(Fault::new(Kind::NotFound, user, operator).because("wb_token_not_listed"))
    }

    /// Asks for an update of the spreadsheet's datasets, which succeeds only where the workspace works.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn update(&self, repeat: &str, id: &str) -> Result<(), Fault> {
        const UPDATE: Operation = Operation {
            name: "update",
            path: "api/ss/datasets/update",
            realm: Realm::Data,
            what: "update the spreadsheet's data",
            most: SHORT,
        };
        let answer = self.post(UPDATE, repeat, &json!({"spreadsheet_id": id})).await?;
        understood(UPDATE, answer::accepted(&answer), "no acceptance")
    }

    /// Replaces the rows of a dataset; answers how many it holds now.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn upload(
        &self,
        repeat: &str,
        id: &str,
        dataset: &str,
        rows: &[Value],
    ) -> Result<u64, Fault> {
        const UPLOAD: Operation = Operation {
            name: "upload",
            path: "api/ss/datasets/upload",
            realm: Realm::Data,
            what: "take the dataset's rows",
            most: SHORT,
        };
        let body = json!({"spreadsheet_id": id, "dataset": {"name": dataset, "values": rows}});
        let answer = self.post(UPLOAD, repeat, &body).await?;
        understood(UPLOAD, answer.as_u64(), "no number of rows")
    }

    /// The rows of a dataset.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn rows(&self, repeat: &str, id: &str, dataset: &str) -> Result<Vec<Value>, Fault> {
        const ROWS: Operation = Operation {
            name: "rows",
            path: "api/ss/datasets/data",
            realm: Realm::Data,
            what: "give out the dataset's rows",
            most: DATASET,
        };
        let body = json!({"spreadsheet_id": id, "dataset": {"name": dataset}});
        let answer = self.post(ROWS, repeat, &body).await?;
        understood(ROWS, answer::rows(answer), "no list of rows")
    }
}

/// What was read out of an answer, or that it is `found` in its place.
fn understood<T>(operation: Operation, read: Option<T>, found: &str) -> Result<T, Fault> {
    read.ok_or_else(|| answer::malformed(found, operation.what))
}
