//! One legacy call on its way to the services.

use kernel::Cx;
use tonic::{Request, Status};
use wire::{
    Caller,
    provisioning::v1::{ozon_keys_client::OzonKeysClient, sheets_client::SheetsClient},
    user::v1::{accounts_client::AccountsClient, invites_client::InvitesClient},
};

use super::input::Input;
use crate::{front::Front, problem::Problem};

/// Who calls, and what they say.
pub(super) struct Call<'a> {
    pub(super) front: &'a Front,
    pub(super) cx: Cx,
    pub(super) input: Input,
}

impl Call<'_> {
    /// The message in the caller's context.
    pub(super) fn ask<T>(&self, message: T) -> Request<T> {
        wire::call(&self.cx, message)
    }

    pub(super) fn accounts(&self) -> AccountsClient<Caller> {
        AccountsClient::new(self.front.mesh().to("user"))
    }

    pub(super) fn invites(&self) -> InvitesClient<Caller> {
        InvitesClient::new(self.front.mesh().to("user"))
    }

    pub(super) fn ozon_keys(&self) -> OzonKeysClient<Caller> {
        OzonKeysClient::new(self.front.mesh().to("provisioning"))
    }

    pub(super) fn sheets(&self) -> SheetsClient<Caller> {
        SheetsClient::new(self.front.mesh().to("provisioning"))
    }
}

/// A service's refusal, with its fields as the legacy library writes them.
pub(super) fn refused(status: Status) -> Problem {
    Problem::of_refusal(&status).map_fields(legacy_name)
}

/// `wbToken` is `token` there, `userId` is `id`, and what is left is in snake case.
fn legacy_name(field: &str) -> String {
    match field {
        "wbToken" | "wb_token" => "token".into(),
        "userId" | "user_id" => "id".into(),
        "role" => "roles".into(),
        "pageToken" => "cursor".into(),
        other => other.chars().fold(String::new(), |mut name, c| {
            if c.is_ascii_uppercase() {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
            name
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_names_that_callers_know() {
        for (field, name) in [
            ("expiresInHours", "expires_in_hours"),
            ("spreadsheetId", "spreadsheet_id"),
            ("spreadsheet_id", "spreadsheet_id"),
            ("wbToken", "token"),
            ("userId", "id"),
            ("email", "email"),
        ] {
            assert_eq!(legacy_name(field), name);
        }
    }
}
