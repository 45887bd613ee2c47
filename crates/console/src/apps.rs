//! What a person has allowed apps to do: looked at, and taken back.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use wire::{
    Mesh,
    auth::v1::{
        Consent, ListConsentsRequest, WithdrawConsentRequest, consents_client::ConsentsClient,
    },
};

use crate::{
    failure::Failure,
    guest::Guest,
    page::{Shell, page as answer, redirect},
    show::moment,
};

#[derive(Template)]
#[template(path = "apps.html")]
struct Page {
    shell: Shell,
    apps: Vec<Row>,
}

/// An app as the page shows it.
struct Row {
    id: String,
    name: String,
    scopes: Vec<String>,
    agreed: String,
}

/// Shows the page.
pub(crate) async fn page(State(mesh): State<Mesh>, guest: Guest) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), ListConsentsRequest {});
    let listed = ConsentsClient::new(mesh.to("auth")).list_consents(call).await?.into_inner();
    let apps = listed.consents.into_iter().map(Row::from).collect();
    Ok(answer(StatusCode::OK, &Page { shell: Shell::of(&guest, "Your apps"), apps }))
}

/// Takes one consent back, with the tokens that came of it.
pub(crate) async fn withdraw(
    State(mesh): State<Mesh>,
    Path(consent_id): Path<String>,
    guest: Guest,
) -> Result<Response, Failure> {
    let guest = guest.signed_in()?;
    let call = wire::call(guest.cx(), WithdrawConsentRequest { consent_id });
    ConsentsClient::new(mesh.to("auth")).withdraw_consent(call).await?;
    Ok(redirect(&guest.at("/account/apps")))
}

impl From<Consent> for Row {
    fn from(consent: Consent) -> Self {
        Self {
            agreed: moment(wire::instant(consent.agreed_at.as_ref())),
            id: consent.consent_id,
            name: consent.client_name,
            scopes: consent.scopes,
        }
    }
}
