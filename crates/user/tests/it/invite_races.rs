//! Many who do everything to one invitation at once. `USHER_RACE_ROUNDS` (4) says how often.

use std::collections::BTreeMap;

use futures::future::join_all;
use kernel::Cx;
use tonic::Status;
use wire::{call, code_of, user::v1::RevokeInviteRequest};

use crate::{
    holdings::ADMIN,
    platform::{PASSWORD, Platform, ask, reason, tenant},
    seats::{limit, seats},
};

/// How many act at once.
const RACERS: usize = 50;

/// How often all of it is tried.
fn rounds() -> usize {
    let wished = std::env::var("USHER_RACE_ROUNDS").ok().filter(|text| !text.is_empty());
    wished.map_or(4, |text| text.parse().expect("USHER_RACE_ROUNDS is a whole number"))
}

/// Seats that are free beside the invitation's when a round begins.
const SPARE: i64 = 2;

/// What one racer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Accept,
    Resend,
    Revoke,
    Invite,
    InviteAnother,
    Lapse,
}

const DEEDS: [Deed; 6] =
    [Deed::Accept, Deed::Resend, Deed::Revoke, Deed::Invite, Deed::InviteAnother, Deed::Lapse];

async fn act(
    platform: &Platform,
    boss: &Cx,
    email: &str,
    (invite_id, token): (&str, &str),
    deed: Deed,
) -> Result<(), Status> {
    match deed {
        Deed::Accept => platform.accept(token, PASSWORD).await.map(drop),
        Deed::Resend => platform.resend(boss, invite_id).await.map(drop),
        Deed::Revoke => {
            let asked = RevokeInviteRequest { invite_id: invite_id.into() };
            platform.invites().revoke_invite(call(boss, asked)).await.map(drop)
        }
        Deed::Invite => platform.invites().create_invite(call(boss, ask(email))).await.map(drop),
        // Somebody else, for a seat that may be free.
        Deed::InviteAnother => {
            let other = ask(&format!("{}@example.com", uuid::Uuid::now_v7()));
            platform.invites().create_invite(call(boss, other)).await.map(drop)
        }
        // Eight of these end the invitation, unless it is sent again meanwhile.
        Deed::Lapse => {
            platform.wait_hours(10);
            Ok(())
        }
    }
}

#[tokio::test]
async fn of_all_that_is_done_to_an_invitation_at_once_one_end_comes_and_no_pending_row_is_doubled()
{
    let (platform, tenant) = (Platform::start().await, tenant());
    let (boss_id, _) = platform.staff(tenant, "boss@example.com", "admin").await;
    let boss_id = boss_id.parse().expect("an id");
    for round in 0..rounds() {
        let email = format!("racer{round}@example.com");
        // A passport lives for a minute.
        let boss = platform.person(boss_id, Some(tenant), ADMIN);
        limit(&platform, tenant, None).await.expect("lifts");
        let invite = platform.invite(tenant, &email).await;
        let (members, reserved, _) = seats(&platform, tenant).await;
        let most = members + reserved + SPARE;
        limit(&platform, tenant, i32::try_from(most).ok()).await.expect("limits");
        let token = platform.token(tenant, &invite.invite_id).await;
        let pair = (invite.invite_id.as_str(), token.as_str());
        // Another order each time, so that each deed comes first somewhere.
        let deeds: Vec<Deed> = (0..RACERS).map(|n| DEEDS[(n + round) % DEEDS.len()]).collect();
        let outcomes =
            join_all(deeds.iter().map(|&deed| act(&platform, &boss, &email, pair, deed))).await;
        let mut done: BTreeMap<Deed, usize> = BTreeMap::new();
        for (deed, outcome) in deeds.iter().zip(&outcomes) {
            match outcome {
                Ok(()) => *done.entry(*deed).or_default() += 1,
                Err(refused) => {
                    let word = reason(refused);
                    let known = ["invitation_", "resend_limit", "recipient_budget", "seats_taken"];
                    let about_it = known.iter().any(|known| word.starts_with(known));
                    // A pool that is empty for long says so; nothing of it was done then.
                    let away = code_of(refused).code.retry_helps();
                    assert!(about_it || away, "{deed:?}: {refused:?}");
                }
            }
        }
        let count = |deed| done.get(&deed).copied().unwrap_or_default();
        assert!(count(Deed::Accept) <= 1, "one winner: {done:?}");
        assert!(count(Deed::Accept) == 0 || count(Deed::Revoke) == 0, "one end: {done:?}");
        let (members, reserved, _) = seats(&platform, tenant).await;
        assert!(members + reserved <= most, "{members} and {reserved} in {most} seats");
        let steps = platform.steps(tenant, &invite.invite_id).await;
        let noted = |kind: &str| steps.iter().filter(|(step, _)| step == kind).count();
        assert_eq!(noted("accepted"), count(Deed::Accept), "{steps:?}");
        assert_eq!(noted("resent"), count(Deed::Resend), "{steps:?}");
        assert!(noted("revoked") <= 1 && noted("resent") <= 4, "{steps:?}");
    }
    let doubled = "select count(*) from (select 1 from invites where status = 'pending'
                   group by email having count(*) > 1) as doubled";
    assert_eq!(platform.database.count(doubled).await, 0);
    let unequal = "select count(*) from
        (select count(*) as rows from invites where status = 'accepted') as stored,
        (select count(*) as told from outbox where kind = 'user.invite.accepted') as facts,
        (select count(*) - 1 as members from memberships) as joined
        where rows <> told or rows <> members";
    assert_eq!(
        platform.database.count(unequal).await,
        0,
        "rows, facts and members beside the boss agree"
    );
    let letters = "select count(*) from (select e.invite_id from invite_events e join invites i using (invite_id)
                   group by e.invite_id, i.sends
                   having count(*) filter (where e.kind in ('created', 'resent')) <> i.sends) as wrong";
    assert_eq!(platform.database.count(letters).await, 0, "every sending is in the history");
}
