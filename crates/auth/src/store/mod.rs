//! The only SQL of this service. Its tables are global, so every function takes a transaction of any scope: one that
//! reads is opened across tenants with a reason, one that leaves an audit row is bound to the platform's own tenant.

mod credentials;
mod people;
mod sessions;

pub(crate) use credentials::{
    activate_credential, active_by_email, active_by_user, credentials_of, delete_staged,
    insert_credential, lock_person,
};
pub(crate) use people::{
    delete_person, end_sessions, is_closed, share_person, update_email, upsert_person,
};
pub(crate) use sessions::{
    delete_expired, end_session, insert_session, note_use, session_by_token,
};
