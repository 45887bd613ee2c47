//! `usher.user.v1.SignUps`.

use kernel::{Email, Locale, PersonName};
use secrecy::ExposeSecret;
use tonic::{Request, Response, Status};
use wire::{
    parse, refuse, timestamp,
    user::v1::{
        AskSignUpRequest, AskSignUpResponse, FinishSignUpRequest, FinishSignUpResponse,
        GetSignUpPolicyRequest, PutSignUpPolicyRequest, RevealSignUpRequest, ShowSignUpRequest,
        ShowSignUpResponse, SignUpPolicy, SignUpSecrets, sign_ups_server::SignUps,
    },
};

use super::{join_links::given_roles, role_bindings::uuid, tenant};
use crate::{
    App,
    domain::{self, SignUpCode, SignUpMode, SignUpSecret},
    ops,
};

/// The RPCs over the app.
pub(crate) struct Rpc(pub(crate) App);

#[tonic::async_trait]
impl SignUps for Rpc {
    async fn show_sign_up(
        &self,
        request: Request<ShowSignUpRequest>,
    ) -> Result<Response<ShowSignUpResponse>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let held = ops::get_sign_up_policy(&self.0, tenant).await.map_err(refuse)?;
        let open = domain::SignUpPolicy::open(held).is_ok();
        Ok(Response::new(ShowSignUpResponse { open }))
    }

    async fn get_sign_up_policy(
        &self,
        request: Request<GetSignUpPolicyRequest>,
    ) -> Result<Response<SignUpPolicy>, Status> {
        let tenant = tenant(&wire::cx(&request)?)?;
        let held = ops::get_sign_up_policy(&self.0, tenant).await.map_err(refuse)?;
        let unset =
            || SignUpPolicy { mode: SignUpMode::InviteOnly.to_string(), ..SignUpPolicy::default() };
        Ok(Response::new(held.as_ref().map_or_else(unset, Into::into)))
    }

    async fn put_sign_up_policy(
        &self,
        request: Request<PutSignUpPolicyRequest>,
    ) -> Result<Response<SignUpPolicy>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let mode = |word: &str| SignUpMode::parse(word).ok_or("is none of invite_only, self_serve");
        let command = ops::PutSignUpPolicy {
            mode: parse("mode", &request.mode, mode)?,
            role: given_roles(&request.role, &[])?.swap_remove(0),
        };
        let set = ops::put_sign_up_policy(&self.0, &cx, tenant(&cx)?, command).await;
        Ok(Response::new((&set.map_err(refuse)?).into()))
    }

    async fn ask_sign_up(
        &self,
        request: Request<AskSignUpRequest>,
    ) -> Result<Response<AskSignUpResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let command = ops::AskSignUp {
            email: parse("email", &request.email, Email::parse)?,
            locale: parse("locale", &request.locale, Locale::parse)?,
        };
        let asked = ops::ask_sign_up(&self.0, &cx, tenant(&cx)?, command).await.map_err(refuse)?;
        Ok(Response::new(AskSignUpResponse {
            binding: asked.binding.text().expose_secret().into(),
            expires_at: Some(timestamp(asked.expires_at)),
        }))
    }

    async fn finish_sign_up(
        &self,
        request: Request<FinishSignUpRequest>,
    ) -> Result<Response<FinishSignUpResponse>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        let secret = |text: &str| SignUpSecret::parse(text).ok_or("is not one of ours");
        let code = |text: &str| SignUpCode::parse(text).ok_or("must be the 8 digits of the letter");
        let command = ops::FinishSignUp {
            binding: parse("binding", &request.binding, secret)?,
            proof: match request.token.as_str() {
                "" => ops::SignUpProof::Code(parse("code", &request.code, code)?),
                token => ops::SignUpProof::Link(parse("token", token, secret)?),
            },
            name: parse("name", &request.name, PersonName::parse)?,
            password: request.password.into(),
        };
        let person = ops::finish_sign_up(&self.0, &cx, tenant(&cx)?, command).await;
        let person = person.map_err(refuse)?;
        let (user_id, email) = (person.user_id.to_string(), person.email.to_string());
        Ok(Response::new(FinishSignUpResponse { user_id, email }))
    }

    async fn reveal_sign_up(
        &self,
        request: Request<RevealSignUpRequest>,
    ) -> Result<Response<SignUpSecrets>, Status> {
        let cx = wire::cx(&request)?;
        let sign_up_id = uuid("signUpId", &request.get_ref().sign_up_id)?;
        let letter = ops::reveal_sign_up(&self.0, &cx, tenant(&cx)?, sign_up_id).await;
        let letter = letter.map_err(refuse)?;
        let code = letter.code.map(|code| code.text().expose_secret().to_owned());
        Ok(Response::new(SignUpSecrets {
            url: letter.url.expose_secret().into(),
            code: code.unwrap_or_default(),
            expires_at: Some(timestamp(letter.expires_at)),
            tenant_name: letter.tenant_name,
            email: letter.email.to_string(),
        }))
    }
}

impl From<&domain::SignUpPolicy> for SignUpPolicy {
    fn from(policy: &domain::SignUpPolicy) -> Self {
        Self {
            mode: policy.mode.to_string(),
            role: policy.role.clone(),
            set_at: Some(timestamp(policy.set_at)),
            set_by: policy.set_by.clone(),
        }
    }
}
