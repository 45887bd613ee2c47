//! The services: as little as the gateway can notice.

use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
};

use futures::{Stream, StreamExt, stream};
use tonic::{Request, Response, Status, service::Routes};
use wire::{
    Guard, Peers,
    activity::v1::{self as activity, feed_server},
    auth::v1::{
        self as auth, bans_server::BansServer, captchas_server::CaptchasServer,
        letters_server::LettersServer, sessions_server,
    },
    identity::Trust,
    tenant::v1::{
        self as tenant, quotas_server::QuotasServer, resolve_tenant_request::By,
        tenant_settings_server, tenants_server,
    },
    user::v1::{self as user, access_server, invites_server, people_server},
};

use super::{ACME, ANN, BETA, GONE, ROOT, State, counted::Counted, quotas::Allowed};

pub(super) type Reply<T> = Result<Response<T>, Status>;

#[derive(Clone)]
pub(super) struct Fake(pub(super) Arc<State>);

impl Fake {
    /// Notes the call; fails it where the test wants that.
    pub(super) fn note<T>(&self, request: Request<T>) -> Result<T, Status> {
        self.0.seen.lock().expect("seen").push(wire::cx(&request)?);
        match &*self.0.fail_with.lock().expect("failure") {
            Some(status) => Err(status.clone()),
            None => Ok(request.into_inner()),
        }
    }
}

pub(super) fn unasked<T>() -> Reply<T> {
    Err(Status::unimplemented("no test asks for this"))
}

pub(crate) fn settle(peers: &Peers, trust: &Trust, state: &Arc<State>) {
    let fake = Fake(state.clone());
    let guarded = |me, routes| Guard::new(me, trust.clone()).expect("ruled").protect(routes);
    let tenants = Routes::new(tenants_server::TenantsServer::new(fake.clone()))
        .add_service(tenant_settings_server::TenantSettingsServer::new(Counted(state.clone())))
        .add_service(QuotasServer::new(Allowed(state.clone())));
    peers.here("tenant", guarded("tenant", tenants));
    let sessions = Routes::new(sessions_server::SessionsServer::new(fake.clone()))
        .add_service(LettersServer::new(fake.clone()))
        .add_service(CaptchasServer::new(fake.clone()))
        .add_service(BansServer::new(fake.clone()));
    peers.here("auth", guarded("auth", sessions));
    let people = Routes::new(access_server::AccessServer::new(fake.clone()))
        .add_service(invites_server::InvitesServer::new(fake.clone()))
        .add_service(people_server::PeopleServer::new(fake.clone()));
    peers.here("user", guarded("user", people));
    let feed = Routes::new(feed_server::FeedServer::new(fake));
    peers.here("activity", guarded("activity", feed));
}

#[tonic::async_trait]
impl tenants_server::Tenants for Fake {
    async fn create_tenant(
        &self,
        _: Request<tenant::CreateTenantRequest>,
    ) -> Reply<tenant::Tenant> {
        unasked()
    }

    async fn get_tenant(&self, _: Request<tenant::GetTenantRequest>) -> Reply<tenant::Tenant> {
        unasked()
    }

    async fn list_tenants(
        &self,
        request: Request<tenant::ListTenantsRequest>,
    ) -> Reply<tenant::ListTenantsResponse> {
        let request = self.note(request)?;
        let next_page_token = format!("{}/{}", request.page_size, request.page_token);
        Ok(Response::new(tenant::ListTenantsResponse { tenants: Vec::new(), next_page_token }))
    }

    async fn resolve_tenant(
        &self,
        request: Request<tenant::ResolveTenantRequest>,
    ) -> Reply<tenant::Tenant> {
        self.0.resolved.fetch_add(1, Ordering::SeqCst);
        let by = request.into_inner().by.expect("by");
        let now = self.0.acme_is.lock().expect("status").clone();
        let acme = now.as_deref().unwrap_or("active");
        let known = [(ACME, "acme", acme), (BETA, "beta", "active"), (GONE, "gone", "suspended")];
        let found = known.into_iter().find(|(id, slug, _)| match &by {
            By::TenantId(wanted) => wanted == id,
            By::Slug(wanted) => wanted == slug,
            By::Host(wanted) => *slug == "acme" && wanted == "portal.acme.example",
        });
        let (id, slug, status) = found.ok_or_else(|| Status::not_found("no such tenant"))?;
        Ok(Response::new(tenant::Tenant {
            tenant_id: id.into(),
            slug: slug.into(),
            name: slug.to_uppercase(),
            status: status.into(),
            locale: "en".into(),
            limits: self.0.limits.lock().expect("limits").clone(),
            allowed_origins: match slug {
                "acme" => self.0.acme_allows.lock().expect("origins").clone(),
                _ => Vec::new(),
            },
            ..Default::default()
        }))
    }
}

