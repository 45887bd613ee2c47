//! The letter that carries an activation link.

use askama::Template;
use kernel::{Locale, PersonName, Timestamp};

use super::{Letter, names::presentable};

/// What the letter says. Not printable: it holds the link.
pub(crate) struct Invitation<'a> {
    /// Whom it greets.
    pub(crate) name: Option<&'a PersonName>,
    /// Who invites.
    pub(crate) tenant: Option<&'a PersonName>,
    /// The activation link.
    pub(crate) url: &'a str,
    /// When the link stops working.
    pub(crate) expires_at: Timestamp,
}

/// Declares one body: a template and what stands in it.
macro_rules! body {
    ($name:ident = $path:literal) => {
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'a> {
            name: Option<&'a str>,
            tenant: Option<&'a str>,
            url: &'a str,
            expires: &'a str,
        }
    };
}

body!(EnglishText = "invitation.en.txt");
body!(EnglishHtml = "invitation.en.html");
body!(RussianText = "invitation.ru.txt");
body!(RussianHtml = "invitation.ru.html");

impl Invitation<'_> {
    /// Writes the letter in a language; English for one that has no letter.
    ///
    /// # Errors
    /// The template's, which formatting into memory does not have.
    pub(crate) fn write(&self, locale: &Locale) -> Result<Letter, askama::Error> {
        let (name, tenant) = (self.name.and_then(presentable), self.tenant.and_then(presentable));
        let url = self.url;
        let expires = &self.expires_at.jiff().strftime("%Y-%m-%d %H:%M UTC").to_string();
        let (subject, text, html) = match locale.as_str() {
            "ru" => (
                tenant.map_or_else(
                    || "Приглашение".into(),
                    |tenant| format!("Приглашение: {tenant}"),
                ),
                RussianText { name, tenant, url, expires }.render()?,
                RussianHtml { name, tenant, url, expires }.render()?,
            ),
            _ => (
                tenant.map_or_else(
                    || "Your invitation".into(),
                    |tenant| format!("Your invitation: {tenant}"),
                ),
                EnglishText { name, tenant, url, expires }.render()?,
                EnglishHtml { name, tenant, url, expires }.render()?,
            ),
        };
        Ok(Letter { subject, text, html })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://usher.example/invitations/abc?from=a&to=b";

    fn letter(locale: &str, name: Option<&str>, tenant: Option<&str>) -> Letter {
        let parse = |name: &str| PersonName::parse(name).expect("a name");
        let (name, tenant) = (name.map(parse), tenant.map(parse));
        let expires_at = "2026-11-24T09:30:00Z".parse::<jiff::Timestamp>().expect("a time").into();
        let invitation =
            Invitation { name: name.as_ref(), tenant: tenant.as_ref(), url: URL, expires_at };
        invitation.write(&Locale::parse(locale).expect("a locale")).expect("writes")
    }

    fn shown(letter: &Letter) -> String {
        format!("{}\n---\n{}\n---\n{}", letter.subject, letter.text, letter.html)
    }

    #[test]
    fn the_english_letter() {
        insta::assert_snapshot!(shown(&letter("en", Some("Ann Smith"), Some("School 42"))));
    }

    #[test]
    fn the_russian_letter() {
        insta::assert_snapshot!(shown(&letter("ru", Some("Анна Кузнецова"), Some("Школа 42"))));
    }

    #[test]
    fn a_letter_needs_no_names() {
        for locale in ["en", "ru"] {
            let letter = letter(locale, None, None);
            assert!(letter.text.contains(URL));
            assert!(!shown(&letter).contains("None"));
        }
    }

    #[test]
    fn hostile_names_are_only_text() {
        let name = r#"<script>alert("x")</script>"#;
        let tenant = r#""><img src=x onerror='alert(1)'>"#;
        for locale in ["en", "ru"] {
            let letter = letter(locale, Some(name), Some(tenant));
            assert!(
                !letter.html.contains("<script") && !letter.html.contains("<img"),
                "{}",
                letter.html
            );
            assert!(letter.text.contains(name), "a text body shows a name as it is");
        }
    }

    #[test]
    fn the_link_is_not_printed() {
        assert!(!format!("{:?}", letter("en", None, None)).contains("usher.example"));
    }
}
