//! Rotations while others work: of the master key, and of one tenant's data key.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures::future::join_all;
use kernel::TenantId;
use secrecy::ExposeSecret;
use testkit::eventually;
use tokio::task::JoinHandle;
use uuid::Uuid;
use vault::{Error, Progress, Resealed, Rewrapped, Vault};

use crate::database::{Database, PURPOSE, cx, master, put, sealed, tenant, vault};

async fn rotate(store: &Database, vault: &Vault, tenant: TenantId) -> Result<Resealed, Error> {
    vault.rotate_tenant(&store.db, &cx(tenant), tenant, |_| {}).await
}

/// A rotation on a task of its own that stands before its last commit, because somebody is sealing.
fn rotating(store: &Database, vault: &Vault, tenant: TenantId) -> JoinHandle<Resealed> {
    let (db, vault) = (store.elsewhere(), vault.clone());
    tokio::spawn(async move {
        vault.rotate_tenant(&db, &cx(tenant), tenant, |_| {}).await.expect("rotates")
    })
}

#[tokio::test]
async fn a_rotation_of_the_master_key_tells_its_progress_and_a_killed_one_is_gone_on_with() {
    let (store, old, new) = (Database::new().await, master(), master());
    let tenants: Vec<_> = (0..7).map(|_| tenant()).collect();
    let before = vault(&old, &[]);
    for &tenant in &tenants {
        store.keep(&before, tenant, "kept").await;
    }
    let during = vault(&new, &[&old]);
    // Killed: the future is dropped when three are done.
    let mut told = Vec::new();
    {
        let (reached, three) = tokio::sync::oneshot::channel();
        let mut reached = Some(reached);
        let run = during.rotate_master(&store.db, |progress| {
            told.push(progress);
            if progress.done == 3 {
                reached.take().expect("once").send(()).expect("somebody waits");
            }
        });
        tokio::select! {
            biased;
            _ = three => {}
            _ = run => panic!("it was to be killed"),
        }
    }
    assert_eq!(told.first(), Some(&Progress { done: 0, total: 7 }));
    let done = during.rotate_master(&store.db, |_| {}).await.expect("goes on");
    // The fourth may have been done when the run was killed, before it could be told.
    assert!(matches!(done.data_keys, 3 | 4) && done.failed.is_empty(), "{done:?}");
    let status = during.status(&store.db).await.expect("counts");
    assert_eq!((status.tenants, status.data_keys, status.stale), (7, 7, 0));
    assert_eq!(status.masters.len(), 1);
    assert_eq!((status.masters[0].id.as_str(), status.masters[0].held), (new.id().as_str(), true));
}

#[tokio::test]
async fn a_changed_data_key_is_told_and_does_not_hold_up_the_others() {
    let (store, old, new) = (Database::new().await, master(), master());
    let tenants: Vec<_> = (0..3).map(|_| tenant()).collect();
    for &tenant in &tenants {
        store.keep(&vault(&old, &[]), tenant, "kept").await;
    }
    sqlx::query("update data_keys set wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) where tenant_id = $1")
        .bind(tenants[1])
        .execute(&mut store.admin().await)
        .await
        .expect("changes");
    // The sample of `fits` may be any of the three: a younger one of the same master is intact.
    store.keep(&vault(&old, &[]), tenant(), "youngest").await;
    let done = vault(&new, &[&old]).rotate_master(&store.db, |_| {}).await.expect("rotates");
    assert_eq!(done, Rewrapped { data_keys: 3, failed: vec![tenants[1]] });
}

