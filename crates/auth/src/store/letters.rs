//! Rows of `letters`.

use kernel::{LetterId, Timestamp, UserId};
use sqlx::PgConnection;

use crate::domain::{Key, Letter, LetterKind, MOST_TRIES};

pub(crate) async fn insert_letter(
    tx: &mut PgConnection,
    letter: &Letter,
    token: &Key,
    binding: Option<&Key>,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "insert into letters (letter_id, kind, user_id, token_hash, binding_hash, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        letter.letter_id as _,
        letter.kind.as_str(),
        letter.user_id as _,
        token.hash(),
        binding.map(Key::hash),
        letter.created_at as _,
        letter.expires_at as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn letter(
    tx: &mut PgConnection,
    letter_id: LetterId,
) -> Result<Option<Letter>, pg::Error> {
    let row = sqlx::query_as!(
        Letter,
        r#"select letter_id as "letter_id: _", kind as "kind: _", user_id as "user_id: _", tries, created_at as "created_at: _",
                  expires_at as "expires_at: _", used_at as "used_at: _"
           from letters where letter_id = $1"#,
        letter_id as _
    )
    .fetch_optional(tx)
    .await?;
    Ok(row)
}

/// The letter whose link ends with this token.
pub(crate) async fn letter_by_token(
    tx: &mut PgConnection,
    token: &Key,
) -> Result<Option<Letter>, pg::Error> {
    let row = sqlx::query_as!(
        Letter,
        r#"select letter_id as "letter_id: _", kind as "kind: _", user_id as "user_id: _", tries, created_at as "created_at: _",
                  expires_at as "expires_at: _", used_at as "used_at: _"
           from letters where token_hash = $1"#,
        token.hash()
    )
    .fetch_optional(tx)
    .await?;
    Ok(row)
}

/// Counts a try at the letter bound to a browser, before it is checked; the letter as it stood before. Parallel tries
/// wait here for each other.
pub(crate) async fn try_bound_letter(
    tx: &mut PgConnection,
    binding: &Key,
) -> Result<Option<(Letter, Vec<u8>)>, pg::Error> {
    let row = sqlx::query!(
        r#"select letter_id as "letter_id: LetterId", kind as "kind: LetterKind", user_id as "user_id: UserId", tries,
                  created_at as "created_at: Timestamp", expires_at as "expires_at: Timestamp",
                  used_at as "used_at: Timestamp", token_hash
           from letters where binding_hash = $1 for update"#,
        binding.hash()
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    sqlx::query!(
        "update letters set tries = tries + 1 where letter_id = $1 and tries < $2",
        row.letter_id as _,
        MOST_TRIES
    )
    .execute(tx)
    .await?;
    let letter = Letter {
        letter_id: row.letter_id,
        kind: row.kind,
        user_id: row.user_id,
        tries: row.tries,
        created_at: row.created_at,
        expires_at: row.expires_at,
        used_at: row.used_at,
    };
    Ok(Some((letter, row.token_hash)))
}

/// Uses a letter up; `false` for all but one of those that try at once.
pub(crate) async fn claim_letter(
    tx: &mut PgConnection,
    letter_id: LetterId,
    now: Timestamp,
) -> Result<bool, pg::Error> {
    let claimed = sqlx::query!(
        "update letters set used_at = $2 where letter_id = $1 and used_at is null and expires_at > $2",
        letter_id as _,
        now as _
    )
    .execute(tx)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Makes a person's letters that are on their way good for nothing.
pub(crate) async fn close_letters(
    tx: &mut PgConnection,
    user_id: UserId,
    now: Timestamp,
) -> Result<(), pg::Error> {
    sqlx::query!(
        "update letters set used_at = $2 where user_id = $1 and used_at is null",
        user_id as _,
        now as _
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes letters that expired before `before`.
pub(crate) async fn delete_letters(
    tx: &mut PgConnection,
    before: Timestamp,
) -> Result<u64, pg::Error> {
    let deleted =
        sqlx::query!("delete from letters where expires_at < $1", before as _).execute(tx).await?;
    Ok(deleted.rows_affected())
}
