//! Calls about datasets that are handed on as they are, for somebody who knows the backend's own words.

use outbound::Fault;
use serde_json::{Value, json};

use super::{
    Legacy,
    keys::Realm,
    operations::{DATASET, SHORT},
    send::Operation,
};

/// What is asked of the backend about a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatasetCall {
    /// Its rows.
    Read,
    /// To replace its rows.
    Upload,
    /// To bring it up to date.
    Update,
}

impl Legacy {
    /// Makes the call; the backend's answer as it came. `dataset` is the object with its name and values.
    ///
    /// # Errors
    /// A [`Fault`] where it was refused or is not known to have been done.
    pub async fn dataset(
        &self,
        call: DatasetCall,
        repeat: &str,
        id: &str,
        dataset: Option<Value>,
    ) -> Result<Value, Fault> {
        let mut body = json!({"spreadsheet_id": id});
        if let Some(dataset) = dataset {
            body["dataset"] = dataset;
        }
        self.post(call.operation(), repeat, &body).await
    }
}

impl DatasetCall {
    const fn operation(self) -> Operation {
        let (name, path, what, most) = match self {
            Self::Read => {
                ("read_dataset", "api/ss/datasets/data", "give out the dataset's rows", DATASET)
            }
            Self::Upload => {
                ("upload_dataset", "api/ss/datasets/upload", "take the dataset's rows", SHORT)
            }
            Self::Update => {
                ("update_dataset", "api/ss/datasets/update", "update the dataset", SHORT)
            }
        };
        Operation { name, path, realm: Realm::Data, what, most }
    }
}
