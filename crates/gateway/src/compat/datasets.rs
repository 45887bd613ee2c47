//! `dataset.*` and `datasets.*`: handed to the business backend as they are.

use kernel::Code;
use serde_json::Value;
use wire::provisioning::v1::RelayDatasetRequest;

use super::{
    call::{Call, refused},
    envelope::Answer,
    input::fault,
};
use crate::problem::Problem;

/// The backend's answer as the result.
pub(super) async fn wrapped(call: &Call<'_>, verb: &str) -> Result<Answer, Problem> {
    let name = call.input.text("name")?;
    let user_id = call.input.text("id")?;
    relay(call, verb, user_id, name, call.input.given("values")).await.map(Answer::of)
}

/// The backend's answer as it is, to what the legacy backend itself is asked.
pub(super) async fn bare(call: &Call<'_>, verb: &str) -> Result<Answer, Problem> {
    let (name, values) = match call.input.given("dataset") {
        None => (String::new(), None),
        Some(Value::Object(dataset)) => {
            let name = dataset.get("name").and_then(Value::as_str);
            let name = name.ok_or_else(|| fault("dataset.name", "must be a text"))?;
            (name.to_owned(), dataset.get("values"))
        }
        Some(_) => return Err(fault("dataset", "must be an object")),
    };
    relay(call, verb, String::new(), name, values).await.map(Answer::Bare)
}

async fn relay(
    call: &Call<'_>,
    verb: &str,
    user_id: String,
    dataset: String,
    values: Option<&Value>,
) -> Result<Value, Problem> {
    let wish = RelayDatasetRequest {
        spreadsheet_id: call.input.spreadsheet()?,
        verb: verb.to_owned(),
        dataset,
        values: values.map(Value::to_string).unwrap_or_default(),
        user_id,
    };
    let answer = call.sheets().relay_dataset(call.ask(wish)).await.map_err(refused)?;
    serde_json::from_str(&answer.into_inner().answer).map_err(|_| {
        Problem::new(Code::Internal, "bad_backend_answer", "The backend's answer cannot be read.")
    })
}
