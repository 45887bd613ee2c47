//! Rows of `place_words`.

use kernel::UserId;
use sqlx::PgConnection;

/// Most words that are kept of one person.
const MOST: i64 = 50;

/// Keeps words near a person; those that are kept stay.
pub(crate) async fn insert_place_words(
    tx: &mut PgConnection,
    user_id: UserId,
    words: &[String],
) -> pg::Result<()> {
    sqlx::query!(
        "insert into place_words (user_id, word)
         select $1, left(word, 200) from unnest($2::text[]) as word
         where word <> '' and (select count(*) from place_words where user_id = $1) < $3
         on conflict on constraint place_words_pkey do nothing",
        user_id as _,
        words,
        MOST,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The words near a person.
pub(crate) async fn place_words(tx: &mut PgConnection, user_id: UserId) -> pg::Result<Vec<String>> {
    let words = sqlx::query_scalar!(
        "select word from place_words where user_id = $1 order by word",
        user_id as _
    );
    Ok(words.fetch_all(tx).await?)
}
