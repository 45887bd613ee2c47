//! The only SQL of this service. Its tables are global, so every function takes a transaction of any scope: one that
//! reads is opened across tenants with a reason, one that leaves an audit row is bound to the platform's own tenant.

mod credentials;
mod factors;
mod letters;
mod people;
mod sessions;
mod throttles;

pub(crate) use credentials::{
    activate_credential, active_by_email, active_by_user, active_of, credentials_of, delete_staged,
    has_short_password, insert_credential, lock_password, lock_person, renew_hash,
    replace_password,
};
pub(crate) use factors::{
    count_recovery_codes, delete_factors, enrolled_at, lock_totp, note_step,
    replace_recovery_codes, upsert_totp, use_recovery_code,
};
pub(crate) use letters::{
    claim_letter, close_letters, delete_letters, insert_letter, letter, letter_by_token,
    try_bound_letter,
};
pub(crate) use people::{delete_person, is_closed, share_person, update_email, upsert_person};
pub(crate) use sessions::{
    delete_expired, end_session, end_sessions, insert_session, list_sessions, note_second_factor,
    note_use, session, session_by_token,
};
pub(crate) use throttles::{
    delete_known_sources, delete_tallies, delete_tally, is_known_source, lock_tally, update_tally,
    upsert_known_source,
};
