//! `usher.auth.v1.Passkeys`.

use tonic::{Request, Response, Status};
use wire::{
    auth::v1::{
        AddPasskeyRequest, AddedPasskey, BeginPasskeyConfirmationRequest, BeginPasskeyRequest,
        BeginPasskeySignInRequest, BeginPasskeyStepUpRequest, ConfirmSessionByPasskeyRequest,
        FinishPasskeySignInRequest, ListPasskeysRequest, ListPasskeysResponse, Passkey,
        PasskeyCeremony, RemovePasskeyRequest, RemovePasskeyResponse, RenamePasskeyRequest,
        Session, StepUpByPasskeyRequest, passkeys_server::Passkeys,
    },
    parse, refuse, timestamp,
};

use super::{convert::opened, person};
use crate::{
    App, Error,
    domain::{self, Key, PasskeyId, PasskeyName, RecoveryCode, Token},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl Passkeys for Rpc {
    async fn begin_passkey(
        &self,
        request: Request<BeginPasskeyRequest>,
    ) -> Result<Response<PasskeyCeremony>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        let begun = ops::begin_passkey(&self.0, &cx, user_id, session_id).await;
        Ok(Response::new(begun.map_err(refuse)?.into()))
    }

    async fn add_passkey(
        &self,
        request: Request<AddPasskeyRequest>,
    ) -> Result<Response<AddedPasskey>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        let request = request.into_inner();
        let name = Some(&request.name).filter(|name| !name.is_empty());
        let command = ops::AddPasskey {
            user_id,
            session_id,
            token: key(&request.token)?,
            name: name.map(|name| parse("name", name, PasskeyName::parse)).transpose()?,
            answer: request.credential,
        };
        let added = ops::add_passkey(&self.0, &cx, command).await.map_err(refuse)?;
        Ok(Response::new(AddedPasskey {
            passkey: Some((&added.passkey).into()),
            recovery_codes: added.codes.iter().map(RecoveryCode::shown).collect(),
        }))
    }

    async fn list_passkeys(
        &self,
        request: Request<ListPasskeysRequest>,
    ) -> Result<Response<ListPasskeysResponse>, Status> {
        let (user_id, _) = person(&wire::cx(&request)?)?;
        let passkeys = ops::list_passkeys(&self.0, user_id).await.map_err(refuse)?;
        let passkeys = passkeys.iter().map(Into::into).collect();
        Ok(Response::new(ListPasskeysResponse { passkeys }))
    }

    async fn rename_passkey(
        &self,
        request: Request<RenamePasskeyRequest>,
    ) -> Result<Response<Passkey>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, _) = person(&cx)?;
        let request = request.into_inner();
        let passkey_id = parse("passkeyId", &request.passkey_id, PasskeyId::parse)?;
        let name = parse("name", &request.name, PasskeyName::parse)?;
        let renamed = ops::rename_passkey(&self.0, &cx, user_id, passkey_id, &name).await;
        Ok(Response::new((&renamed.map_err(refuse)?).into()))
    }

    async fn remove_passkey(
        &self,
        request: Request<RemovePasskeyRequest>,
    ) -> Result<Response<RemovePasskeyResponse>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        let passkey_id = parse("passkeyId", &request.get_ref().passkey_id, PasskeyId::parse)?;
        let removed = ops::remove_passkey(&self.0, &cx, user_id, session_id, passkey_id).await;
        removed.map_err(refuse)?;
        Ok(Response::new(RemovePasskeyResponse {}))
    }

    async fn begin_passkey_sign_in(
        &self,
        _: Request<BeginPasskeySignInRequest>,
    ) -> Result<Response<PasskeyCeremony>, Status> {
        let begun = ops::begin_passkey_sign_in(&self.0).await.map_err(refuse)?;
        Ok(Response::new(begun.into()))
    }

    async fn finish_passkey_sign_in(
        &self,
        request: Request<FinishPasskeySignInRequest>,
    ) -> Result<Response<Session>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let answer = answer(&request.token, request.credential)?;
        let session = ops::sign_in_by_passkey(&self.0, &cx, answer).await.map_err(refuse)?;
        Ok(Response::new(opened(&session)))
    }

    async fn begin_passkey_confirmation(
        &self,
        request: Request<BeginPasskeyConfirmationRequest>,
    ) -> Result<Response<PasskeyCeremony>, Status> {
        let token = waiting(&request.get_ref().session_token)?;
        let begun = ops::begin_passkey_confirmation(&self.0, &token).await.map_err(refuse)?;
        Ok(Response::new(begun.into()))
    }

    async fn confirm_session_by_passkey(
        &self,
        request: Request<ConfirmSessionByPasskeyRequest>,
    ) -> Result<Response<Session>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let token = waiting(&request.session_token)?;
        let answer = answer(&request.token, request.credential)?;
        let session = ops::confirm_by_passkey(&self.0, &cx, token, answer).await;
        Ok(Response::new(opened(&session.map_err(refuse)?)))
    }

    async fn begin_passkey_step_up(
        &self,
        request: Request<BeginPasskeyStepUpRequest>,
    ) -> Result<Response<PasskeyCeremony>, Status> {
        let (user_id, session_id) = person(&wire::cx(&request)?)?;
        let begun = ops::begin_passkey_step_up(&self.0, user_id, session_id).await;
        Ok(Response::new(begun.map_err(refuse)?.into()))
    }

    async fn step_up_by_passkey(
        &self,
        request: Request<StepUpByPasskeyRequest>,
    ) -> Result<Response<Session>, Status> {
        let cx = wire::cx(&request)?;
        let (user_id, session_id) = person(&cx)?;
        let request = request.into_inner();
        let answer = answer(&request.token, request.credential)?;
        let session = ops::step_up_by_passkey(&self.0, &cx, user_id, session_id, answer).await;
        Ok(Response::new(opened(&session.map_err(refuse)?)))
    }
}

pub(super) fn key(token: &str) -> Result<Key, Status> {
    parse("token", token, |text| Key::parse(text).ok_or("is not one of ours"))
}

fn answer(token: &str, answer: String) -> Result<ops::Answer, Status> {
    Ok(ops::Answer { token: key(token)?, answer })
}

/// The token of a session that waits for the second factor.
fn waiting(token: &str) -> Result<Token, Status> {
    Token::parse(token).ok_or_else(|| refuse(Error::BadToken))
}

impl From<ops::Begun> for PasskeyCeremony {
    fn from(begun: ops::Begun) -> Self {
        Self {
            token: begun.token.expose().into(),
            options: begun.options,
            expires_at: Some(timestamp(begun.expires_at)),
        }
    }
}

impl From<&domain::Passkey> for Passkey {
    fn from(passkey: &domain::Passkey) -> Self {
        Self {
            passkey_id: passkey.passkey_id.to_string(),
            name: passkey.name.clone(),
            created_at: Some(timestamp(passkey.created_at)),
            last_used_at: passkey.last_used_at.map(timestamp),
            second_factor: passkey.guards_since.is_some(),
        }
    }
}