#[tokio::test]
async fn a_tenants_secrets_are_sealed_anew_and_the_older_key_is_destroyed() {
    let (store, vault) = (Database::new().await, vault(&master(), &[]));
    let (ours, theirs) = (tenant(), tenant());
    let mut shelves = Vec::new();
    for number in 0..230 {
        shelves.push((store.keep(&vault, ours, &format!("secret {number}")).await, number));
    }
    let foreign = store.keep(&vault, theirs, "foreign").await;
    let mut tx = store.db.tenant(ours, "read_sealed").await.expect("opens");
    let stolen = sealed(&mut tx, shelves[0].0).await;
    tx.commit().await.expect("commits");

    let mut told = Vec::new();
    let done = vault
        .rotate_tenant(&store.db, &cx(ours), ours, |progress| told.push(progress))
        .await
        .expect("rotates");
    assert_eq!(done, Resealed { secrets: 230, refused: 0, retired: 1, complete: true });
    let told: Vec<_> = told.iter().map(|progress| (progress.done, progress.total)).collect();
    assert_eq!(told, [(0, 230), (100, 230), (200, 230), (230, 230)]);
    assert_eq!(store.generations(ours).await, [(1, false), (2, true)]);
    assert_eq!(store.generations(theirs).await, [(1, true)]);
    for (shelf, number) in shelves {
        let opened = store.look(&vault, ours, shelf).await.expect("opens");
        assert_eq!(opened.expose_secret(), format!("secret {number}"));
    }
    store.look(&vault, theirs, foreign).await.expect("nobody touched it");
    let mut tx = store.db.tenant(ours, "open_stolen").await.expect("opens");
    let refused = vault.open(&mut tx, &cx(ours), PURPOSE, Uuid::nil(), &stolen).await;
    assert!(matches!(refused, Err(Error::Shredded)), "a copy from before is of no use");
}

#[tokio::test]
async fn a_killed_rotation_is_gone_on_with_and_draws_no_further_key() {
    let (store, vault, tenant) = (Database::new().await, vault(&master(), &[]), tenant());
    for number in 0..250 {
        store.keep(&vault, tenant, &format!("secret {number}")).await;
    }
    {
        let (reached, first) = tokio::sync::oneshot::channel();
        let mut reached = Some(reached);
        let context = cx(tenant);
        let run = vault.rotate_tenant(&store.db, &context, tenant, |progress| {
            if progress.done == 100 {
                reached.take().expect("once").send(()).expect("somebody waits");
            }
        });
        tokio::select! {
            biased;
            _ = first => {}
            _ = run => panic!("it was to be killed"),
        }
    }
    assert_eq!(store.generations(tenant).await, [(1, true), (2, true)]);
    assert_eq!(vault.status(&store.db).await.expect("counts").rotating, 1);
    let done = rotate(&store, &vault, tenant).await.expect("goes on");
    assert!(done.complete && (50..=150).contains(&done.secrets), "{done:?}");
    assert_eq!(store.generations(tenant).await, [(1, false), (2, true)]);
}

#[tokio::test]
async fn what_is_sealed_with_the_older_key_while_it_is_retired_is_sealed_anew_too() {
    let (store, vault, tenant) = (Database::new().await, vault(&master(), &[]), tenant());
    store.keep(&vault, tenant, "first").await;
    // Sealed with generation 1 and not committed when the rotation has gone through all it can see.
    let late = Uuid::now_v7();
    let mut tx = store.db.tenant(tenant, "seal_late").await.expect("opens");
    let sealed = vault.seal(&mut tx, PURPOSE, late, &"late".into()).await.expect("seals");
    let run = rotating(&store, &vault, tenant);
    eventually("what can be seen is sealed anew", async || {
        let older: i64 =
            sqlx::query_scalar("select count(*) from shelves where secret < '\\x0100000002'")
                .fetch_one(&mut store.admin().await)
                .await
                .expect("counts");
        older == 0
    })
    .await;
    assert_eq!(store.generations(tenant).await, [(1, true), (2, true)], "the late one needs it");
    put(&mut tx, late, &sealed).await;
    tx.commit().await.expect("commits");
    let done = run.await.expect("ends");
    assert_eq!((done.secrets, done.retired, done.complete), (2, 1, true));
    let opened = store.look(&vault, tenant, late).await.expect("opens");
    assert_eq!(opened.expose_secret(), "late");
}

