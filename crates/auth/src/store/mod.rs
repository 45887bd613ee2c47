//! The only SQL of this service. Its tables of people are global, so their functions take a transaction of any scope: one
//! that reads is opened across tenants with a reason, one that leaves an audit row is bound to the platform's own tenant.
//! Tokens and keys belong to a tenant, and their functions take a transaction that is bound to it.

mod api_keys;
mod bans;
mod captcha_uses;
mod ceremonies;
mod credentials;
mod devices;
mod factors;
mod letters;
mod oauth;
mod oauth_assertions;
mod oauth_consents;
mod oauth_pushed;
mod passkeys;
mod people;
mod person_records;
mod place_words;
mod session_apps;
mod sessions;
mod sign_in_rules;
mod signing_keys;
mod sso;
mod throttles;
mod token_families;

pub(crate) use api_keys::{
    api_key_by_secret, count_api_keys, delete_ended_keys, delete_keys_of, insert_api_key,
    list_api_keys, lock_api_key, lock_api_keys, note_api_key_use, replace_secret, revoke_api_key,
    revoke_keys_of,
};
pub(crate) use bans::{
    banned_networks, count_refusal, delete_ended_bans, is_anybodys_source, is_ban,
    is_banned_domain, lift_ban, list_bans, lock_ban_of, upsert_ban,
};
pub(crate) use captcha_uses::{delete_captcha_uses, insert_captcha_use};
pub(crate) use ceremonies::{
    delete_ceremonies, delete_ceremonies_of, insert_ceremony, take_ceremony,
};
pub(crate) use credentials::{
    activate_credential, active_by_email, active_by_user, active_of, credentials_of, delete_staged,
    has_short_password, insert_credential, lock_password, lock_person, renew_hash,
    replace_password,
};
pub(crate) use devices::{
    answer_device, delete_devices, delete_devices_here, delete_devices_of, device,
    device_by_user_code, insert_device, lock_device, lock_open_devices, note_poll, use_device,
};
pub(crate) use factors::{
    count_recovery_codes, delete_recovery_codes, delete_totp, enrolled_at, has_totp, lock_totp,
    note_step, replace_recovery_codes, upsert_totp, use_recovery_code,
};
pub(crate) use letters::{
    claim_letter, close_letters, delete_letters, insert_letter, letter, letter_by_token,
    try_bound_letter,
};
pub(crate) use oauth::{
    code, count_oauth_clients, delete_codes, delete_codes_here, delete_codes_of, insert_code,
    insert_oauth_client, list_oauth_clients, lock_code, lock_oauth_client, lock_oauth_clients,
    oauth_client, share_oauth_client, update_oauth_client, use_code,
};
pub(crate) use oauth_assertions::{delete_assertions, insert_assertion};
pub(crate) use oauth_consents::{
    consent_records, consents_of, delete_consent, delete_consents_here, delete_consents_of,
    end_app_of_person, end_families_everywhere, share_consent, upsert_consent,
};
pub(crate) use oauth_pushed::{delete_pushed, insert_pushed, lock_open_pushed, pushed, use_pushed};
pub(crate) use passkeys::{
    besides, delete_passkey, delete_passkeys, guard_by_passkeys, insert_passkey, lock_key,
    note_proof, owner_of, passkeys_of, rename_passkey, webauthn_ids,
};
pub(crate) use people::{delete_person, is_closed, share_person, update_email, upsert_person};
pub(crate) use person_records::{sign_in_record, sso_link_records};
pub(crate) use place_words::{insert_place_words, place_words};
pub(crate) use session_apps::{
    SessionApp, delete_session_app, family_apps, insert_session_app, session_apps,
};
pub(crate) use sessions::{
    delete_expired, end_session, end_sessions, insert_session, list_sessions, note_second_factor,
    note_use, session, session_by_token,
};
pub(crate) use sign_in_rules::{
    delete_visits, longest_length, note_visit, sign_in_rules, upsert_sign_in_rules,
};
pub(crate) use signing_keys::{
    KeptKey, KeysMark, delete_signing_keys, insert_signing_key, lock_signing_keys, signing_keys,
    signing_keys_mark,
};
pub(crate) use sso::{
    connection, connections, delete_connection, delete_identities_of, delete_identity,
    delete_journeys, end_sso_sessions, insert_active, insert_connection, insert_identity,
    insert_journey, insert_sso_session, lock_connections, sso_links, sso_tenant, take_journey,
    update_connection, user_of,
};
pub(crate) use throttles::{
    delete_known_sources, delete_tallies, delete_tally, is_known_source, lock_tally, update_tally,
    upsert_known_source,
};
pub(crate) use token_families::{
    count_token_families, delete_families_of, delete_token_families, end_families_of,
    end_families_of_person, end_oldest_families, end_token_family, insert_token_family,
    lock_families_of, lock_token_family, note_family_use, token_family, turn_token_family,
};