#[tonic::async_trait]
impl sessions_server::Sessions for Fake {
    async fn create_session(
        &self,
        request: Request<auth::CreateSessionRequest>,
    ) -> Reply<auth::Session> {
        self.note(request)?;
        Ok(Response::new(auth::Session { token: "fresh".into(), ..Default::default() }))
    }

    async fn end_session(
        &self,
        request: Request<auth::EndSessionRequest>,
    ) -> Reply<auth::EndSessionResponse> {
        self.note(request)?;
        *self.0.revoked.lock().expect("revoked") = true;
        Ok(Response::new(auth::EndSessionResponse {}))
    }

    async fn list_sessions(
        &self,
        _: Request<auth::ListSessionsRequest>,
    ) -> Reply<auth::ListSessionsResponse> {
        unasked()
    }

    async fn end_named_session(
        &self,
        _: Request<auth::EndNamedSessionRequest>,
    ) -> Reply<auth::EndNamedSessionResponse> {
        unasked()
    }

    async fn end_other_sessions(
        &self,
        _: Request<auth::EndOtherSessionsRequest>,
    ) -> Reply<auth::EndOtherSessionsResponse> {
        unasked()
    }

    async fn end_all_sessions(
        &self,
        _: Request<auth::EndAllSessionsRequest>,
    ) -> Reply<auth::EndAllSessionsResponse> {
        unasked()
    }

    async fn issue_session(&self, _: Request<auth::IssueSessionRequest>) -> Reply<auth::Session> {
        unasked()
    }

    async fn identify_session(
        &self,
        request: Request<auth::IdentifySessionRequest>,
    ) -> Reply<auth::Identity> {
        self.0.identified.fetch_add(1, Ordering::SeqCst);
        let gone = *self.0.revoked.lock().expect("revoked");
        let by_provider = request.get_ref().token == "sso-token";
        let user_id = match request.get_ref().token.as_str() {
            "ann-token" | "sso-token" if !gone => ANN,
            "root-token" if !gone => ROOT,
            _ => return Err(Status::unauthenticated("no such session")),
        };
        Ok(Response::new(auth::Identity {
            user_id: user_id.into(),
            session_id: GONE.into(),
            expires_at: None,
            tenant_id: if by_provider { ACME.into() } else { String::new() },
        }))
    }
}

#[tonic::async_trait]
impl access_server::Access for Fake {
    async fn list_roles(
        &self,
        _: Request<user::ListRolesRequest>,
    ) -> Reply<user::ListRolesResponse> {
        unasked()
    }

    async fn list_effective(
        &self,
        request: Request<user::ListEffectiveRequest>,
    ) -> Reply<user::Effective> {
        let request = request.into_inner();
        let (ann, root) = (request.user_id == ANN, request.user_id == ROOT);
        let member = ann && request.tenant_id == ACME;
        let permissions = [
            "activity.feed.read",
            "tenant.usage.read",
            "user.invites.create",
            "user.invites.read",
            "user.members.read",
        ];
        let permissions = permissions.into_iter().filter(|_| member).map(Into::into).collect();
        Ok(Response::new(user::Effective {
            permissions,
            system_admin: root,
            belongs: member || root,
            ..Default::default()
        }))
    }
}

#[tonic::async_trait]
impl people_server::People for Fake {
    async fn create_user(&self, _: Request<user::CreateUserRequest>) -> Reply<user::User> {
        panic!("the fake does not create people");
    }

    async fn get_me(&self, request: Request<user::GetMeRequest>) -> Reply<user::Me> {
        self.note(request)?;
        Ok(Response::new(user::Me::default()))
    }

