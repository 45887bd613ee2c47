//! Every spelling of an address leads to one person and one invitation.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use wire::call;

use crate::platform::{Platform, ask, fields, tenant};

/// The public vectors of addresses.
const VECTORS: &str = include_str!("../../../kernel/tests/it/emails.json");

#[derive(Deserialize)]
struct Vector {
    input: String,
    /// Absent where the spelling is refused.
    canonical: Option<String>,
}

#[tokio::test]
async fn every_spelling_invites_the_canonical_address_once_or_is_refused_by_its_field() {
    let vectors: Vec<Vector> = serde_json::from_str(VECTORS).expect("vectors");
    assert!(vectors.len() >= 80, "{}", vectors.len());
    let (platform, here) = (Platform::start().await, tenant());
    let boss = platform.boss(here).await;
    let mut invited: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Vector { input, canonical } in vectors {
        let made = platform.invites().create_invite(call(&boss, ask(&input))).await;
        match (made, canonical) {
            (Ok(invite), Some(canonical)) => {
                let invite = invite.into_inner();
                assert_eq!(invite.email, canonical, "{input:?}");
                invited.entry(canonical).or_default().insert(invite.invite_id);
            }
            (Err(refused), None) => assert_eq!(fields(&refused), ["email"], "{input:?}"),
            (made, canonical) => panic!("{input:?} is {canonical:?}: {made:?}"),
        }
    }
    assert!(invited.values().all(|ids| ids.len() == 1), "one invitation to each: {invited:?}");
    let rows = "select count(*) from invites where email <> lower(email) or email <> trim(email)";
    assert_eq!(platform.database.count(rows).await, 0, "no other spelling is kept");
    let people = i64::try_from(invited.len()).expect("few") + 1;
    assert_eq!(platform.database.count("select count(*) from users").await, people);
    let told =
        "select count(distinct data ->> 'email') from outbox where kind = 'user.invite.created'";
    assert_eq!(platform.database.count(told).await, people - 1, "a letter to each");
}
