//! Closed sets of words: one spelling in code, SQL, JSON and text.

/// Declares an enum whose variants are short lower-case words everywhere outside the code.
///
/// The enum reads and prints the word, serialises as it, and is stored as `text`.
#[macro_export]
macro_rules! closed_set {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every member, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that stands for this member outside the code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Reads the word; `None` where it is not a member.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::macros::serde::Serialize for $name {
            fn serialize<S: $crate::macros::serde::Serializer>(&self, to: S) -> ::std::result::Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::macros::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::macros::serde::Deserializer<'de>>(from: D) -> ::std::result::Result<Self, D::Error> {
                let word = <::std::borrow::Cow<'de, str> as $crate::macros::serde::Deserialize>::deserialize(from)?;
                Self::parse(&word).ok_or_else(|| {
                    $crate::macros::serde::de::Error::unknown_variant(&word, &[$($word,)*])
                })
            }
        }

        impl $crate::macros::sqlx::Type<$crate::macros::sqlx::Postgres> for $name {
            fn type_info() -> $crate::macros::sqlx::postgres::PgTypeInfo {
                <str as $crate::macros::sqlx::Type<$crate::macros::sqlx::Postgres>>::type_info()
            }
            fn compatible(other: &$crate::macros::sqlx::postgres::PgTypeInfo) -> bool {
                <str as $crate::macros::sqlx::Type<$crate::macros::sqlx::Postgres>>::compatible(other)
            }
        }

        impl $crate::macros::sqlx::Encode<'_, $crate::macros::sqlx::Postgres> for $name {
            fn encode_by_ref(
                &self,
                buf: &mut $crate::macros::sqlx::postgres::PgArgumentBuffer,
            ) -> ::std::result::Result<$crate::macros::sqlx::encode::IsNull, $crate::macros::sqlx::error::BoxDynError> {
                $crate::macros::sqlx::Encode::<$crate::macros::sqlx::Postgres>::encode_by_ref(&self.as_str(), buf)
            }
        }

        impl<'r> $crate::macros::sqlx::Decode<'r, $crate::macros::sqlx::Postgres> for $name {
            fn decode(
                value: $crate::macros::sqlx::postgres::PgValueRef<'r>,
            ) -> ::std::result::Result<Self, $crate::macros::sqlx::error::BoxDynError> {
                let word = <&str as $crate::macros::sqlx::Decode<$crate::macros::sqlx::Postgres>>::decode(value)?;
                Self::parse(word).ok_or_else(|| format!("{word} is not a {}", stringify!($name)).into())
            }
        }
    };
}
