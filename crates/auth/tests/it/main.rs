//! The service as its callers meet it: through the guard, over a database of its own.

mod api_keys;
mod bans;
mod captchas;
mod credentials;
mod factors;
mod fakes;
mod hearing;
mod held_sessions;
mod house;
mod letters;
mod oauth;
mod oauth_standing;
mod passkey_forgeries;
mod passkeys;
mod passwords;
mod people;
mod session_list;
mod sessions;
mod sign_in_rules;
mod signing_keys;
mod sso;
mod sso_connections;
mod sso_forgeries;
mod standings;
mod throttles;
mod tokens;
