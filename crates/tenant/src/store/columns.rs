//! Domain texts as columns read them, and rows of views as the domain knows them.

use sqlx::{
    Decode, FromRow, Postgres, Row, Type,
    error::BoxDynError,
    postgres::{PgRow, PgTypeInfo, PgValueRef},
    types::Json,
};

use crate::domain::{Color, Host, Limits, Plan, PlanName, Tenant};

macro_rules! text_columns {
    ($($name:ident),*) => {$(
        impl Type<Postgres> for $name {
            fn type_info() -> PgTypeInfo {
                <str as Type<Postgres>>::type_info()
            }
            fn compatible(other: &PgTypeInfo) -> bool {
                <str as Type<Postgres>>::compatible(other)
            }
        }

        impl<'r> Decode<'r, Postgres> for $name {
            fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
                Ok(Self::parse(<&str as Decode<Postgres>>::decode(value)?)?)
            }
        }
    )*};
}

text_columns!(Color, Host, PlanName);

impl FromRow<'_, PgRow> for Tenant {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            tenant_id: row.try_get("tenant_id")?,
            slug: row.try_get("slug")?,
            name: row.try_get("name")?,
            status: row.try_get("status")?,
            locale: row.try_get("locale")?,
            created_at: row.try_get("created_at")?,
            status_reason: row.try_get("status_reason")?,
            status_by: row.try_get("status_by")?,
            status_since: row.try_get("status_since")?,
            trial_ends_at: row.try_get("trial_ends_at")?,
            closes_at: row.try_get("closes_at")?,
            closed_from: row.try_get("closed_from")?,
            epoch: row.try_get("epoch")?,
            plan: row.try_get("plan")?,
            limits: row.try_get::<Json<Limits>, _>("limits")?.0,
            allowed_origins: row.try_get("allowed_origins")?,
        })
    }
}

impl FromRow<'_, PgRow> for Plan {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            plan: row.try_get("plan")?,
            title: row.try_get("title")?,
            limits: row.try_get::<Json<Limits>, _>("limits")?.0,
            retired_at: row.try_get("retired_at")?,
        })
    }
}
