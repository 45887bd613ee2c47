//! `usher.user.v1.EmailChanges`.

use std::mem::take;

use kernel::{Email, Timestamp};
use secrecy::ExposeSecret;
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, repeatable, timestamp,
    user::v1::{
        ConfirmEmailChangeRequest, EmailChange, EmailChangeLetter, EmailChangeLink,
        GetEmailChangeRequest, RefuseEmailChangeRequest, RequestEmailChangeRequest,
        RevealEmailChangeLinkRequest, ShowEmailChangeRequest, WithdrawEmailChangeRequest,
        email_changes_server::EmailChanges,
    },
};

use super::role_bindings::uuid;
use crate::{
    App,
    domain::{self, EmailRefusal, EmailToken, Side},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl EmailChanges for Rpc {
    async fn request_email_change(
        &self,
        request: Request<RequestEmailChangeRequest>,
    ) -> Result<Response<EmailChange>, Status> {
        let cx = wire::cx(&request)?;
        let mut request = request.into_inner();
        let key = take(&mut request.idempotency_key);
        // What is kept of the request is kept without the password.
        let password = take(&mut request.password).into();
        let (cx, fingerprint) = repeatable(cx, &key, &request)?;
        let new_email = parse("newEmail", &request.new_email, Email::parse)?;
        let command = ops::RequestEmailChange { new_email, password, fingerprint };
        let change = ops::request_email_change(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(shown(&change, self.0.clock.now())))
    }

    async fn get_email_change(
        &self,
        request: Request<GetEmailChangeRequest>,
    ) -> Result<Response<EmailChange>, Status> {
        let change = ops::get_email_change(&self.0, &wire::cx(&request)?).await.map_err(refuse)?;
        Ok(Response::new(shown(&change, self.0.clock.now())))
    }

    async fn withdraw_email_change(
        &self,
        request: Request<WithdrawEmailChangeRequest>,
    ) -> Result<Response<EmailChange>, Status> {
        let change = ops::withdraw_email_change(&self.0, &wire::cx(&request)?).await;
        Ok(Response::new(shown(&change.map_err(refuse)?, self.0.clock.now())))
    }

    async fn show_email_change(
        &self,
        request: Request<ShowEmailChangeRequest>,
    ) -> Result<Response<EmailChangeLetter>, Status> {
        let token = token(&request.get_ref().token)?;
        let letter = ops::show_email_change(&self.0, &token).await.map_err(refuse)?;
        Ok(Response::new(read(&letter, self.0.clock.now())))
    }

    async fn confirm_email_change(
        &self,
        request: Request<ConfirmEmailChangeRequest>,
    ) -> Result<Response<EmailChangeLetter>, Status> {
        let cx = wire::cx(&request)?;
        let token = token(&request.get_ref().token)?;
        let letter = ops::confirm_email_change(&self.0, &cx, &token).await.map_err(refuse)?;
        Ok(Response::new(read(&letter, self.0.clock.now())))
    }

    async fn refuse_email_change(
        &self,
        request: Request<RefuseEmailChangeRequest>,
    ) -> Result<Response<EmailChangeLetter>, Status> {
        let cx = wire::cx(&request)?;
        let token = token(&request.get_ref().token)?;
        let letter = ops::refuse_email_change(&self.0, &cx, &token).await.map_err(refuse)?;
        Ok(Response::new(read(&letter, self.0.clock.now())))
    }

    async fn reveal_email_change_link(
        &self,
        request: Request<RevealEmailChangeLinkRequest>,
    ) -> Result<Response<EmailChangeLink>, Status> {
        let request = request.into_inner();
        let change_id = uuid("changeId", &request.change_id)?;
        let side =
            parse("side", &request.side, |word| Side::parse(word).ok_or("is neither old nor new"))?;
        let link = ops::reveal_email_change_link(&self.0, change_id, side).await;
        let link = link.map_err(refuse)?;
        Ok(Response::new(EmailChangeLink {
            url: link.url.expose_secret().to_owned(),
            expires_at: Some(timestamp(link.expires_at)),
        }))
    }
}

/// A text that is no token of ours is a link to nothing.
fn token(text: &str) -> Result<EmailToken, Status> {
    EmailToken::parse(text).ok_or_else(|| refuse(crate::Error::from(EmailRefusal::NotFound)))
}

fn shown(change: &domain::EmailChange, now: Timestamp) -> EmailChange {
    EmailChange {
        change_id: change.change_id.to_string(),
        old_email: change.old_email.to_string(),
        new_email: change.new_email.to_string(),
        status: change.standing(now).into(),
        created_at: Some(timestamp(change.created_at)),
        expires_at: Some(timestamp(change.expires_at)),
        old_confirmed_at: change.old_confirmed_at.map(timestamp),
        new_confirmed_at: change.new_confirmed_at.map(timestamp),
    }
}

fn read(letter: &ops::EmailChangeLetter, now: Timestamp) -> EmailChangeLetter {
    let change = &letter.change;
    EmailChangeLetter {
        side: letter.side.to_string(),
        // Whoever reads at the new address may have been named by mistake.
        old_email: match letter.side {
            Side::Old => change.old_email.to_string(),
            Side::New => String::new(),
        },
        new_email: change.new_email.to_string(),
        status: change.standing(now).into(),
        locale: change.locale.to_string(),
        expires_at: Some(timestamp(change.expires_at)),
        confirmed: change.is_confirmed(letter.side),
    }
}
