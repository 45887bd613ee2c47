//! The only SQL of this service.

mod client_people;
mod clients;
mod columns;
mod funnel;
mod incidents;
mod journeys;
mod ozon_keys;
mod person_addresses;
mod placements;
mod rollouts;
mod sheets;
mod tokens;
mod troubles;

pub(crate) use client_people::{client_person_record, erase_client_person};
pub(crate) use clients::{
    Key, client, count_attempt, insert_client, list_clients, lock_clients, update_client,
};
pub(crate) use funnel::{evidence, funnel, stages};
pub(crate) use incidents::{Which, close_incident, insert_incident, list_incidents, lock_incident};
pub(crate) use journeys::{cohort, count_help, insert_journey, note_milestone};
pub(crate) use ozon_keys::{
    Secrets, delete_ozon_key, erase_ozon_keys, list_ozon_keys, lock_ozon_key, put_ozon_key,
};
pub(crate) use person_addresses::{
    forget_person_address, lock_person_address, person_address, put_person_address, renew_address,
    renew_addresses, share_person_address,
};
pub(crate) use placements::{keep_placement, placement};
pub(crate) use rollouts::{
    hold_rollout, lock_rollout, rollout, stop_inviting, take_seat, update_rollout,
};
pub(crate) use sheets::{claim_spreadsheet, list_sheets, put_sheet, stored_tokens};
pub(crate) use tokens::{
    KnownToken, forget_token, insert_known, list_expiring, list_known, lock_expiring, sealed_token,
    update_token, update_warned, words,
};
pub(crate) use troubles::{
    Found, Limits, close_trouble, list_late, list_troubles, list_untouched, lock_open_trouble,
    update_trouble, upsert_trouble, was_late,
};
