//! A stand-in of the user service's invitations: behind the real guard, with facts through the real outbox.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use kernel::{Clock, Cx, InviteId, TenantId, Timestamp};
use pg::Db;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use wire::{
    Fact,
    user::v1::{
        AcceptInvitationRequest, AcceptInvitationResponse, BeginInvitationPasskeyRequest,
        CreateInviteRequest, GetInviteRequest, Invitation, InvitationLink, InvitationPasskey,
        Invite, InviteAccepted, ListInvitesRequest, ListInvitesResponse, Member,
        ResendInviteRequest, RevealInvitationLinkRequest, RevokeInviteRequest,
        ShowInvitationRequest, TakeInvitationLinkRequest, invites_server::Invites,
    },
};

/// How the next invitations are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mood {
    #[default]
    Usual,
    /// The person belongs to the tenant already.
    Member,
    /// The invitation is made, and its answer lost.
    LoseAnswer,
    /// The person accepts, and everybody has heard of it, before the answer is given.
    AcceptFirst,
    /// The role is refused.
    RefuseRole,
    /// The invitation is made, and its answer held until [`FakeInvites::answer`].
    HoldAnswer,
}

/// What was asked for, and how to answer.
#[derive(Clone)]
pub(crate) struct FakeInvites {
    /// The user service's own database, where its facts leave.
    db: Db,
    /// The database of the service under test.
    watched: Db,
    state: Arc<Mutex<State>>,
    answers: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    mood: Mood,
    by_key: HashMap<String, Invite>,
    /// One for each invitation made, in order.
    made: Vec<(TenantId, Invite)>,
    calls: Vec<Cx>,
    lives_for: Option<Duration>,
    revoked: Vec<String>,
    members: HashMap<String, Member>,
}

impl FakeInvites {
    pub(crate) fn new(db: Db, watched: Db) -> Self {
        Self { db, watched, state: Arc::default(), answers: Arc::new(Semaphore::new(0)) }
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.state.lock().expect("whole").mood = mood;
    }

    /// Lets one answer go that is held.
    pub(crate) fn answer(&self) {
        self.answers.add_permits(1);
    }

    /// How long the invitations made from now on live.
    pub(crate) fn set_life(&self, life: Duration) {
        self.state.lock().expect("whole").lives_for = Some(life);
    }

    /// The invitations made, in order.
    pub(crate) fn made(&self) -> Vec<Invite> {
        let state = self.state.lock().expect("whole");
        state.made.iter().map(|(_, invite)| invite.clone()).collect()
    }

    /// The invitations made in this tenant.
    pub(crate) fn made_in(&self, tenant: TenantId) -> Vec<Invite> {
        let state = self.state.lock().expect("whole");
        let here = state.made.iter().filter(|(of, _)| *of == tenant);
        here.map(|(_, invite)| invite.clone()).collect()
    }

    /// The invitations taken back, in order.
    pub(crate) fn revoked(&self) -> Vec<String> {
        self.state.lock().expect("whole").revoked.clone()
    }

    /// Lets a person be a member of every tenant; answers their id.
    pub(crate) fn admit(&self, email: &str, status: &str) -> String {
        let user_id = Uuid::now_v7().to_string();
        let member = Member {
            user_id: user_id.clone(),
            email: email.into(),
            name: "Some Body".into(),
            status: status.into(),
            roles: vec!["client".into()],
            joined_at: None,
        };
        self.state.lock().expect("whole").members.insert(user_id.clone(), member);
        user_id
    }

    /// The member of this id.
    pub(crate) fn member(&self, user_id: &str) -> Option<Member> {
        self.state.lock().expect("whole").members.get(user_id).cloned()
    }

    /// The contexts of all calls.
    pub(crate) fn calls(&self) -> Vec<Cx> {
        self.state.lock().expect("whole").calls.clone()
    }

    /// Tells that the newest invitation of the reference was accepted.
    pub(crate) async fn accept(&self, tenant: TenantId, reference: &str) {
        let made = self.made();
        let invite = made.iter().rev().find(|invite| invite.reference == reference);
        let invite = invite.expect("an invitation of this reference");
        self.tell(tenant, &invite.invite_id, &accepted(invite)).await;
    }

    pub(crate) async fn tell<F: Fact>(&self, tenant: TenantId, aggregate: &str, fact: &F) {
        let mut tx = self.db.tenant(tenant, "tell").await.expect("a database");
        let cx = Cx::of_service("user", Some(tenant), &Clock::system());
        let aggregate = InviteId::parse(aggregate).expect("an id").uuid();
        bus::emit(&mut tx, &cx, aggregate, fact).await.expect("emits");
        tx.commit().await.expect("commits");
    }

