//! Row-level security on a connection that served another tenant before.

use kernel::TenantId;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use uuid::Uuid;

use crate::database::{Database, INSERT};

/// Asserts that this session sees and changes nothing of `victim`.
async fn sees_and_changes_nothing(conn: &mut PgConnection, victim: TenantId, scope: &str) {
    let seen: i64 = sqlx::query_scalar("select count(*) from replies")
        .fetch_one(&mut *conn)
        .await
        .expect("counts");
    assert_eq!(seen, 0, "{scope}: sees rows");
    for statement in [
        "update replies set reply = 'x'",
        "delete from replies",
        "update replies set actor = 'me' where tenant_id is not null",
    ] {
        let changed = sqlx::query(statement).execute(&mut *conn).await.expect(statement);
        assert_eq!(changed.rows_affected(), 0, "{scope}: {statement}");
    }
    let refused =
        sqlx::query(INSERT).bind(victim).execute(&mut *conn).await.expect_err("with check");
    assert!(refused.to_string().contains("row-level security"), "{scope}: {refused}");
}

#[tokio::test]
async fn without_a_scope_or_with_a_foreign_one_a_reused_connection_sees_and_changes_nothing() {
    let database = Database::migrated().await;
    let victim = database.tenant_with_rows(3).await;
    let stranger = TenantId::from(Uuid::now_v7());
    let db = database.db(1);

    let mut tx = db.tenant(victim, "read_replies").await.expect("opens");
    let seen: i64 = sqlx::query_scalar("select count(*) from replies")
        .fetch_one(&mut *tx)
        .await
        .expect("counts");
    assert_eq!(seen, 3, "the victim itself sees its rows");
    let before: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *tx).await.expect("asks");
    tx.commit().await.expect("commits");

    let mut tx = db.tenant(stranger, "read_replies").await.expect("opens");
    let after: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *tx).await.expect("asks");
    assert_eq!(before, after, "the connection is the same");
    sees_and_changes_nothing(&mut tx, victim, "foreign").await;

    // The scope ends with the transaction; what is left of the setting reads as an empty text.
    tx.execute("rollback").await.expect("ends");
    sees_and_changes_nothing(&mut tx, victim, "unset after use").await;
    for scope in
        ["set usher.tenant_id = ''", "reset usher.tenant_id", "set usher.tenant_id to default"]
    {
        tx.execute(AssertSqlSafe(scope)).await.expect(scope);
        sees_and_changes_nothing(&mut tx, victim, scope).await;
    }
    let own = format!("set usher.tenant_id = '{stranger}'");
    tx.execute(AssertSqlSafe(own)).await.expect("sets");
    sees_and_changes_nothing(&mut tx, victim, "foreign for the session").await;
    drop(tx);

    let left: i64 = sqlx::query_scalar("select count(*) from replies where reply is null")
        .fetch_one(&mut database.admin().await)
        .await
        .expect("counts");
    assert_eq!(left, 3);
}

#[tokio::test]
async fn a_session_that_never_had_a_scope_sees_and_changes_nothing() {
    let database = Database::migrated().await;
    let victim = database.tenant_with_rows(3).await;
    sees_and_changes_nothing(&mut database.session().await, victim, "never set").await;
}

#[tokio::test]
async fn a_row_cannot_be_moved_to_another_tenant() {
    let database = Database::migrated().await;
    let (ours, theirs) = (database.tenant_with_rows(1).await, database.tenant_with_rows(0).await);
    let db = database.db(1);
    let mut tx = db.tenant(ours, "move_reply").await.expect("opens");
    let refused = sqlx::query("update replies set tenant_id = $1")
        .bind(theirs)
        .execute(&mut *tx)
        .await
        .expect_err("with check");
    assert!(refused.to_string().contains("row-level security"), "{refused}");
}
