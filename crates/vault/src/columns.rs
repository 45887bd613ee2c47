//! Where sealed values stand: the columns that migrations registered in `sealed_columns`, and the values in them that
//! an older data key sealed.

use pg::TenantTx;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::{Result, Sealed};

/// A column of sealed values. Its names come from our own migrations, and a constraint allows plain words only.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Column {
    pub(crate) purpose: String,
    table_name: String,
    column_name: String,
    row_column: String,
}

/// Whether a migration registered where values of this purpose stand.
pub(crate) async fn is_registered(tx: &mut TenantTx, purpose: &str) -> Result<bool> {
    Ok(sqlx::query_scalar("select exists (select from sealed_columns where purpose = $1)")
        .bind(purpose)
        .fetch_one(&mut **tx)
        .await?)
}

pub(crate) async fn list(tx: &mut TenantTx) -> Result<Vec<Column>> {
    Ok(sqlx::query_as(
        "select purpose, table_name, column_name, row_column from sealed_columns
         order by purpose, table_name, column_name",
    )
    .fetch_all(&mut **tx)
    .await?)
}

impl Column {
    /// How many values an older data key than `target` sealed.
    pub(crate) async fn count_before(&self, tx: &mut TenantTx, target: i32) -> Result<u64> {
        let asked = format!("select count(*) {}", self.older());
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(asked))
            .bind(Sealed::first_of(target))
            .fetch_one(&mut **tx)
            .await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Locks some of those values after the row `after`; rows that somebody works on are left for the next pass.
    pub(crate) async fn lock_before(
        &self,
        tx: &mut TenantTx,
        target: i32,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<(Uuid, Sealed)>> {
        let Self { column_name, row_column, .. } = self;
        let asked = format!(
            r#"select "{row_column}", "{column_name}" {} and ($2::uuid is null or "{row_column}" > $2)
               order by "{row_column}" limit $3 for no key update skip locked"#,
            self.older()
        );
        Ok(sqlx::query_as(AssertSqlSafe(asked))
            .bind(Sealed::first_of(target))
            .bind(after)
            .bind(limit)
            .fetch_all(&mut **tx)
            .await?)
    }

    /// Puts a value sealed anew in its place.
    pub(crate) async fn update(
        &self,
        tx: &mut TenantTx,
        row: Uuid,
        old: &Sealed,
        new: &Sealed,
    ) -> Result<()> {
        let Self { table_name, column_name, row_column, .. } = self;
        let statement = format!(
            r#"update "{table_name}" set "{column_name}" = $3
               where tenant_id = usher.current_tenant() and "{row_column}" = $1 and "{column_name}" = $2"#
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(row)
            .bind(old)
            .bind(new)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// A sealed value begins with its format and generation, so the older ones are the lesser ones.
    fn older(&self) -> String {
        let Self { table_name, column_name, .. } = self;
        format!(
            r#"from "{table_name}" where tenant_id = usher.current_tenant() and "{column_name}" < $1"#
        )
    }
}