    /// The invitation of this key, made now or before.
    fn make(&self, cx: &Cx, request: CreateInviteRequest) -> (Mood, Invite) {
        let mut state = self.state.lock().expect("whole");
        state.calls.push(cx.clone());
        let mood = state.mood;
        let key = cx.idempotency_key.clone().expect("a repeatable call");
        if let Some(known) = state.by_key.get(&key) {
            return (mood, known.clone());
        }
        let life = state.lives_for.unwrap_or(Duration::from_secs(3600));
        let expires = Timestamp::from(jiff::Timestamp::now()).after(life);
        let status = if mood == Mood::Member { "accepted" } else { "pending" };
        let invite = Invite {
            invite_id: Uuid::now_v7().to_string(),
            user_id: Uuid::now_v7().to_string(),
            email: request.email,
            name: request.name,
            role: request.role,
            locale: request.locale,
            reference: request.reference,
            status: status.into(),
            expires_at: Some(wire::timestamp(expires)),
            ..Invite::default()
        };
        state.by_key.insert(key, invite.clone());
        state.made.push((cx.tenant.expect("a tenant"), invite.clone()));
        (mood, invite)
    }

    /// Waits until the client of this reference has been seen accepting.
    async fn heard_everywhere(&self, tenant: TenantId, invite: &Invite) {
        self.tell(tenant, &invite.invite_id, &accepted(invite)).await;
        let deadline = std::time::Instant::now() + testkit::PATIENCE;
        loop {
            let mut tx = self.watched.tenant(tenant, "watch").await.expect("a database");
            let stage: String =
                sqlx::query_scalar("select stage from clients where client_id::text = $1")
                    .bind(&invite.reference)
                    .fetch_one(&mut *tx)
                    .await
                    .expect("the client is committed before the call");
            if stage != "invited" {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "the acceptance was not heard");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn accepted(invite: &Invite) -> InviteAccepted {
    InviteAccepted {
        invite_id: invite.invite_id.clone(),
        user_id: invite.user_id.clone(),
        email: invite.email.clone(),
        role: invite.role.clone(),
        reference: invite.reference.clone(),
        ..InviteAccepted::default()
    }
}

#[tonic::async_trait]
impl Invites for FakeInvites {
    async fn create_invite(
        &self,
        request: Request<CreateInviteRequest>,
    ) -> Result<Response<Invite>, Status> {
        let cx = wire::cx(&request)?;
        let request = request.into_inner();
        if self.state.lock().expect("whole").mood == Mood::RefuseRole {
            let field = wire::parse::<(), _>("role", &request.role, |_| Err("is not a known role"));
            return Err(field.expect_err("refused"));
        }
        let (mood, invite) = self.make(&cx, request);
        match mood {
            Mood::LoseAnswer => return Err(Status::unavailable("lost")),
            Mood::AcceptFirst => self.heard_everywhere(cx.tenant.expect("a tenant"), &invite).await,
            Mood::HoldAnswer => self.answers.acquire().await.expect("never closed").forget(),
            Mood::Usual | Mood::Member | Mood::RefuseRole => {}
        }
        Ok(Response::new(invite))
    }

    async fn get_invite(&self, _: Request<GetInviteRequest>) -> Result<Response<Invite>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn list_invites(
        &self,
        _: Request<ListInvitesRequest>,
    ) -> Result<Response<ListInvitesResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn resend_invite(
        &self,
        _: Request<ResendInviteRequest>,
    ) -> Result<Response<Invite>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn revoke_invite(
        &self,
        request: Request<RevokeInviteRequest>,
    ) -> Result<Response<Invite>, Status> {
        let cx = wire::cx(&request)?;
        let invite_id = request.into_inner().invite_id;
        let mut state = self.state.lock().expect("whole");
        state.calls.push(cx);
        state.revoked.push(invite_id.clone());
        let made = state.made.iter().find(|(_, invite)| invite.invite_id == invite_id);
        let (_, invite) = made.cloned().ok_or_else(|| Status::not_found("no such invitation"))?;
        Ok(Response::new(Invite { status: "revoked".into(), ..invite }))
    }

    async fn show_invitation(
        &self,
        _: Request<ShowInvitationRequest>,
    ) -> Result<Response<Invitation>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn accept_invitation(
        &self,
        _: Request<AcceptInvitationRequest>,
    ) -> Result<Response<AcceptInvitationResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn begin_invitation_passkey(
        &self,
        _: Request<BeginInvitationPasskeyRequest>,
    ) -> Result<Response<InvitationPasskey>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn take_invitation_link(
        &self,
        _: Request<TakeInvitationLinkRequest>,
    ) -> Result<Response<InvitationLink>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn reveal_invitation_link(
        &self,
        _: Request<RevealInvitationLinkRequest>,
    ) -> Result<Response<InvitationLink>, Status> {
        Err(Status::unimplemented("not asked for"))
    }
}
