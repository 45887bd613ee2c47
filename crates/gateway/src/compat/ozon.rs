//! `ozon.apikey.*` of a user. A secret is never told.

use serde_json::{Value, json};
use wire::provisioning::v1::{
    DeleteOzonKeyRequest, ListOzonKeysRequest, OzonKey, PutOzonKeyRequest,
};

use super::{
    call::{Call, refused},
    envelope::Answer,
    input::fault,
};
use crate::problem::Problem;

pub(super) async fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let wish = ListOzonKeysRequest { user_id: call.input.text("id")? };
    let found = call.ozon_keys().list_ozon_keys(call.ask(wish)).await.map_err(refused)?;
    Ok(Answer::of(found.into_inner().keys.iter().map(item).collect()))
}

pub(super) async fn put(call: &Call<'_>) -> Result<Answer, Problem> {
    let wish = PutOzonKeyRequest {
        user_id: call.input.text("id")?,
        seller_client_id: seller(call)?.unwrap_or_default(),
        seller_api_key: call.input.text("seller_api_key")?,
        performance_client_id: call.input.text("performance_client_id")?,
        performance_client_secret: call.input.text("performance_client_secret")?,
        name: call.input.text("name")?,
    };
    let kept = call.ozon_keys().put_ozon_key(call.ask(wish)).await.map_err(refused)?;
    Ok(Answer::of(item(&kept.into_inner())))
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Answer, Problem> {
    let wish = DeleteOzonKeyRequest {
        user_id: call.input.text("id")?,
        seller_client_id: seller(call)?.unwrap_or_default().to_string(),
    };
    let was = call.ozon_keys().delete_ozon_key(call.ask(wish)).await.map_err(refused)?;
    Ok(Answer::of(item(&was.into_inner())))
}

fn seller(call: &Call<'_>) -> Result<Option<i64>, Problem> {
    let text = call.input.text("seller_client_id")?;
    // Spreadsheets know no whole numbers.
    let digits = text.strip_suffix(".0").unwrap_or(&text);
    if digits.is_empty() {
        return Ok(None);
    }
    let wrong = |_| fault("seller_client_id", "must be a whole number");
    digits.parse().map(Some).map_err(wrong)
}

/// A key as the legacy library knows one, masked.
fn item(key: &OzonKey) -> Value {
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    json!({
        "seller_client_id": key.seller_client_id,
        "seller_api_key": key.hint,
        "performance_client_id": given(&key.performance_client_id),
        "performance_client_secret": given(&key.performance_hint),
        "name": given(&key.name),
    })
}
