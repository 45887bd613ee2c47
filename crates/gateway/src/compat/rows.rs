//! Every call of the legacy admin API, on one page.

use http::Method;

use crate::{limits::Class, transcode::ROUTES};

/// One call.
#[derive(Debug)]
pub(crate) struct Row {
    /// What the legacy library calls it.
    pub(crate) name: &'static str,
    pub(crate) verb: Method,
    /// The path without `/api`.
    pub(crate) path: &'static str,
    /// The word that a POST appends to the path instead of using the verb.
    pub(crate) word: Option<&'static str>,
    pub(crate) deed: Deed,
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    ReadUsers,
    CreateUser,
    ReadUser,
    UpdateUser,
    ReadSheets,
    AddSheet,
    ReadSheet,
    UpdateSheet,
    DeleteSheet,
    ReadDataset,
    UploadDataset,
    UpdateDataset,
    ClearDataset,
    ReadTokens,
    PutToken,
    DeleteToken,
    ReadOzonKeys,
    PutOzonKey,
    DeleteOzonKey,
    Register,
    AddToken,
    ListTokens,
    GetToken,
    RelayRead,
    RelayUpload,
    RelayUpdate,
    /// The platform has no place for it.
    Unsupported,
}

impl Deed {
    /// The gRPC path of the method whose rule holds for the call; none where any signed-in person learns as much.
    pub(crate) const fn rpc(self) -> Option<&'static str> {
        Some(match self {
            Self::ReadUsers => "/usher.user.v1.Accounts/ListAccounts",
            Self::CreateUser => "/usher.user.v1.Invites/CreateInvite",
            Self::ReadUser => "/usher.user.v1.Accounts/GetAccount",
            Self::UpdateUser => "/usher.user.v1.Accounts/UpdateAccount",
            Self::ReadSheets | Self::ReadSheet => "/usher.provisioning.v1.Sheets/ListSheets",
            Self::AddSheet | Self::Register => "/usher.provisioning.v1.Sheets/AddSheet",
            Self::UpdateSheet | Self::DeleteSheet => "/usher.provisioning.v1.Sheets/UpdateSheet",
            Self::ReadTokens | Self::ListTokens | Self::GetToken => {
                "/usher.provisioning.v1.Sheets/ListSheetTokens"
            }
            Self::DeleteToken => "/usher.provisioning.v1.Sheets/DeleteSheetToken",
            Self::ReadOzonKeys => "/usher.provisioning.v1.OzonKeys/ListOzonKeys",
            Self::PutOzonKey => "/usher.provisioning.v1.OzonKeys/PutOzonKey",
            Self::DeleteOzonKey => "/usher.provisioning.v1.OzonKeys/DeleteOzonKey",
            Self::PutToken | Self::AddToken => "/usher.provisioning.v1.Sheets/PutSheetToken",
            Self::ReadDataset
            | Self::UploadDataset
            | Self::UpdateDataset
            | Self::ClearDataset
            | Self::RelayRead
            | Self::RelayUpload
            | Self::RelayUpdate => "/usher.provisioning.v1.Sheets/RelayDataset",
            Self::Unsupported => return None,
        })
    }

    /// The rate class: that of the method it stands for.
    pub(crate) fn class(self) -> Class {
        let rpc = self.rpc();
        let route = rpc.and_then(|rpc| ROUTES.iter().find(|route| route.path.as_str() == rpc));
        route.map_or(Class::Read, |route| route.class)
    }
}

const fn row(
    name: &'static str,
    verb: Method,
    path: &'static str,
    word: &'static str,
    deed: Deed,
) -> Row {
    Row { name, verb, path, word: Some(word), deed }
}

const fn post(name: &'static str, path: &'static str, deed: Deed) -> Row {
    Row { name, verb: Method::POST, path, word: None, deed }
}

const USERS: &str = "/admin/users";
const USER: &str = "/admin/user/{id}";
const SHEETS: &str = "/admin/user/{id}/spreadsheets";
const SHEET: &str = "/admin/user/{id}/spreadsheet/{spreadsheet_id}";
const DATASETS: &str = "/admin/user/{id}/spreadsheet/{spreadsheet_id}/datasets";
const DATASET: &str = "/admin/user/{id}/spreadsheet/{spreadsheet_id}/dataset";
const TOKEN: &str = "/admin/user/{id}/wb/token";
const OZON: &str = "/admin/user/{id}/ozon/apikey";

/// Every call.
pub(crate) static ROWS: [Row; 28] = [
    row("users.read", Method::GET, USERS, "read", Deed::ReadUsers),
    row("users.create", Method::POST, USERS, "create", Deed::CreateUser),
    row("user.read", Method::GET, USER, "read", Deed::ReadUser),
    row("user.update", Method::PATCH, USER, "update", Deed::UpdateUser),
    row("user.spreadsheets.read", Method::GET, SHEETS, "read", Deed::ReadSheets),
    row("user.spreadsheets.create", Method::POST, SHEETS, "create", Deed::AddSheet),
    row("user.spreadsheet.read", Method::GET, SHEET, "read", Deed::ReadSheet),
    row("user.spreadsheet.update", Method::PATCH, SHEET, "update", Deed::UpdateSheet),
    row("user.spreadsheet.delete", Method::DELETE, SHEET, "delete", Deed::DeleteSheet),
    row("datasets.read", Method::GET, DATASETS, "read", Deed::ReadDataset),
    row("dataset.read", Method::GET, DATASET, "read", Deed::ReadDataset),
    row("dataset.create", Method::POST, DATASET, "create", Deed::UploadDataset),
    row("dataset.update", Method::PATCH, DATASET, "update", Deed::UpdateDataset),
    row("dataset.delete", Method::DELETE, DATASET, "delete", Deed::ClearDataset),
    row("wb.token.read", Method::GET, TOKEN, "read", Deed::ReadTokens),
    row("wb.token.create", Method::POST, TOKEN, "create", Deed::PutToken),
    row("wb.token.delete", Method::DELETE, TOKEN, "delete", Deed::DeleteToken),
    row("ozon.apikey.read", Method::GET, OZON, "read", Deed::ReadOzonKeys),
    row("ozon.apikey.create", Method::POST, OZON, "create", Deed::PutOzonKey),
    row("ozon.apikey.delete", Method::DELETE, OZON, "delete", Deed::DeleteOzonKey),
    post("spreadsheets.register", "/admin/spreadsheets/register", Deed::Register),
    post("wb.tokens.add", "/admin/wb/tokens/add", Deed::AddToken),
    post("wb.tokens.list", "/admin/wb/tokens/list", Deed::ListTokens),
    post("ss.wb.token.get", "/ss/wb/token/get", Deed::GetToken),
    post("ss.datasets.data", "/ss/datasets/data", Deed::RelayRead),
    post("ss.datasets.upload", "/ss/datasets/upload", Deed::RelayUpload),
    post("ss.datasets.update", "/ss/datasets/update", Deed::RelayUpdate),
    post("actions", "/actions", Deed::Unsupported),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_stands_for_a_method_that_has_a_route() {
        for row in &ROWS {
            if let Some(rpc) = row.deed.rpc() {
                assert!(ROUTES.iter().any(|route| route.path.as_str() == rpc), "{}", row.name);
            }
        }
    }

    #[test]
    fn no_call_takes_the_place_of_the_api() {
        for row in &ROWS {
            for prefix in ["", "/api"] {
                let path = format!("{prefix}{}", row.path);
                assert!(ROUTES.iter().all(|route| route.template != path), "{path}");
            }
        }
    }
}
