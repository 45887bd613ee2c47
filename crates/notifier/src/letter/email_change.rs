//! The letters about another address: a warning with a choice to the old one, a request for proof to the new one.

use askama::Template;
use kernel::{Locale, PersonName, Timestamp};

use super::{Letter, names::presentable};
use crate::domain::Side;

/// What the letter says. Not printable: it holds the link. It names neither address: one is the reader's, and the other
/// is shown behind the link to whoever may see it.
pub(crate) struct EmailChange<'a> {
    /// To which of both addresses it goes.
    pub(crate) side: Side,
    /// Whom it greets.
    pub(crate) name: Option<&'a PersonName>,
    /// Where the change is confirmed or refused.
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
            url: &'a str,
            expires: &'a str,
        }
    };
}

body!(EnglishOldText = "email_change_old.en.txt");
body!(EnglishOldHtml = "email_change_old.en.html");
body!(EnglishNewText = "email_change_new.en.txt");
body!(EnglishNewHtml = "email_change_new.en.html");
body!(RussianOldText = "email_change_old.ru.txt");
body!(RussianOldHtml = "email_change_old.ru.html");
body!(RussianNewText = "email_change_new.ru.txt");
body!(RussianNewHtml = "email_change_new.ru.html");

impl EmailChange<'_> {
    /// Writes the letter in a language; English for one that has no letter.
    ///
    /// # Errors
    /// The template's, which formatting into memory does not have.
    pub(crate) fn write(&self, locale: &Locale) -> Result<Letter, askama::Error> {
        // Whoever reads at the new address may be a stranger: no name is told to them.
        let name = match self.side {
            Side::Old => self.name.and_then(presentable),
            Side::New => None,
        };
        let url = self.url;
        let expires = &self.expires_at.jiff().strftime("%Y-%m-%d %H:%M UTC").to_string();
        let (subject, text, html) = match (locale.as_str(), self.side) {
            ("ru", Side::Old) => (
                "Ваш адрес просят изменить",
                RussianOldText { name, url, expires }.render()?,
                RussianOldHtml { name, url, expires }.render()?,
            ),
            ("ru", Side::New) => (
                "Подтвердите этот адрес",
                RussianNewText { name, url, expires }.render()?,
                RussianNewHtml { name, url, expires }.render()?,
            ),
            (_, Side::Old) => (
                "Your address is to be changed",
                EnglishOldText { name, url, expires }.render()?,
                EnglishOldHtml { name, url, expires }.render()?,
            ),
            (_, Side::New) => (
                "Confirm this address",
                EnglishNewText { name, url, expires }.render()?,
                EnglishNewHtml { name, url, expires }.render()?,
            ),
        };
        Ok(Letter { subject: subject.into(), text, html })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://usher.example/email/abc?from=a&to=b";

    fn letter(locale: &str, side: Side, name: &str) -> Letter {
        let name = PersonName::parse(name).expect("a name");
        let expires_at = "2026-11-24T09:30:00Z".parse::<jiff::Timestamp>().expect("a time").into();
        let letter = EmailChange { side, name: Some(&name), url: URL, expires_at };
        letter.write(&Locale::parse(locale).expect("a locale")).expect("writes")
    }

    #[test]
    fn each_letter_carries_its_link_and_its_end_in_both_bodies() {
        for locale in ["en", "ru"] {
            for side in [Side::Old, Side::New] {
                let letter = letter(locale, side, "Ann");
                assert!(letter.text.contains(URL), "{}", letter.text);
                assert!(letter.html.contains("https://usher.example/email/abc"), "{}", letter.html);
                for body in [&letter.text, &letter.html] {
                    assert!(body.contains("2026-11-24 09:30 UTC"), "{body}");
                }
            }
        }
    }

    #[test]
    fn whoever_reads_at_the_new_address_learns_no_name() {
        for locale in ["en", "ru"] {
            let [old, new] =
                [Side::Old, Side::New].map(|side| letter(locale, side, "Ann <b>Smith"));
            assert!(old.text.contains("Ann <b>Smith") && !old.html.contains("<b>"));
            assert!(!new.text.contains("Ann") && !new.html.contains("Ann"));
            assert_ne!(old.subject, new.subject);
        }
    }
}
