//! Sealing and opening: what opens, what does not, and what the journal says.

use futures::future::join_all;
use kernel::{Code, Cx, Failure, PageSize, TenantId};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::{Error, Sealed, Vault, Which};

use crate::database::{Database, PURPOSE, cx, master, tenant, vault};

const SECRET: &str = "canary-3f9a-secret";

async fn seal(store: &Database, vault: &Vault, tenant: TenantId, row: Uuid) -> Sealed {
    let mut tx = store.db.tenant(tenant, "seal_secret").await.expect("opens");
    let sealed = vault.seal(&mut tx, PURPOSE, row, &SECRET.into()).await.expect("seals");
    tx.commit().await.expect("commits");
    sealed
}

async fn open(
    store: &Database,
    vault: &Vault,
    tenant: TenantId,
    (purpose, row): (&'static str, Uuid),
    sealed: &Sealed,
) -> Result<SecretString, Error> {
    let mut tx = store.db.tenant(tenant, "open_secret").await.expect("opens");
    let opened = vault.open(&mut tx, &cx(tenant), purpose, row, sealed).await;
    tx.commit().await.expect("commits");
    opened
}

/// The bytes of a sealed secret as the column holds them, changed and read back.
async fn changed(store: &Database, sealed: &Sealed, change: impl FnOnce(&mut Vec<u8>)) -> Sealed {
    let mut conn = store.admin().await;
    let mut bytes: Vec<u8> =
        sqlx::query_scalar("select $1").bind(sealed).fetch_one(&mut conn).await.expect("bytea");
    change(&mut bytes);
    sqlx::query_scalar("select $1").bind(bytes).fetch_one(&mut conn).await.expect("bytea")
}

#[tokio::test]
async fn a_secret_opens_where_it_was_sealed_and_the_read_is_journaled() {
    let (store, vault, tenant, row) =
        (Database::new().await, vault(&master(), &[]), tenant(), Uuid::now_v7());
    let sealed = seal(&store, &vault, tenant, row).await;
    let opened = open(&store, &vault, tenant, (PURPOSE, row), &sealed).await.expect("opens");
    assert_eq!(opened.expose_secret(), SECRET);

    let mut tx = store.db.tenant(tenant, "list_reads").await.expect("opens");
    let page = vault::reads(&mut tx, Which::default(), PageSize::from_wire(0)).await;
    let reads = page.expect("reads the journal").items;
    let [read] = reads.as_slice() else { panic!("one read: {reads:?}") };
    assert_eq!((read.purpose.as_str(), read.row_id), (PURPOSE, row));
    assert_eq!((read.actor.as_str(), read.why.as_str()), ("service:user", "open_secret"));
    assert!(!read.request_id.is_empty());
}

#[tokio::test]
async fn a_rolled_back_read_leaves_no_journal_row_and_a_rolled_back_seal_no_key() {
    let (store, vault, tenant, row) =
        (Database::new().await, vault(&master(), &[]), tenant(), Uuid::now_v7());
    let mut tx = store.db.tenant(tenant, "seal_secret").await.expect("opens");
    let sealed = vault.seal(&mut tx, PURPOSE, row, &SECRET.into()).await.expect("seals");
    vault
        .open(&mut tx, &cx(tenant), PURPOSE, row, &sealed)
        .await
        .expect("opens in the same transaction");
    drop(tx);
    let refused =
        open(&store, &vault, tenant, (PURPOSE, row), &sealed).await.expect_err("its key never was");
    assert!(matches!(refused, Error::Shredded), "{refused:?}");
    let left: i64 = sqlx::query_scalar("select count(*) from data_keys")
        .fetch_one(&mut store.admin().await)
        .await
        .expect("counts");
    assert_eq!(left, 0);
}

#[tokio::test]
async fn another_row_purpose_or_tenant_is_refused() {
    let (store, vault, row) = (Database::new().await, vault(&master(), &[]), Uuid::now_v7());
    let (ours, theirs) = (tenant(), tenant());
    let sealed = seal(&store, &vault, ours, row).await;
    seal(&store, &vault, theirs, row).await;
    for (tenant, place) in [
        (ours, (PURPOSE, Uuid::now_v7())),
        (ours, ("integration.toke", row)),
        (ours, ("", row)),
        (theirs, (PURPOSE, row)),
    ] {
        let refused =
            open(&store, &vault, tenant, place, &sealed).await.expect_err("not its place");
        assert!(matches!(refused, Error::Refused), "{refused:?}");
        assert_eq!(refused.code(), Code::Internal);
        assert!(
            !refused.public().contains("secret"),
            "a caller learns nothing: {}",
            refused.public()
        );
    }
    let foreign =
        open(&store, &vault, tenant(), (PURPOSE, row), &sealed).await.expect_err("no keys at all");
    assert!(matches!(foreign, Error::Shredded), "{foreign:?}");
}

#[tokio::test]
async fn any_changed_byte_is_refused() {
    let (store, vault, tenant, row) =
        (Database::new().await, vault(&master(), &[]), tenant(), Uuid::now_v7());
    let sealed = seal(&store, &vault, tenant, row).await;
    let length = 1 + 4 + 12 + SECRET.len() + 16;
    for at in 0..length {
        let bad = changed(&store, &sealed, |bytes| bytes[at] ^= 1).await;
        let refused =
            open(&store, &vault, tenant, (PURPOSE, row), &bad).await.expect_err("changed");
        match at {
            0 => assert!(matches!(refused, Error::Format), "{refused:?}"),
            1..5 => assert!(matches!(refused, Error::Shredded), "no such generation: {refused:?}"),
            _ => assert!(matches!(refused, Error::Refused), "{refused:?}"),
        }
    }
    for keep in 0..length {
        let bad = changed(&store, &sealed, |bytes| bytes.truncate(keep)).await;
        assert!(open(&store, &vault, tenant, (PURPOSE, row), &bad).await.is_err(), "{keep} bytes");
    }
}

#[tokio::test]
async fn the_same_secret_never_seals_to_the_same_bytes() {
    let (store, vault, tenant, row) =
        (Database::new().await, vault(&master(), &[]), tenant(), Uuid::now_v7());
    let (one, two) =
        (seal(&store, &vault, tenant, row).await, seal(&store, &vault, tenant, row).await);
    assert_ne!(one, two);
}

#[tokio::test]
async fn parallel_first_seals_make_one_data_key() {
    let (store, vault, tenant) = (Database::new().await, vault(&master(), &[]), tenant());
    let rows: Vec<Uuid> = (0..24).map(|_| Uuid::now_v7()).collect();
    let sealed = join_all(rows.iter().map(|&row| seal(&store, &vault, tenant, row))).await;
    let keys: i64 = sqlx::query_scalar("select count(*) from data_keys")
        .fetch_one(&mut store.admin().await)
        .await
        .expect("counts");
    assert_eq!(keys, 1);
    for (&row, sealed) in rows.iter().zip(&sealed) {
        open(&store, &vault, tenant, (PURPOSE, row), sealed).await.expect("every one opens");
    }
}

#[tokio::test]
async fn the_journal_cannot_be_rewritten_by_the_service() {
    let (store, vault, tenant, row) =
        (Database::new().await, vault(&master(), &[]), tenant(), Uuid::now_v7());
    let sealed = seal(&store, &vault, tenant, row).await;
    open(&store, &vault, tenant, (PURPOSE, row), &sealed).await.expect("opens");
    for statement in [
        "update secret_reads set actor = 'anonymous'",
        "delete from secret_reads",
        "truncate secret_reads",
        "update sealed_columns set table_name = 'elsewhere'",
        "insert into sealed_columns values ('a', 'b', 'c', 'd')",
    ] {
        let mut tx = store.db.tenant(tenant, "rewrite_journal").await.expect("opens");
        let refused = sqlx::query(statement).execute(&mut *tx).await.expect_err("append-only");
        assert!(refused.to_string().contains("permission denied"), "{refused}");
    }
}

#[tokio::test]
async fn nothing_prints_a_secret() {
    let (store, master, tenant, row) = (Database::new().await, master(), tenant(), Uuid::now_v7());
    let vault = vault(&master, &[]);
    let sealed = seal(&store, &vault, tenant, row).await;
    let derived = vault.derive("invite.token");
    let printed =
        format!("{vault:?} {sealed:?} {derived:?} {:?} {:?}", derived.token(b"x"), Error::Refused);
    assert!(!printed.contains(SECRET) && !printed.contains("canary"), "{printed}");
    assert!(!printed.contains(derived.token(b"x").expose_secret()), "{printed}");
    assert!(
        printed.contains("SubKey(***)") && printed.contains(&format!("MasterKey({})", master.id()))
    );
    // No list of bytes either.
    assert!(!printed.contains(", 1") && !printed.contains("[1"), "{printed}");
}

#[tokio::test]
async fn the_journal_is_read_by_page_purpose_and_row_and_shows_no_other_tenant() {
    let (store, vault, tenant, other) =
        (Database::new().await, vault(&master(), &[]), testkit::tenant(), testkit::tenant());
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    let (of_one, of_two) =
        (seal(&store, &vault, tenant, one).await, seal(&store, &vault, tenant, two).await);
    let foreign = seal(&store, &vault, other, one).await;
    open(&store, &vault, other, (PURPOSE, one), &foreign).await.expect("opens");
    let mut traced = Cx::clone(&cx(tenant));
    traced.traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into());
    for _ in 0..3 {
        open(&store, &vault, tenant, (PURPOSE, one), &of_one).await.expect("opens");
    }
    let mut tx = store.db.tenant(tenant, "open_secret").await.expect("opens");
    vault.open(&mut tx, &traced, PURPOSE, two, &of_two).await.expect("opens");
    vault.open(&mut tx, &traced, "elsewhere", two, &of_two).await.expect_err("journaled too");

    let list = async |tx: &mut pg::TenantTx, which: Which<'_>, size| {
        vault::reads(tx, which, PageSize::from_wire(size)).await.expect("lists")
    };
    let first = list(&mut tx, Which::default(), 2).await;
    let told: Vec<_> =
        first.items.iter().map(|read| (read.purpose.as_str(), read.row_id)).collect();
    assert_eq!(told, [("elsewhere", two), (PURPOSE, two)], "the latest first");
    assert_eq!(first.items[0].traceparent, traced.traceparent);
    let before = first.next.map(|id| id.parse().expect("an id"));
    let rest = list(&mut tx, Which { before, ..Which::default() }, 0).await;
    assert_eq!((rest.items.len(), rest.next), (3, None));
    assert!(rest.items.iter().all(|read| read.row_id == one));
    let of_row = list(&mut tx, Which { row: Some(two), ..Which::default() }, 0).await;
    assert_eq!(of_row.items.len(), 2);
    let which = Which { purpose: Some(PURPOSE), row: Some(two), ..Which::default() };
    assert_eq!(list(&mut tx, which, 0).await.items.len(), 1);
}