    async fn list_members(
        &self,
        _: Request<user::ListMembersRequest>,
    ) -> Reply<user::ListMembersResponse> {
        unasked()
    }

    async fn get_member(&self, _: Request<user::GetMemberRequest>) -> Reply<user::Member> {
        unasked()
    }
}

fn invite(id: &str) -> user::Invite {
    user::Invite {
        invite_id: id.into(),
        created_at: Some(prost_reflect::prost_types::Timestamp {
            seconds: 1_700_000_000,
            nanos: 0,
        }),
        ..Default::default()
    }
}

#[tonic::async_trait]
impl invites_server::Invites for Fake {
    async fn create_invite(
        &self,
        request: Request<user::CreateInviteRequest>,
    ) -> Reply<user::Invite> {
        let request = self.note(request)?;
        Ok(Response::new(user::Invite {
            email: request.email,
            sends: request.expires_in_hours,
            ..invite(ACME)
        }))
    }

    async fn get_invite(&self, request: Request<user::GetInviteRequest>) -> Reply<user::Invite> {
        let request = self.note(request)?;
        Ok(Response::new(invite(&request.invite_id)))
    }

    async fn list_invites(
        &self,
        request: Request<user::ListInvitesRequest>,
    ) -> Reply<user::ListInvitesResponse> {
        let request = self.note(request)?;
        Ok(Response::new(user::ListInvitesResponse {
            invites: Vec::new(),
            next_page_token: format!("{}/{}", request.status, request.page_size),
        }))
    }

    async fn resend_invite(
        &self,
        request: Request<user::ResendInviteRequest>,
    ) -> Reply<user::Invite> {
        let request = self.note(request)?;
        Ok(Response::new(invite(&request.invite_id)))
    }

    async fn revoke_invite(&self, _: Request<user::RevokeInviteRequest>) -> Reply<user::Invite> {
        unasked()
    }

    async fn show_invitation(
        &self,
        request: Request<user::ShowInvitationRequest>,
    ) -> Reply<user::Invitation> {
        let request = self.note(request)?;
        Ok(Response::new(user::Invitation { name: request.token, ..Default::default() }))
    }

    async fn accept_invitation(
        &self,
        request: Request<user::AcceptInvitationRequest>,
    ) -> Reply<user::AcceptInvitationResponse> {
        let request = self.note(request)?;
        Ok(Response::new(user::AcceptInvitationResponse {
            invite_id: request.token,
            user_id: request.password,
            ..Default::default()
        }))
    }

    async fn begin_invitation_passkey(
        &self,
        _: Request<user::BeginInvitationPasskeyRequest>,
    ) -> Reply<user::InvitationPasskey> {
        unasked()
    }

    async fn take_invitation_link(
        &self,
        _: Request<user::TakeInvitationLinkRequest>,
    ) -> Reply<user::InvitationLink> {
        unasked()
    }

    async fn reveal_invitation_link(
        &self,
        _: Request<user::RevealInvitationLinkRequest>,
    ) -> Reply<user::InvitationLink> {
        unasked()
    }
}

#[tonic::async_trait]
impl feed_server::Feed for Fake {
    async fn list_activity(
        &self,
        request: Request<activity::ListActivityRequest>,
    ) -> Reply<activity::ListActivityResponse> {
        self.note(request)?;
        Ok(Response::new(activity::ListActivityResponse::default()))
    }

    type TailFactsStream = Pin<Box<dyn Stream<Item = Result<activity::Fact, Status>> + Send>>;

    async fn tail_facts(
        &self,
        request: Request<activity::TailFactsRequest>,
    ) -> Reply<Self::TailFactsStream> {
        let request = self.note(request)?;
        let fact = |id: &str| activity::Fact {
            id: id.into(),
            r#type: request.subject.clone(),
            ..Default::default()
        };
        let facts = stream::iter([Ok(fact("1")), Ok(fact("2"))]);
        // A replay fails after its facts; anything else goes on without end.
        let end = match request.replay {
            true => stream::iter([Err(Status::unavailable("the bus is away"))]).boxed(),
            false => stream::pending().boxed(),
        };
        Ok(Response::new(Box::pin(facts.chain(end))))
    }
}
