//! The pages for people: sign-in, onboardings as they go, and the invitation as the invited person sees it.
//!
//! - [`router`]: every page; it stands behind the gateway, which knows who asks and for which tenant.
//! - `guest`, `form`, `captcha`: what a request brings. `failure`, `page`: what an answer is made of.
//! - `setup`, `sign_up`, `signin`, `factor`, `passkey`, `sso`, `link`, `letter`, `forgot`, `reset`, `consent`, `device`: the ways in.
//! - `account`, `apps`, `email_wish`, `own_address`, `sso_link`: a person's own sign-in and address.
//! - `settings`, `sso_connection`: what a workspace decides for itself.
//! - `home`, `onboardings`, `client`, `jobs`, `job`, `funnel`, `invitation`, `join`, `email_change`: one file for each page.
//! - `live`: fragments that renew themselves. `stage`, `step`, `verb`, `show`, `words`, `email_words`: how things are said.

mod account;
mod apps;
mod assets;
mod captcha;
mod client;
mod consent;
mod device;
mod email_change;
mod email_wish;
mod email_words;
mod factor;
mod failure;
mod forgot;
mod form;
mod funnel;
mod guest;
mod home;
mod invitation;
mod invited_sso;
mod job;
mod jobs;
mod join;
mod letter;
mod link;
mod live;
mod logout;
mod onboardings;
mod own_address;
mod page;
mod passkey;
mod reset;
mod settings;
mod setup;
mod show;
mod sign_up;
mod signin;
mod sso;
mod sso_connection;
mod sso_link;
mod stage;
mod step;
mod verb;
mod words;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use wire::Mesh;

/// The largest form, in bytes: a password of a thousand characters fits in every script.
const LARGEST_FORM: usize = 32 * 1024;

/// The console over the gateway's mesh, to be mounted as the fallback of the gateway's router.
pub fn router(mesh: Mesh) -> Router {
    Router::new()
        .route("/", get(home::home))
        .route("/live/onboardings", get(onboardings::fragment))
        .route("/clients/{client_id}", get(client::page))
        .route("/clients/{client_id}/retry", post(client::retry))
        .route("/live/clients/{client_id}", get(client::fragment))
        .route("/jobs", get(jobs::page))
        .route("/live/jobs", get(jobs::fragment))
        .route("/jobs/{job_id}", get(job::page).post(job::operate))
        .route("/live/jobs/{job_id}", get(job::fragment))
        .route("/funnel", get(funnel::page))
        .route("/signin", get(signin::form).post(signin::sign_in))
        .route("/signin/link/{token}", get(link::enter_by_link))
        .route("/signin/letter", get(letter::form).post(letter::ask))
        .route("/signin/factor", get(factor::form).post(factor::confirm))
        .route("/signin/passkey/begin", post(passkey::begin_sign_in))
        .route("/signin/passkey", post(passkey::sign_in))
        .route("/signin/factor/passkey/begin", post(passkey::begin_confirmation))
        .route("/signin/factor/passkey", post(passkey::confirm))
        .route("/signin/sso/back/{connection_id}", get(sso::back))
        .route("/signin/sso/{connection_id}", get(sso::begin))
        .route("/signin/code", post(letter::redeem_code))
        .route("/signin/letter/{token}", get(letter::open).post(letter::redeem_link))
        .route("/setup/{token}", get(setup::form).post(setup::finish))
        .route("/signup", get(sign_up::form).post(sign_up::ask))
        .route("/signup/code", post(sign_up::finish_by_code))
        .route("/signup/{token}", get(sign_up::open).post(sign_up::finish_by_link))
        .route("/forgot", get(forgot::form).post(forgot::ask))
        .route("/reset/{token}", get(reset::form).post(reset::reset))
        .merge(of_account())
        .merge(of_workspace())
        .route("/oauth/authorize", get(consent::ask).post(consent::answer))
        .route("/oauth/logout", get(logout::ask).post(logout::take))
        .route("/oauth/logout/end", post(logout::confirm))
        .route("/device", get(device::ask).post(device::answer))
        .route("/signout", post(signin::sign_out))
        .route("/invite/{token}", get(invitation::show).post(invitation::accept))
        .route("/invite/{token}/begin", post(invitation::begin_passkey))
        .route("/join/{token}", get(join::show).post(join::join))
        .route("/email/{token}", get(email_change::show).post(email_change::choose))
        .route("/assets/{file}", get(assets::serve))
        .fallback(failure::nothing_here)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(mesh)
}

/// What a person has of their own.
fn of_account() -> Router<Mesh> {
    Router::new()
        .route("/account", get(account::page))
        .route("/account/prove", get(factor::prove_form).post(factor::prove))
        .route("/account/prove/passkey/begin", post(passkey::begin_proof))
        .route("/account/prove/passkey", post(passkey::prove))
        .route("/account/passkeys/begin", post(passkey::begin_new))
        .route("/account/passkeys", post(passkey::add))
        .route("/account/passkeys/{passkey_id}/name", post(passkey::rename))
        .route("/account/passkeys/{passkey_id}/remove", post(passkey::remove))
        .route("/account/totp", post(factor::begin))
        .route("/account/totp/confirm", post(factor::set_up))
        .route("/account/totp/remove", post(factor::remove))
        .route("/account/recovery-codes", post(factor::renew))
        .route("/account/security", get(account::page))
        .route("/account/address", post(own_address::ask))
        .route("/account/address/code", post(own_address::prove_by_code))
        .route("/account/address/{token}", get(own_address::open).post(own_address::prove_by_link))
        .route("/account/sso/{connection_id}", get(sso_link::begin))
        .route("/account/sso/{connection_id}/remove", post(sso_link::remove))
        .route("/account/email", get(email_wish::page).post(email_wish::ask))
        .route("/account/email/withdraw", post(email_wish::withdraw))
        .route("/account/apps", get(apps::page))
        .route("/account/apps/{consent_id}/withdraw", post(apps::withdraw))
        .route("/account/password", post(account::change_password))
        .route("/account/sessions/end", post(account::end_others))
        .route("/account/sessions/{session_id}/end", post(account::end))
}

/// What a workspace decides for itself.
fn of_workspace() -> Router<Mesh> {
    Router::new()
        .route("/settings", get(settings::page).post(settings::set))
        .route("/settings/sso", get(sso_connection::form).post(sso_connection::create))
        .route(
            "/settings/sso/{connection_id}",
            get(sso_connection::known).post(sso_connection::update),
        )
        .route("/settings/sso/{connection_id}/end", post(sso_connection::end))
}
