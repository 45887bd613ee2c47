//! A list of people to invite, and what became of each row.

use std::collections::HashMap;

use kernel::{Email, InviteId, Timestamp};
use uuid::Uuid;

use crate::domain::{Fault, InviteWish, RawWish};

/// Most rows of one list.
pub(crate) const MOST_ROWS: usize = 10_000;

/// The stable word for a row that cannot be read.
const UNREADABLE: &str = "bad_row";

kernel::closed_set! {
    /// How far a list is.
    pub(crate) enum BatchStatus {
        /// Rows may wait for their turn.
        Running = "running",
        /// Every row had its turn.
        Done = "done",
        /// It was stopped.
        Cancelled = "cancelled",
        /// The work had to be given up.
        Failed = "failed",
    }
}

kernel::closed_set! {
    /// What became of a row.
    pub(crate) enum Outcome {
        /// Its turn has not come.
        Waiting = "waiting",
        /// The person was invited.
        Created = "created",
        /// An open invitation stood.
        AlreadyInvited = "already_invited",
        /// The person belongs to the tenant.
        AlreadyMember = "already_member",
        /// It was refused.
        Refused = "refused",
        /// The list ended before its turn came.
        LeftOut = "left_out",
    }
}

/// A list, and how many of its rows came to which outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InviteBatch {
    pub(crate) batch_id: Uuid,
    pub(crate) status: BatchStatus,
    pub(crate) rows: i32,
    pub(crate) invited_by: String,
    pub(crate) created_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) waiting: i64,
    pub(crate) created: i64,
    pub(crate) already_invited: i64,
    pub(crate) already_member: i64,
    pub(crate) refused: i64,
    pub(crate) left_out: i64,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BatchRow {
    pub(crate) number: i32,
    /// The address as it was given.
    pub(crate) email: String,
    /// The name as it was given.
    pub(crate) name: String,
    pub(crate) ending: Ending,
}

/// What became of a row, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) outcome: Outcome,
    /// The field at fault of a refused row, if it is one field's.
    pub(crate) field: String,
    /// A stable word for the refusal.
    pub(crate) reason: String,
    /// A sentence for people about the refusal.
    pub(crate) message: String,
    pub(crate) invite_id: Option<InviteId>,
}

impl Ending {
    /// An end, or none yet, that needs no words.
    pub(crate) fn of(outcome: Outcome, invite_id: Option<InviteId>) -> Self {
        let (field, reason, message) = (String::new(), String::new(), String::new());
        Self { outcome, field, reason, message, invite_id }
    }

    /// A refusal.
    pub(crate) fn refused(field: &str, reason: &str, message: String) -> Self {
        let (field, reason) = (field.to_owned(), reason.to_owned());
        Self { field, reason, message, ..Self::of(Outcome::Refused, None) }
    }
}

/// A row as it came, before anybody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawRow {
    pub(crate) wish: RawWish,
    /// What is wrong with the row as such.
    pub(crate) fault: Option<Fault>,
}

/// A row of a new list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewRow {
    pub(crate) email: String,
    pub(crate) name: String,
    /// What to do, or why the row is refused at once.
    pub(crate) wish: Result<InviteWish, Ending>,
}

/// Looks at the rows of a list, in their order: of two rows with one address the first counts.
pub(crate) fn look_at(rows: &[RawRow]) -> Vec<NewRow> {
    let mut seen: HashMap<Email, usize> = HashMap::new();
    let looked = rows.iter().zip(1..).map(|(row, number)| {
        let RawRow { wish, fault } = row;
        let read = fault.clone().map_or_else(|| wish.read(), Err).and_then(|wish| {
            let first = *seen.entry(wish.email.clone()).or_insert(number);
            match first == number {
                true => Ok(wish),
                false => Err(("email", format!("repeats row {first}"))),
            }
        });
        NewRow {
            email: shown(&wish.email, 254),
            name: shown(&wish.name, 120),
            wish: read.map_err(|(field, problem)| {
                Ending::refused(field, UNREADABLE, format!("{field} {problem}."))
            }),
        }
    });
    looked.collect()
}

/// A text as it was given, for people to find their row by: short, and without what a database or a screen chokes on.
fn shown(text: &str, most: usize) -> String {
    let seen = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text.trim().chars().map(seen).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(email: &str, name: &str) -> RawRow {
        let wish = RawWish { email: email.into(), name: name.into(), ..RawWish::default() };
        RawRow { wish, fault: None }
    }

    fn refusal(row: &NewRow) -> (&str, &str) {
        let ending = row.wish.as_ref().expect_err("is refused");
        (ending.field.as_str(), ending.message.as_str())
    }

    #[test]
    fn of_two_rows_with_one_address_the_first_counts_in_any_spelling() {
        let rows = look_at(&[
            row("ann@example.com", ""),
            row("ann@example.com", "Ann"),
            row(" ANN@Example.com", "Ann Again"),
            row("bob@example.com", "Bob"),
        ]);
        assert_eq!(refusal(&rows[0]).0, "name", "a row that is refused takes no address");
        assert!(rows[1].wish.is_ok() && rows[3].wish.is_ok());
        assert_eq!(refusal(&rows[2]), ("email", "email repeats row 2."));
    }

    #[test]
    fn hostile_texts_are_shown_short_and_inert() {
        let long = "x".repeat(100_000);
        let rows = look_at(&[row("a\0b\u{1b}[2J@x", &long), row("a@x.com", "=cmd()|'/C calc'!A0")]);
        assert_eq!(rows[0].email, "a\u{fffd}b\u{fffd}[2J@x");
        assert_eq!(rows[0].name.len(), 120);
        assert_eq!(refusal(&rows[0]).0, "email");
        let wish = rows[1].wish.as_ref().expect("a name like any other");
        assert_eq!(wish.name.as_str(), "=cmd()|'/C calc'!A0");
    }
}