#[tokio::test]
async fn who_has_read_an_older_value_still_opens_it() {
    let (store, vault, tenant) = (Database::new().await, vault(&master(), &[]), tenant());
    let shelf = store.keep(&vault, tenant, "first").await;
    let mut tx = store.db.tenant(tenant, "look_slowly").await.expect("opens");
    let older = sealed(&mut tx, shelf).await;
    let run = rotating(&store, &vault, tenant);
    eventually("it is sealed anew", async || {
        let mut tx = store.db.tenant(tenant, "read_sealed").await.expect("opens");
        sealed(&mut tx, shelf).await != older
    })
    .await;
    let opened = vault.open(&mut tx, &cx(tenant), PURPOSE, shelf, &older).await.expect("opens");
    assert_eq!(opened.expose_secret(), "first");
    tx.commit().await.expect("commits");
    assert!(run.await.expect("ends").complete);
}

#[tokio::test]
async fn two_rotations_at_once_among_sealers_and_openers_lose_nothing() {
    let (store, vault, tenant) = (Database::new().await, vault(&master(), &[]), tenant());
    let store = Arc::new(store);
    store.keep(&vault, tenant, "secret 0").await;
    let over = Arc::new(AtomicBool::new(false));
    let sealers: Vec<_> = (0..3)
        .map(|_| {
            let (store, vault, over) = (Arc::clone(&store), vault.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let mut kept = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let shelf = store.keep(&vault, tenant, "secret").await;
                    store.look(&vault, tenant, shelf).await.expect("opens at any moment");
                    kept.push(shelf);
                }
                kept
            })
        })
        .collect();
    let rounds = (0..2).map(|_| async {
        for _ in 0..3 {
            assert!(rotate(&store, &vault, tenant).await.expect("rotates").complete);
        }
    });
    join_all(rounds).await;
    over.store(true, Ordering::Relaxed);
    for sealer in sealers {
        for shelf in sealer.await.expect("no opening failed") {
            store.look(&vault, tenant, shelf).await.expect("nothing is lost");
        }
    }
    let alive = store.generations(tenant).await.iter().filter(|(_, alive)| *alive).count();
    assert_eq!(alive, 1);
}

#[tokio::test]
async fn a_secret_that_does_not_open_keeps_the_older_key_alive_and_is_counted() {
    let (store, vault, tenant) = (Database::new().await, vault(&master(), &[]), tenant());
    store.keep(&vault, tenant, "first").await;
    let bad = store.keep(&vault, tenant, "second").await;
    sqlx::query("update shelves set secret = set_byte(secret, 20, get_byte(secret, 20) # 1) where shelf_id = $1")
        .bind(bad)
        .execute(&mut store.admin().await)
        .await
        .expect("changes");
    let done = rotate(&store, &vault, tenant).await.expect("goes through");
    assert_eq!(done, Resealed { secrets: 1, refused: 1, retired: 0, complete: false });
    assert_eq!(store.generations(tenant).await, [(1, true), (2, true)]);
}

#[tokio::test]
async fn nothing_sealed_is_nothing_to_rotate_and_a_shredded_tenant_stays_shredded() {
    let (store, vault, tenant) = (Database::new().await, vault(&master(), &[]), tenant());
    let nothing = Resealed { complete: true, ..Resealed::default() };
    assert_eq!(rotate(&store, &vault, tenant).await.expect("rotates"), nothing);
    let shelf = store.keep(&vault, tenant, "first").await;
    let mut tx = store.db.tenant(tenant, "shred_data_keys").await.expect("opens");
    vault.shred(&mut tx).await.expect("shreds");
    tx.commit().await.expect("commits");
    assert_eq!(rotate(&store, &vault, tenant).await.expect("rotates"), nothing);
    assert!(matches!(store.look(&vault, tenant, shelf).await, Err(Error::Shredded)));
}

#[tokio::test]
async fn a_vault_fits_only_with_every_master_key_that_the_database_needs() {
    let (store, old, new) = (Database::new().await, master(), master());
    vault(&new, &[]).fits(&store.db).await.expect("an empty database fits any key");
    store.keep(&vault(&old, &[]), tenant(), "kept").await;
    let refused = vault(&new, &[]).fits(&store.db).await.expect_err("another key");
    assert!(matches!(&refused, Error::MissingMaster(id) if *id == old.id()), "{refused:?}");
    vault(&new, &[&old]).fits(&store.db).await.expect("the older one is at hand");
    vault(&old, &[]).fits(&store.db).await.expect("the right key");
}
