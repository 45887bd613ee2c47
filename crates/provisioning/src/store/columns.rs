//! Domain texts as columns read them.

use sqlx::{
    Decode, Postgres, Type,
    error::BoxDynError,
    postgres::{PgTypeInfo, PgValueRef},
};

use crate::domain::{RoleName, SpreadsheetId};

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

text_columns!(RoleName, SpreadsheetId);
