//! The life of an invitation under every order of calls, against a model of a few lines.

use kernel::{Cx, TenantId};
use tonic::Status;
use wire::{
    call,
    user::v1::{GetInviteRequest, RevokeInviteRequest},
};

use crate::platform::{PASSWORD, Platform, reason, tenant};

/// How many calls follow the first invitation.
const LENGTH: u32 = 3;

/// What can be asked of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Invite,
    Resend,
    Revoke,
    Accept,
    Lapse,
}

const ASKS: [Ask; 5] = [Ask::Invite, Ask::Resend, Ask::Revoke, Ask::Accept, Ask::Lapse];

/// What must hold of the newest invitation to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Foreseen {
    status: &'static str,
    sends: i32,
    /// How often the address was invited anew.
    made: usize,
    steps: Vec<&'static str>,
}

impl Foreseen {
    fn new(made: usize) -> Self {
        Self { status: "pending", sends: 1, made, steps: vec!["created"] }
    }

    /// The word of the answer, and the invitation after it.
    fn after(mut self, ask: Ask) -> (&'static str, Self) {
        let ended = match self.status {
            "accepted" => "invitation_used",
            "revoked" => "invitation_revoked",
            _ => "ok",
        };
        let answer = match (ask, self.status) {
            (Ask::Lapse, "pending") => {
                self.status = "expired";
                "ok"
            }
            (Ask::Invite, "expired" | "revoked") => {
                self = Self::new(self.made + 1);
                "ok"
            }
            (Ask::Lapse | Ask::Invite, _) | (Ask::Revoke, "revoked") => "ok",
            (Ask::Accept, "expired") => "invitation_expired",
            (_, "accepted" | "revoked") => ended,
            (Ask::Resend, _) => {
                (self.status, self.sends) = ("pending", self.sends + 1);
                self.steps.push("resent");
                "ok"
            }
            (Ask::Revoke, _) => {
                self.status = "revoked";
                self.steps.push("revoked");
                "ok"
            }
            (Ask::Accept, _) => {
                self.status = "accepted";
                self.steps.push("accepted");
                "ok"
            }
        };
        (answer, self)
    }
}

/// The real thing: the newest invitation to an address, and its newest link.
struct Walker<'a> {
    platform: &'a Platform,
    tenant: TenantId,
    boss: &'a Cx,
    email: String,
    invite_id: String,
    token: String,
    made: usize,
}

impl Walker<'_> {
    async fn ask(&mut self, ask: Ask) -> Result<(), Status> {
        let platform = self.platform;
        match ask {
            Ask::Invite => {
                let invite = platform.invite(self.tenant, &self.email).await;
                if invite.invite_id != self.invite_id {
                    (self.invite_id, self.made) = (invite.invite_id, self.made + 1);
                    self.token = platform.token(self.tenant, &self.invite_id).await;
                }
            }
            Ask::Resend => {
                platform.resend(self.boss, &self.invite_id).await?;
                self.token = platform.token(self.tenant, &self.invite_id).await;
            }
            Ask::Revoke => {
                let asked = RevokeInviteRequest { invite_id: self.invite_id.clone() };
                platform.invites().revoke_invite(call(self.boss, asked)).await?;
            }
            Ask::Accept => drop(platform.accept(&self.token, PASSWORD).await?),
            Ask::Lapse => platform.wait_hours(73),
        }
        Ok(())
    }
}

#[tokio::test]
async fn every_order_of_calls_ends_as_the_model_says() {
    let (platform, tenant) = (Platform::start().await, tenant());
    let boss = platform.boss(tenant).await;
    let orders = ASKS.len().pow(LENGTH);
    for order in 0..orders {
        let asks: Vec<Ask> =
            (0..LENGTH).map(|place| ASKS[order / ASKS.len().pow(place) % ASKS.len()]).collect();
        let mut walker = Walker {
            platform: &platform,
            tenant,
            boss: &boss,
            email: format!("walker{order}@example.com"),
            invite_id: String::new(),
            token: String::new(),
            made: 0,
        };
        walker.ask(Ask::Invite).await.expect("invites");
        let mut model = Foreseen::new(1);
        for &ask in &asks {
            let (expected, after) = model.clone().after(ask);
            let seen =
                walker.ask(ask).await.map_or_else(|status| reason(&status), |()| "ok".into());
            assert_eq!(seen, expected, "{ask:?} in {asks:?} after {model:?}");
            model = after;
        }
        let asked = GetInviteRequest { invite_id: walker.invite_id.clone() };
        let invite = platform.invites().get_invite(call(&boss, asked)).await;
        let invite = invite.expect("shows").into_inner();
        let seen = (invite.status.as_str(), invite.sends, walker.made);
        assert_eq!(seen, (model.status, model.sends, model.made), "{asks:?}");
        let steps = platform.steps(tenant, &walker.invite_id).await;
        // That an end was told depends on when somebody looked.
        let steps: Vec<_> =
            steps.iter().map(|(kind, _)| kind.as_str()).filter(|kind| *kind != "expired").collect();
        assert_eq!(steps, model.steps, "{asks:?}");
    }
    let stuck = "select count(*) from (select 1 from invites where status = 'pending'
                 group by email having count(*) > 1) as doubled";
    assert_eq!(platform.database.count(stuck).await, 0);
    let joined = "select (select count(*) - 1 from memberships)
                       - (select count(distinct email) from invites where status = 'accepted')";
    assert_eq!(
        platform.database.count(joined).await,
        0,
        "who came in is a member, and nobody else"
    );
}
