//! Signs in by a letter, in the browser that asked for it; what every letter that is bound to a browser has in common.

use kernel::{Cx, LetterId, TenantId, UserId};
use pg::TenantTx;

use super::{
    CODE_KEY,
    open_session::{OpenSession, open_session},
    prove_address::tell_proven,
};
use crate::{
    App, Error, Result,
    domain::{Digits, Key, Letter, LetterKind, Method, Session, Token, Ttl},
    store,
};

/// What a letter is redeemed with.
#[derive(Debug)]
pub(crate) enum Proof {
    /// What was copied from it.
    Code(Digits),
    /// What stood at the end of its link.
    Link(Key),
}

/// The binding of the browser, and the proof.
#[derive(Debug)]
pub(crate) struct RedeemLetter {
    pub(crate) binding: Key,
    pub(crate) proof: Proof,
}

/// Opens one session, however many try at once.
pub(crate) async fn redeem_letter(
    app: &App,
    cx: &Cx,
    command: RedeemLetter,
) -> Result<(Session, Token)> {
    let (mut tx, user_id) = use_letter(app, cx, command, LetterKind::SignIn, None).await?;
    let wish = OpenSession {
        user_id,
        method: Method::Letter,
        ttl: Ttl::default(),
        second_factor_at: None,
        proven_at: None,
        action: "session.create",
    };
    let opened = open_session(&mut tx, cx, app, wish).await?;
    tell_proven(&mut tx, cx, user_id).await?;
    tx.commit().await?;
    Ok(opened)
}

/// Uses one letter of the kind up, where `whose` is the person's own if that is asked for; the transaction goes on with what
/// it is good for. The try is counted before it is checked, and one that fails looks the same whether there is such a letter
/// or not.
pub(super) async fn use_letter(
    app: &App,
    cx: &Cx,
    command: RedeemLetter,
    kind: LetterKind,
    whose: Option<UserId>,
) -> Result<(TenantTx, UserId)> {
    let RedeemLetter { binding, proof } = command;
    let now = app.clock.now();
    let mut tx = app
        .db
        .platform("try_letter", "people are global, and so are letters that let them in")
        .await?;
    let tried = store::try_bound_letter(&mut tx, &binding).await?;
    tx.commit().await?;
    let (letter, token_hash) = tried.ok_or(Error::CodeRefused)?;
    let fits = match &proof {
        Proof::Code(code) => fits(app, letter.letter_id, code),
        Proof::Link(token) => token.hash() == token_hash,
    };
    let is_own = whose.is_none_or(|person| letter.user_id == Some(person));
    let opens = letter.kind == kind && is_own && letter.open(now).is_ok() && fits;
    let Letter { letter_id, user_id: Some(user_id), .. } = letter else {
        return Err(Error::CodeRefused);
    };
    let mut tx = app.db.tenant(TenantId::PLATFORM, "redeem_letter").await?;
    if !opens || !store::claim_letter(&mut tx, letter_id, now).await? {
        bus::audit(&mut tx, cx, "letter.refuse", &format!("user:{user_id}")).await?;
        tx.commit().await?;
        return Err(Error::CodeRefused);
    }
    Ok((tx, user_id))
}

/// Whether these are the letter's digits, under any key that may have made them.
fn fits(app: &App, letter_id: LetterId, code: &Digits) -> bool {
    app.vault
        .derive_each(CODE_KEY)
        .any(|key| Digits::of(&key.token(letter_id.uuid().as_bytes())).is(code))
}
