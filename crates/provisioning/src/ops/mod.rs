//! What this service does, one use case per file.

mod add_client;
mod add_sheet;
mod add_wb_token;
mod admit_client;
mod advance_client;
mod ask_account;
mod ask_invite;
mod begin_run;
mod begin_withdrawal;
mod claim_trouble;
mod close_incident;
mod confirm_email;
mod count_attempt;
mod degrade_client;
mod delete_ozon_key;
mod delete_sheet_token;
mod demote_rollout;
mod end_run;
mod erase_client_person;
mod escalate_trouble;
mod export_client_person;
mod fail_client;
mod find_member;
mod follow_person;
mod follow_tenant;
mod forget_token;
mod get_client_status;
mod get_funnel;
mod get_job;
mod get_placement;
mod get_platform_funnel;
mod get_rollout;
mod halt_rollout;
mod halt_tenant;
mod keep_moved;
mod known_reply;
mod led_client;
mod list_clients;
mod list_incidents;
mod list_jobs;
mod list_ozon_keys;
mod list_sheet_tokens;
mod list_sheets;
mod list_troubles;
mod list_wb_tokens;
mod lose_invite;
mod note_help;
mod note_milestone;
mod note_trouble;
mod onboard_client;
mod open_incident;
mod open_trouble;
mod open_workspace;
mod operate_job;
mod override_gate;
mod place_tenant;
mod promote_rollout;
mod provision_workspace;
mod put_ozon_key;
mod put_sheet_token;
mod refresh_client;
mod relay_dataset;
mod release_trouble;
mod renew_invite;
mod replace_token;
mod reprovision_client;
mod resolve_trouble;
mod resume_client;
mod resume_rollout;
mod resume_tenant;
mod retry_client;
mod revoke_client;
mod revoke_invite;
mod sweep_clients;
mod tell_job;
mod update_sheet;
mod warn_of_expiry;
mod watch;
mod watch_client_status;
mod watch_job;

use kernel::{ClientId, Cx, TenantId, Timestamp};
use pg::TenantTx;

pub(crate) use add_sheet::add_sheet;
pub(crate) use add_wb_token::{AddWbToken, add_wb_token};
pub(crate) use advance_client::advance_client;
pub(crate) use claim_trouble::claim_trouble;
pub(crate) use close_incident::close_incident;
pub(crate) use confirm_email::{ConfirmEmail, confirm_email};
pub(crate) use count_attempt::count_attempt;
pub(crate) use delete_ozon_key::delete_ozon_key;
pub(crate) use delete_sheet_token::delete_sheet_token;
pub(crate) use demote_rollout::demote_rollout;
pub(crate) use end_run::{Standing, end_run};
pub(crate) use erase_client_person::erase_client_person;
pub(crate) use export_client_person::export_client_person;
pub(crate) use fail_client::fail_client;
pub(crate) use follow_person::follow_person;
pub(crate) use follow_tenant::follow_tenant;
pub(crate) use forget_token::forget_token;
pub(crate) use get_client_status::{ClientStatus, get_client_status};
pub(crate) use get_funnel::get_funnel;
pub(crate) use get_job::{JobView, get_job};
pub(crate) use get_placement::{PlacementStatus, get_placement};
pub(crate) use get_platform_funnel::{PlatformFunnel, get_platform_funnel};
pub(crate) use get_rollout::{RolloutStatus, get_rollout};
pub(crate) use halt_rollout::halt_rollout;
pub(crate) use halt_tenant::halt_tenant;
pub(crate) use list_clients::list_clients;
pub(crate) use list_incidents::list_incidents;
pub(crate) use list_jobs::list_jobs;
pub(crate) use list_ozon_keys::list_ozon_keys;
pub(crate) use list_sheet_tokens::list_sheet_tokens;
pub(crate) use list_sheets::{ListSheets, list_sheets};
pub(crate) use list_troubles::list_troubles;
pub(crate) use list_wb_tokens::list_wb_tokens;
pub(crate) use lose_invite::{LoseInvite, lose_invite};
pub(crate) use note_milestone::note_milestone;
pub(crate) use note_trouble::note_trouble;
pub(crate) use onboard_client::{OnboardClient, onboard_client};
pub(crate) use open_incident::open_incident;
pub(crate) use open_workspace::{Workspace, open_workspace};
pub(crate) use operate_job::{JobChange, OperateJob, operate_job};
pub(crate) use override_gate::override_gate;
pub(crate) use place_tenant::place_tenant;
pub(crate) use promote_rollout::promote_rollout;
pub(crate) use provision_workspace::{ProvisionWorkspace, Whose, provision_workspace};
pub(crate) use put_ozon_key::{PutOzonKey, put_ozon_key};
pub(crate) use put_sheet_token::{PutSheetToken, put_sheet_token};
pub(crate) use relay_dataset::{RelayDataset, relay_dataset};
pub(crate) use release_trouble::release_trouble;
pub(crate) use renew_invite::{RenewInvite, renew_invite};
pub(crate) use reprovision_client::reprovision_client;
pub(crate) use resolve_trouble::resolve_trouble;
pub(crate) use resume_rollout::resume_rollout;
pub(crate) use resume_tenant::resume_tenant;
pub(crate) use retry_client::retry_client;
pub(crate) use revoke_client::{RevokeClient, revoke_client};
pub(crate) use revoke_invite::revoke_invite;
pub use sweep_clients::Swept;
pub(crate) use sweep_clients::sweep_clients;
pub(crate) use tell_job::tell_moved;
pub(crate) use update_sheet::update_sheet;
pub(crate) use watch_client_status::watch_client_status;
pub(crate) use watch_job::watch_job;

use crate::{
    Error, Result,
    domain::Client,
    store::{self, Key},
};

/// The tenant of the call; the guard lets none pass without.
fn tenant_of(cx: &Cx) -> Result<TenantId> {
    cx.tenant.ok_or(Error::TenantNeeded)
}

/// The client of this id, locked.
async fn locked(tx: &mut TenantTx, id: ClientId, now: Timestamp) -> Result<Client> {
    let key = Key { client_id: Some(id), ..Key::default() };
    store::lock_clients(tx, &key, now).await?.pop().ok_or(Error::ClientNotFound)
}

/// What a call wishes for a client that is there, and what makes the call repeatable.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) client_id: ClientId,
    /// A digest of the request, by which a reused idempotency key is told from a repeated one.
    pub(crate) fingerprint: Vec<u8>,
}
