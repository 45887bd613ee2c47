//! The life of keys: rotation of the master, renewal and shredding of data keys, derivation.

use kernel::{Code, Failure, TenantId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::{Error, Sealed, Vault};

use crate::database::{Database, PURPOSE, cx, master, tenant, vault};

async fn seal(store: &Database, vault: &Vault, tenant: TenantId, secret: &str) -> Sealed {
    let mut tx = store.db.tenant(tenant, "seal_secret").await.expect("opens");
    let sealed = vault.seal(&mut tx, PURPOSE, Uuid::nil(), &secret.into()).await.expect("seals");
    tx.commit().await.expect("commits");
    sealed
}

async fn open(
    store: &Database,
    vault: &Vault,
    tenant: TenantId,
    sealed: &Sealed,
) -> Result<SecretString, Error> {
    let mut tx = store.db.tenant(tenant, "open_secret").await.expect("opens");
    vault.open(&mut tx, &cx(tenant), PURPOSE, Uuid::nil(), sealed).await
}

async fn rewrap(store: &Database, vault: &Vault, tenant: TenantId) -> Result<u64, Error> {
    vault.rewrap(&store.db, tenant).await
}

async fn shred(store: &Database, vault: &Vault, tenant: TenantId) -> u64 {
    let mut tx = store.db.tenant(tenant, "shred_data_keys").await.expect("opens");
    let count = vault.shred(&mut tx).await.expect("shreds");
    tx.commit().await.expect("commits");
    count
}

async fn stale(store: &Database, vault: &Vault) -> Vec<TenantId> {
    let mut tx =
        store.db.platform("list_stale_keys", "rotation of the master key").await.expect("opens");
    vault.stale(&mut tx, None, 100).await.expect("lists")
}

#[tokio::test]
async fn a_rotation_rewraps_online_and_then_the_old_master_is_not_needed() {
    let (store, old, new) = (Database::new().await, master(), master());
    let (one, two) = (tenant(), tenant());
    let before = vault(&old, &[]);
    let (of_one, of_two) =
        (seal(&store, &before, one, "first").await, seal(&store, &before, two, "second").await);

    let during = vault(&new, &[&old]);
    let mut waiting = stale(&store, &during).await;
    waiting.sort();
    assert_eq!(waiting, [one, two]);
    for tenant in waiting {
        assert_eq!(rewrap(&store, &during, tenant).await.expect("rewraps"), 1);
        assert_eq!(
            rewrap(&store, &during, tenant).await.expect("again"),
            0,
            "nothing is left to do"
        );
    }
    assert_eq!(stale(&store, &during).await, []);
    assert_eq!(open(&store, &during, one, &of_one).await.expect("opens").expose_secret(), "first");

    let after = vault(&new, &[]);
    assert_eq!(open(&store, &after, one, &of_one).await.expect("opens").expose_secret(), "first");
    assert_eq!(open(&store, &after, two, &of_two).await.expect("opens").expose_secret(), "second");
    let refused =
        open(&store, &vault(&old, &[]), one, &of_one).await.expect_err("the old master is out");
    assert!(matches!(refused, Error::MissingMaster(id) if id == new.id()));
}

#[tokio::test]
async fn a_master_key_that_is_not_on_the_keyring_is_named() {
    let (store, old, tenant) = (Database::new().await, master(), tenant());
    let sealed = seal(&store, &vault(&old, &[]), tenant, "first").await;
    let stranger = vault(&master(), &[]);
    for refused in [
        open(&store, &stranger, tenant, &sealed).await.map(drop),
        rewrap(&store, &stranger, tenant).await.map(drop),
    ] {
        let refused = refused.expect_err("cannot unwrap");
        assert_eq!(refused.reason(), "master_key_missing");
        assert!(refused.to_string().contains(&old.id()));
    }
}

#[tokio::test]
async fn a_data_key_moved_to_another_tenant_is_refused_even_when_it_was_in_use() {
    let (store, tenant, thief) = (Database::new().await, tenant(), tenant());
    let vault = vault(&master(), &[]);
    let sealed = seal(&store, &vault, tenant, "first").await;
    open(&store, &vault, tenant, &sealed).await.expect("opens, and the key is in memory");
    sqlx::query("update data_keys set tenant_id = $1")
        .bind(thief)
        .execute(&mut store.admin().await)
        .await
        .expect("moves");
    let refused = open(&store, &vault, thief, &sealed).await.expect_err("bound to its tenant");
    assert!(matches!(refused, Error::DataKey(1)), "{refused:?}");
}

#[tokio::test]
async fn a_renewed_data_key_seals_and_the_earlier_one_still_opens() {
    let (store, vault, tenant) = (Database::new().await, vault(&master(), &[]), tenant());
    let earlier = seal(&store, &vault, tenant, "earlier").await;
    vault.renew(&store.db, tenant).await.expect("renews");
    let later = seal(&store, &vault, tenant, "later").await;
    assert_eq!(
        open(&store, &vault, tenant, &earlier).await.expect("opens").expose_secret(),
        "earlier"
    );
    assert_eq!(open(&store, &vault, tenant, &later).await.expect("opens").expose_secret(), "later");
    assert_eq!(store.generations(tenant).await, [(1, true), (2, true)]);
}

#[tokio::test]
async fn shredding_destroys_one_tenants_secrets_in_every_process_and_new_secrets_get_a_new_key() {
    let (store, master, gone, stays) = (Database::new().await, master(), tenant(), tenant());
    let (vault, other_process) = (vault(&master, &[]), vault(&master, &[]));
    let lost = seal(&store, &vault, gone, "lost").await;
    let kept = seal(&store, &vault, stays, "kept").await;
    open(&store, &other_process, gone, &lost)
        .await
        .expect("the other process has the key in memory");

    assert_eq!(shred(&store, &vault, gone).await, 1);
    assert_eq!(shred(&store, &vault, gone).await, 0, "again changes nothing");
    for vault in [&vault, &other_process] {
        let refused = open(&store, vault, gone, &lost).await.expect_err("gone for good");
        assert!(matches!(refused, Error::Shredded), "{refused:?}");
        assert_eq!((refused.code(), refused.reason()), (Code::Gone, "secret_shredded"));
        assert_eq!(open(&store, vault, stays, &kept).await.expect("opens").expose_secret(), "kept");
    }
    let fresh = seal(&store, &other_process, gone, "fresh").await;
    assert_eq!(open(&store, &vault, gone, &fresh).await.expect("opens").expose_secret(), "fresh");
    open(&store, &vault, gone, &lost).await.expect_err("a new key brings nothing back");
    assert_eq!(stale(&store, &vault).await, []);
}

#[test]
fn a_derived_key_depends_on_purpose_and_master_and_is_found_after_a_rotation() {
    let (old, new) = (master(), master());
    let (before, after) = (vault(&old, &[]), vault(&new, &[&old]));
    let token = |key: &vault::SubKey| key.token(b"invite 1").expose_secret().to_owned();
    let first = token(&before.derive("invite.token"));
    assert_eq!(first.len(), 43);
    assert_eq!(first, token(&before.derive("invite.token")), "the same at every call");
    assert_ne!(first, token(&before.derive("invite.toke")));
    assert_ne!(first, token(&after.derive("invite.token")));
    assert_ne!(first, before.derive("invite.token").token(b"invite 2").expose_secret());
    assert_eq!(after.derive_each("invite.token").position(|key| token(&key) == first), Some(1));
    assert_eq!(before.derive("a").expose(), before.derive("a").expose());
}
