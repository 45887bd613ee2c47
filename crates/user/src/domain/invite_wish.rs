//! What an invitation is to be like, read from the texts of whoever invites.

use std::collections::BTreeSet;

use kernel::{Email, Locale, PersonName};
use serde::{Deserialize, Serialize};

use crate::domain::{BadScope, Lifetime, RoleName, Scope, datum, reference};

/// Most roles that one invitation gives.
const MOST_ROLES: usize = 10;

/// The role of an invitation that names none.
const USUAL_ROLE: &str = "client";

/// The texts of a wish, as they came: from a request, a row of a list, or a line of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RawWish {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) roles: Vec<String>,
    pub(crate) locale: String,
    pub(crate) reference: String,
    pub(crate) expires_in_hours: String,
    pub(crate) workspace: Vec<(String, String)>,
    pub(crate) scope_type: String,
    pub(crate) scope_id: String,
}

/// What an invitation is to be like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InviteWish {
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    /// At least one, each once, the first as the main one.
    pub(crate) roles: Vec<RoleName>,
    pub(crate) scope: Scope,
    /// The tenant's own language where none is given.
    pub(crate) locale: Option<Locale>,
    pub(crate) reference: String,
    /// As the tenant's rules say where none is given.
    pub(crate) lifetime: Option<Lifetime>,
    /// What the person's workspace is to be set up with, each `name=value`.
    pub(crate) workspace: Vec<String>,
}

/// The field at fault and its problem.
pub(crate) type Fault = (&'static str, String);

impl RawWish {
    /// Reads the wish.
    pub(crate) fn read(&self) -> Result<InviteWish, Fault> {
        let said =
            |field: &'static str| move |problem: kernel::BadText| (field, problem.to_string());
        let locale = Some(&self.locale).filter(|text| !text.is_empty());
        let told = |BadScope(field, problem)| (field, problem.to_owned());
        Ok(InviteWish {
            email: Email::parse(&self.email).map_err(said("email"))?,
            name: PersonName::parse(&self.name).map_err(said("name"))?,
            roles: roles(&self.role, &self.roles)?,
            scope: Scope::parse(&self.scope_type, &self.scope_id).map_err(told)?,
            locale: locale.map(|text| Locale::parse(text)).transpose().map_err(said("locale"))?,
            reference: reference(&self.reference).map_err(at("reference"))?,
            lifetime: lifetime(&self.expires_in_hours).map_err(at("expiresInHours"))?,
            workspace: workspace(&self.workspace).map_err(at("workspace"))?,
        })
    }
}

/// A problem of a field.
fn at(field: &'static str) -> impl Fn(&'static str) -> Fault {
    move |problem| (field, problem.to_owned())
}

/// The roles of a wish that names one, or several, or none.
pub(crate) fn roles(role: &str, roles: &[String]) -> Result<Vec<RoleName>, Fault> {
    let (field, names): (_, Vec<&str>) = match (role, roles) {
        ("", []) => ("role", vec![USUAL_ROLE]),
        (name, []) => ("role", vec![name]),
        ("", names) => ("roles", names.iter().map(String::as_str).collect()),
        _ => return Err(("roles", "must be empty where role is given".into())),
    };
    let each: BTreeSet<&str> = names.iter().copied().collect();
    if each.len() < names.len() || names.len() > MOST_ROLES {
        return Err((field, format!("must hold 1 to {MOST_ROLES} roles, each once")));
    }
    let read = names.into_iter().map(RoleName::parse);
    read.collect::<Result<_, _>>().map_err(at(field))
}

fn lifetime(text: &str) -> Result<Option<Lifetime>, &'static str> {
    match text.trim() {
        "" => Ok(None),
        hours => hours.parse().map_or(Err("must be a whole number of hours"), Lifetime::from_wire),
    }
}

/// What a workspace is to be set up with, by name.
fn workspace(data: &[(String, String)]) -> Result<Vec<String>, &'static str> {
    let names: BTreeSet<&str> = data.iter().map(|(name, _)| name.as_str()).collect();
    if data.len() > 20 || names.len() < data.len() {
        return Err("must hold at most 20, each with a name of its own");
    }
    let mut read: Vec<String> =
        data.iter().map(|(name, value)| datum(name, value)).collect::<Result<_, _>>()?;
    read.sort_unstable();
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> RawWish {
        RawWish { email: "ann@example.com".into(), name: "Ann".into(), ..RawWish::default() }
    }

    fn names(wish: &InviteWish) -> Vec<&str> {
        wish.roles.iter().map(RoleName::as_str).collect()
    }

    #[test]
    fn a_wish_with_an_address_and_a_name_is_whole() {
        let wish = raw().read().expect("a wish");
        assert_eq!((names(&wish), &wish.locale, wish.lifetime), (vec!["client"], &None, None));
        let several = RawWish { roles: vec!["admin".into(), "front-desk".into()], ..raw() };
        assert_eq!(names(&several.read().expect("a wish")), ["admin", "front-desk"]);
    }

    #[test]
    fn each_bad_text_names_its_field() {
        let many: Vec<String> = (0..11).map(|n| format!("role{n}")).collect();
        let twice = || vec![("a".to_owned(), "b".to_owned()), ("a".to_owned(), "c".to_owned())];
        for (field, bad) in [
            ("email", RawWish { email: String::new(), ..raw() }),
            ("email", RawWish { email: "ann".into(), ..raw() }),
            ("name", RawWish { name: "x".repeat(255), ..raw() }),
            ("name", RawWish { name: "a\u{202e}b".into(), ..raw() }),
            ("role", RawWish { role: "No Role".into(), ..raw() }),
            ("roles", RawWish { role: "client".into(), roles: vec!["user".into()], ..raw() }),
            ("roles", RawWish { roles: many, ..raw() }),
            ("roles", RawWish { roles: vec!["user".into(), "user".into()], ..raw() }),
            ("locale", RawWish { locale: "tlh".into(), ..raw() }),
            ("reference", RawWish { reference: "a\nb".into(), ..raw() }),
            ("expiresInHours", RawWish { expires_in_hours: "soon".into(), ..raw() }),
            ("expiresInHours", RawWish { expires_in_hours: "721".into(), ..raw() }),
            ("workspace", RawWish { workspace: twice(), ..raw() }),
            ("scopeType", RawWish { scope_type: "galaxy".into(), ..raw() }),
            ("scopeId", RawWish { scope_type: "team".into(), scope_id: "one".into(), ..raw() }),
        ] {
            assert_eq!(bad.read().expect_err(field).0, field, "{bad:?}");
        }
    }

    #[test]
    fn a_wish_that_was_kept_reads_back() {
        let wish = RawWish { expires_in_hours: "24".into(), locale: "ru".into(), ..raw() };
        let wish = wish.read().expect("a wish");
        let kept = serde_json::to_string(&wish).expect("writes");
        assert_eq!(serde_json::from_str::<InviteWish>(&kept).expect("reads"), wish);
    }
}
