//! Domain values as wire messages.

use vault::Hint;
use wire::{provisioning::v1 as proto, timestamp};

use super::job_convert::steps;
use crate::{
    domain::{Client, Remedy, Trouble},
    ops::ClientStatus,
    store::KnownToken,
};

impl From<&Client> for proto::Client {
    fn from(client: &Client) -> Self {
        Self {
            client_id: client.client_id.to_string(),
            email: client.email.to_string(),
            name: client.name.to_string(),
            role: client.role.to_string(),
            spreadsheet_id: client.spreadsheet_id.to_string(),
            wb_token_hint: client.wb_token_hint.as_ref().map(Hint::to_string).unwrap_or_default(),
            stage: client.stage.to_string(),
            reason: client.message.clone().unwrap_or_default(),
            reason_code: client.reason.clone().unwrap_or_default(),
            invite_id: client.invite_id.map(|id| id.to_string()).unwrap_or_default(),
            invite_expires_at: client.invite_expires_at.map(timestamp),
            user_id: client.user_id.map(|id| id.to_string()).unwrap_or_default(),
            created_at: Some(timestamp(client.created_at)),
            updated_at: Some(timestamp(client.updated_at)),
            active_at: client.active_at.map(timestamp),
            attempts: client.attempts,
        }
    }
}

impl From<&ClientStatus> for proto::ClientStatus {
    fn from(status: &ClientStatus) -> Self {
        let job = status.job.as_ref();
        Self {
            client: Some((&status.client).into()),
            job_state: job.map_or("none", |job| job.state.as_str()).to_owned(),
            steps: job.map(steps).unwrap_or_default(),
            job_id: job.map(|job| job.id.to_string()).unwrap_or_default(),
        }
    }
}

impl From<&KnownToken> for proto::WbToken {
    fn from(token: &KnownToken) -> Self {
        Self {
            hint: token.hint.to_string(),
            seller: token.seller.clone(),
            scopes: token.scopes.clone(),
            expires_at: Some(timestamp(token.expires_at)),
            reason: token.reason.clone(),
            added_by: token.added_by.clone(),
            added_at: Some(timestamp(token.added_at)),
            replaced_at: token.replaced_at.map(timestamp),
        }
    }
}

impl From<&Trouble> for proto::Trouble {
    fn from(trouble: &Trouble) -> Self {
        let remedy = Remedy::of(&trouble.reason);
        Self {
            client_id: trouble.client_id.to_string(),
            email: trouble.email.to_string(),
            name: trouble.name.to_string(),
            stage: trouble.stage.to_string(),
            kind: trouble.kind.to_string(),
            reason: trouble.reason.clone(),
            message: trouble.message.clone(),
            action: remedy.to_string(),
            advice: remedy.advice().to_owned(),
            opened_at: Some(timestamp(trouble.opened_at)),
            touched_at: Some(timestamp(trouble.touched_at)),
            worked_by: trouble.worked_by.clone().unwrap_or_default(),
            note: trouble.note.clone(),
            escalated_at: trouble.escalated_at.map(timestamp),
            resolved_at: trouble.resolved_at.map(timestamp),
            resolved_by: trouble.resolved_by.clone().unwrap_or_default(),
        }
    }
}