#[tokio::test]
async fn the_journal_of_all_tenants_is_read_across_them_and_of_one_alone() {
    let (store, vault, one, other) =
        (Database::new().await, vault(&master(), &[]), testkit::tenant(), testkit::tenant());
    for tenant in [one, other, one] {
        let row = Uuid::now_v7();
        let sealed = seal(&store, &vault, tenant, row).await;
        open(&store, &vault, tenant, (PURPOSE, row), &sealed).await.expect("opens");
    }
    let list = async |tenant, before, size| {
        let mut tx = store.db.platform("list_reads", "a test").await.expect("opens");
        let which = Which { before, ..Which::default() };
        let size = PageSize::from_wire(size);
        let found = vault::reads_of(&mut tx, tenant, which, size).await.expect("lists");
        found.into_iter().map(|read| (read.tenant_id, read.id)).collect::<Vec<_>>()
    };
    let all = list(None, None, 0).await;
    assert_eq!(all.iter().map(|read| read.0).collect::<Vec<_>>(), [one, other, one]);
    assert!(all.is_sorted_by(|former, later| former.1 > later.1), "the latest first");
    assert_eq!(list(None, Some(all[0].1), 0).await, all[1..]);
    assert_eq!(list(None, None, 1).await.len(), 2, "one more than the page");
    assert_eq!(list(Some(other), None, 0).await, all[1..2]);
    assert_eq!(list(Some(testkit::tenant()), None, 0).await, []);
}

#[tokio::test]
async fn what_no_migration_registered_is_not_sealed() {
    let (store, vault) = (Database::new().await, vault(&master(), &[]));
    let mut tx = store.db.tenant(tenant(), "seal_secret").await.expect("opens");
    let refused = vault
        .seal(&mut tx, "webhook.secret", Uuid::now_v7(), &SECRET.into())
        .await
        .expect_err("no rotation would find it");
    assert!(matches!(&refused, Error::Unregistered(purpose) if purpose == "webhook.secret"));
    assert_eq!(refused.reason(), "secret_purpose_unregistered");
}
