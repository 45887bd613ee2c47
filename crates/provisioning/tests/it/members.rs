//! A stand-in of the user service's people.

use tonic::{Request, Response, Status};
use wire::user::v1::{
    CreateUserRequest, GetMeRequest, GetMemberRequest, ListMembersRequest, ListMembersResponse, Me,
    Member, User, people_server::People,
};

use crate::invites::FakeInvites;

#[tonic::async_trait]
impl People for FakeInvites {
    async fn create_user(&self, _: Request<CreateUserRequest>) -> Result<Response<User>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn get_me(&self, _: Request<GetMeRequest>) -> Result<Response<Me>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn list_members(
        &self,
        _: Request<ListMembersRequest>,
    ) -> Result<Response<ListMembersResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn get_member(
        &self,
        request: Request<GetMemberRequest>,
    ) -> Result<Response<Member>, Status> {
        let member = self.member(&request.get_ref().user_id);
        member.map(Response::new).ok_or_else(|| Status::not_found("no such member"))
    }
}
