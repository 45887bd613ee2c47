//! `usher.provisioning.v1.Sheets`.

use serde_json::Value;
use tonic::{Request, Response, Status};
use wire::{
    id, parse,
    provisioning::v1::{
        AddSheetRequest, DeleteSheetTokenRequest, ListSheetTokensRequest, ListSheetTokensResponse,
        ListSheetsRequest, ListSheetsResponse, PutSheetTokenRequest, RelayDatasetRequest,
        RelayDatasetResponse, Sheet, SheetToken, UpdateSheetRequest, sheets_server::Sheets,
    },
    refuse, required, timestamp,
};

use super::given;
use crate::{
    App, domain,
    domain::{DatasetVerb, SpreadsheetId},
    ops,
};

/// The RPCs over the app.
pub(super) struct Rpc(pub(super) App);

#[tonic::async_trait]
impl Sheets for Rpc {
    async fn list_sheets(
        &self,
        request: Request<ListSheetsRequest>,
    ) -> Result<Response<ListSheetsResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let people = request.people.iter().map(|text| id("people", text));
        let wanted = ops::ListSheets {
            who: given(&request.user_id).map(str::to_owned),
            people: people.collect::<Result<_, _>>()?,
            sheet: given(&request.spreadsheet_id).map(sheet).transpose()?,
        };
        let found = ops::list_sheets(&self.0, &cx, wanted).await;
        let sheets = found.map_err(refuse)?.iter().map(Into::into).collect();
        Ok(Response::new(ListSheetsResponse { sheets }))
    }

    async fn add_sheet(
        &self,
        request: Request<AddSheetRequest>,
    ) -> Result<Response<Sheet>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let sheet = sheet(&request.spreadsheet_id)?;
        let added = ops::add_sheet(&self.0, &cx, &request.user_id, &sheet).await;
        Ok(Response::new((&added.map_err(refuse)?).into()))
    }

    async fn update_sheet(
        &self,
        request: Request<UpdateSheetRequest>,
    ) -> Result<Response<Sheet>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let sheet = sheet(&request.spreadsheet_id)?;
        let (who, switch) = (&request.user_id, request.is_active.map(Into::into));
        let updated = ops::update_sheet(&self.0, &cx, who, &sheet, switch).await;
        Ok(Response::new((&updated.map_err(refuse)?).into()))
    }

    async fn list_sheet_tokens(
        &self,
        request: Request<ListSheetTokensRequest>,
    ) -> Result<Response<ListSheetTokensResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let sheet = given(&request.spreadsheet_id).map(sheet).transpose()?;
        let who = given(&request.user_id);
        required("spreadsheetId", who.or(sheet.as_ref().map(SpreadsheetId::as_str)))?;
        let found =
            ops::list_sheet_tokens(&self.0, &cx, who, sheet.as_ref()).await.map_err(refuse)?;
        Ok(Response::new(ListSheetTokensResponse {
            tokens: found.iter().map(Into::into).collect(),
        }))
    }

    async fn put_sheet_token(
        &self,
        request: Request<PutSheetTokenRequest>,
    ) -> Result<Response<SheetToken>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let now = self.0.clock.now();
        let sheet = given(&request.spreadsheet_id).map(sheet).transpose()?;
        let who = given(&request.user_id).map(str::to_owned);
        required("spreadsheetId", who.as_deref().or(sheet.as_ref().map(SpreadsheetId::as_str)))?;
        let read = |text: &str| domain::WbToken::parse_alive(text, now);
        let token = parse("wbToken", &request.wb_token, read)?;
        let command = ops::PutSheetToken { who: who.clone(), sheet: sheet.clone(), token };
        ops::put_sheet_token(&self.0, &cx, command).await.map_err(refuse)?;
        let shown = ops::list_sheet_tokens(&self.0, &cx, who.as_deref(), sheet.as_ref()).await;
        let shown = shown.map_err(refuse)?;
        Ok(Response::new(required("wbToken", shown.first().map(Into::into))?))
    }

    async fn delete_sheet_token(
        &self,
        request: Request<DeleteSheetTokenRequest>,
    ) -> Result<Response<SheetToken>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let sheet = given(&request.spreadsheet_id).map(sheet).transpose()?;
        let who = given(&request.user_id);
        required("spreadsheetId", who.or(sheet.as_ref().map(SpreadsheetId::as_str)))?;
        let was = ops::delete_sheet_token(&self.0, &cx, who, sheet.as_ref()).await;
        Ok(Response::new((&was.map_err(refuse)?).into()))
    }

    async fn relay_dataset(
        &self,
        request: Request<RelayDatasetRequest>,
    ) -> Result<Response<RelayDatasetResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::RelayDataset {
            who: given(&request.user_id).map(str::to_owned),
            sheet: sheet(&request.spreadsheet_id)?,
            verb: parse("verb", &request.verb, verb)?,
            dataset: given(&request.dataset).map(str::to_owned),
            values: given(&request.values).map(|text| parse("values", text, json)).transpose()?,
        };
        if command.dataset.is_none() && command.verb != DatasetVerb::Update {
            required("dataset", None::<()>)?;
        }
        let answer = ops::relay_dataset(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(RelayDatasetResponse { answer: answer.to_string() }))
    }
}

fn sheet(text: &str) -> Result<SpreadsheetId, Status> {
    parse("spreadsheetId", text, SpreadsheetId::parse)
}

fn verb(word: &str) -> Result<DatasetVerb, &'static str> {
    DatasetVerb::parse(word).ok_or("is none of read, upload, update, clear")
}

fn json(text: &str) -> Result<Value, &'static str> {
    serde_json::from_str(text).map_err(|_| "is not JSON")
}

impl From<&domain::Sheet> for Sheet {
    fn from(workspace: &domain::Sheet) -> Self {
        Self {
            user_id: workspace.user_id.to_string(),
            spreadsheet_id: workspace.spreadsheet_id.to_string(),
            is_active: workspace.is_active,
            updated_at: Some(timestamp(workspace.updated_at)),
            client_legacy_id: workspace.client_legacy_id.unwrap_or_default(),
            stage: workspace.stage.map(|stage| stage.to_string()).unwrap_or_default(),
        }
    }
}

impl From<&domain::TokenView> for SheetToken {
    fn from(view: &domain::TokenView) -> Self {
        Self {
            hint: view.hint.to_string(),
            sid: view.claims.sid.clone(),
            expires_at: Some(timestamp(view.claims.expires_at)),
            iid: view.claims.iid.unwrap_or_default(),
            uid: view.claims.uid.unwrap_or_default(),
            scopes: view.claims.scopes.iter().map(ToString::to_string).collect(),
            spreadsheet_id: view.spreadsheet_id.to_string(),
            client_legacy_id: view.client_legacy_id,
            is_active: view.is_active,
        }
    }
}
