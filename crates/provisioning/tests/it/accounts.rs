//! A stand-in of the user service's accounts: whoever was invited is there.

use kernel::{Code, Failure};
use tonic::{Request, Response, Status};
use wire::{
    refuse,
    user::v1::{
        Account, GetAccountRequest, ListAccountsRequest, ListAccountsResponse,
        UpdateAccountRequest, accounts_server::Accounts,
    },
};

use crate::invites::FakeInvites;

#[derive(Debug, thiserror::Error)]
#[error("There is no such person.")]
struct Nobody;

impl Failure for Nobody {
    fn code(&self) -> Code {
        Code::NotFound
    }

    fn reason(&self) -> &'static str {
        "person_not_found"
    }
}

#[tonic::async_trait]
impl Accounts for FakeInvites {
    async fn get_account(
        &self,
        request: Request<GetAccountRequest>,
    ) -> Result<Response<Account>, Status> {
        let cx = wire::cx(&request)?;
        assert!(cx.passport.is_none(), "asked in the service's own name");
        let tenant = cx.tenant.expect("a tenant");
        let key = request.into_inner().user_id;
        let made = self.made_in(tenant);
        let found = made.iter().find(|invite| invite.email == key || invite.user_id == key);
        let invite = found.ok_or_else(|| refuse(Nobody))?;
        Ok(Response::new(Account {
            user_id: invite.user_id.clone(),
            email: invite.email.clone(),
            name: invite.name.clone(),
            roles: vec![invite.role.clone()],
            ..Account::default()
        }))
    }

    async fn list_accounts(
        &self,
        _: Request<ListAccountsRequest>,
    ) -> Result<Response<ListAccountsResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn update_account(
        &self,
        _: Request<UpdateAccountRequest>,
    ) -> Result<Response<Account>, Status> {
        Err(Status::unimplemented("not asked for"))
    }
}
