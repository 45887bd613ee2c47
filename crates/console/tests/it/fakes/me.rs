//! The person who calls, and the proof of their address.

use std::sync::atomic::Ordering;

use tonic::{Code, Request};
use wire::{
    auth::v1::{
        AskAddressLetterRequest, AskAddressLetterResponse, ProveAddressRequest,
        ProveAddressResponse, addresses_server::Addresses,
    },
    user::v1::{
        CreateUserRequest, GetMeRequest, GetMemberRequest, ListMembersRequest, ListMembersResponse,
        Me, Member, User, people_server::People,
    },
};

use super::{Answer, BINDING, Fake, OPERATOR, refusal, sessions::in_an_hour, unasked};

#[tonic::async_trait]
impl People for Fake {
    async fn create_user(&self, _: Request<CreateUserRequest>) -> Answer<User> {
        unasked()
    }

    async fn get_me(&self, _: Request<GetMeRequest>) -> Answer<Me> {
        let user = User {
            user_id: OPERATOR.into(),
            email: "operator@usher.example".into(),
            ..Default::default()
        };
        let address_proven = !self.0.unproven.load(Ordering::SeqCst);
        Ok(Me { user: Some(user), address_proven, ..Default::default() }.into())
    }

    async fn list_members(&self, _: Request<ListMembersRequest>) -> Answer<ListMembersResponse> {
        unasked()
    }

    async fn get_member(&self, _: Request<GetMemberRequest>) -> Answer<Member> {
        unasked()
    }
}

#[tonic::async_trait]
impl Addresses for Fake {
    async fn ask_address_letter(
        &self,
        request: Request<AskAddressLetterRequest>,
    ) -> Answer<AskAddressLetterResponse> {
        self.0.letters.lock().expect("letters").push(request.into_inner().locale);
        let expires_at = Some(in_an_hour());
        Ok(AskAddressLetterResponse { binding: BINDING.into(), expires_at }.into())
    }

    async fn prove_address(
        &self,
        request: Request<ProveAddressRequest>,
    ) -> Answer<ProveAddressResponse> {
        let request = request.into_inner();
        if request.binding != BINDING || (request.code != "12345678" && request.token != "good") {
            return Err(refusal(Code::Unauthenticated, "code_refused", "The code does not fit."));
        }
        self.0.unproven.store(false, Ordering::SeqCst);
        Ok(ProveAddressResponse {}.into())
    }
}
