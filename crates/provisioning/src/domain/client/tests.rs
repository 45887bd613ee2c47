//! A client under every order of calls.

use kernel::Clock;
use proptest::prelude::*;

use super::*;

/// What may be asked of a client, in any order.
#[derive(Debug, Clone, Copy)]
enum Call {
    Advance(Stage),
    Fail,
    Revoke,
    Resume,
    Degrade,
    Recover,
    NextRun,
}

fn cause() -> Cause {
    Cause { reason: "legacy_rejected".into(), message: "No.".into() }
}

fn invited(clock: &Clock) -> Client {
    let now = clock.now();
    Client {
        client_id: clock.new_id(),
        email: Email::parse("ann@example.com").expect("an address"),
        name: PersonName::parse("Ann").expect("a name"),
        role: RoleName::parse("").expect("a role"),
        spreadsheet_id: SpreadsheetId::parse("sheet").expect("an id"),
        wb_token_hint: None,
        owner_email: None,
        locale: None,
        stage: Progress::START.stage(),
        resume_stage: None,
        reason: None,
        message: None,
        attempts: 0,
        run: 1,
        invite_id: None,
        invite_expires_at: None,
        user_id: None,
        created_at: now,
        updated_at: now,
        confirmed_at: None,
        active_at: None,
    }
}

fn play(client: Client, call: Call, now: Timestamp) -> Result<Client, Forbidden> {
    Ok(match call {
        Call::Advance(stage) => client.advance(stage, now)?.client(),
        Call::Fail => client.fail(cause(), now)?.client(),
        Call::Revoke => client.revoke(cause(), now)?.client(),
        Call::Resume => client.resume(now)?.client(),
        Call::Degrade if client.stage == Stage::Active => client.degraded(cause(), now),
        Call::Recover if client.stage == Stage::Active => client.recovered(now),
        Call::NextRun => Client { run: client.run + 1, ..client },
        Call::Degrade | Call::Recover => client,
    })
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => proptest::sample::select(Stage::ALL).prop_map(Call::Advance),
        2 => Just(Call::Fail),
        1 => Just(Call::Revoke),
        2 => Just(Call::Resume),
        1 => Just(Call::Degrade),
        1 => Just(Call::Recover),
        1 => Just(Call::NextRun),
    ]
}

proptest! {
    #[test]
    fn in_any_order_of_calls_a_client_moves_by_the_table_and_never_without_a_reason(
        calls in prop::collection::vec(call(), 0..80),
    ) {
        let clock = Clock::standing_at(jiff::Timestamp::UNIX_EPOCH.into());
        let mut client = invited(&clock);
        for call in calls {
            clock.advance(std::time::Duration::from_secs(1));
            let before = client.clone();
            match play(client.clone(), call, clock.now()) {
                Ok(after) => client = after,
                Err(forbidden) => {
                    prop_assert_eq!(forbidden.from, before.stage);
                    continue;
                }
            }
            if client.stage != before.stage {
                let moved = before.progress().allows(client.stage);
                prop_assert!(moved, "{} -> {}", before.stage, client.stage);
            }
            // The columns' own rules.
            prop_assert_eq!(client.stage == Stage::Failed, client.resume_stage.is_some());
            prop_assert_eq!(client.stage == Stage::Active, client.active_at.is_some());
            // No grey state: an end that is no success says why.
            if client.stage == Stage::Failed {
                prop_assert!(client.reason.is_some() && client.message.is_some());
            }
            prop_assert_eq!(client.reason.is_some(), client.message.is_some());
            // Once confirmed, the instant never moves.
            if before.confirmed_at.is_some() {
                prop_assert_eq!(client.confirmed_at, before.confirmed_at);
            }
            prop_assert!(before.stage != Stage::Revoked || client.stage == Stage::Revoked);
        }
    }
}

#[test]
fn each_run_has_a_key_of_its_own_and_only_the_latest_is_heeded() {
    let first = invited(&Clock::standing_at(jiff::Timestamp::UNIX_EPOCH.into()));
    let second = Client { run: 2, ..first.clone() };
    assert_ne!(first.run_key(), second.run_key());
    assert!(second.heeds(2) && !second.heeds(1));
    let revoked = Client { stage: Stage::Revoked, ..second };
    assert!(!revoked.heeds(2));
}
