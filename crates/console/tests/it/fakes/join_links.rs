//! Shared links.

use tonic::Request;
use wire::user::v1::{
    CreateJoinLinkRequest, CreateJoinLinkResponse, JoinLink, ListJoinLinksRequest,
    ListJoinLinksResponse, RevokeJoinLinkRequest, ShowJoinLinkRequest, ShownJoinLink,
    UseJoinLinkRequest, UseJoinLinkResponse, join_links_server::JoinLinks,
};

use super::{Answer, Fake, unasked};

#[tonic::async_trait]
impl JoinLinks for Fake {
    async fn create_join_link(
        &self,
        _: Request<CreateJoinLinkRequest>,
    ) -> Answer<CreateJoinLinkResponse> {
        unasked()
    }

    async fn list_join_links(
        &self,
        _: Request<ListJoinLinksRequest>,
    ) -> Answer<ListJoinLinksResponse> {
        unasked()
    }

    async fn revoke_join_link(&self, _: Request<RevokeJoinLinkRequest>) -> Answer<JoinLink> {
        unasked()
    }

    async fn show_join_link(&self, _: Request<ShowJoinLinkRequest>) -> Answer<ShownJoinLink> {
        if let Some(status) = self.0.closed.lock().expect("closed").clone() {
            return Err(status);
        }
        let tenant_name = self.0.invitation.lock().expect("invitation").tenant_name.clone();
        let email_domains = vec!["acme.test".into(), "beta.test".into()];
        Ok(ShownJoinLink { tenant_name, email_domains, expires_at: None }.into())
    }

    async fn use_join_link(
        &self,
        request: Request<UseJoinLinkRequest>,
    ) -> Answer<UseJoinLinkResponse> {
        let email = request.into_inner().email;
        if let Some(status) = self.0.refuse_password.lock().expect("refusal").clone() {
            return Err(status);
        }
        let outcome = if email.is_empty() { "joined" } else { "mailed" };
        self.0.joining.lock().expect("joining").push(email);
        Ok(UseJoinLinkResponse { outcome: outcome.into(), tenant_id: String::new() }.into())
    }
}
