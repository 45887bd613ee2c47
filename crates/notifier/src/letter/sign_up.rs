//! The letters to strangers who sign up: how to finish it, or that there is an account.

use askama::Template;
use kernel::{Locale, PersonName, Timestamp};

use super::{Letter, names::presentable};

/// What such a letter says. Not printable: it holds link and code.
pub(crate) struct SignUp<'a> {
    /// Where they want in.
    pub(crate) tenant: Option<&'a PersonName>,
    /// The link.
    pub(crate) url: &'a str,
    /// The code that does the same; empty for none.
    pub(crate) code: &'a str,
    /// When both stop working.
    pub(crate) expires_at: Timestamp,
}

/// Declares one body: a template and what stands in it.
macro_rules! body {
    ($name:ident = $path:literal { $($field:ident),* }) => {
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'a> {
            tenant: Option<&'a str>,
            $($field: &'a str,)*
        }
    };
}

body!(NewEnglishText = "sign_up_new.en.txt" { url, code, expires });
body!(NewEnglishHtml = "sign_up_new.en.html" { url, code, expires });
body!(NewRussianText = "sign_up_new.ru.txt" { url, code, expires });
body!(NewRussianHtml = "sign_up_new.ru.html" { url, code, expires });
body!(KnownEnglishText = "sign_up_known.en.txt" { url });
body!(KnownEnglishHtml = "sign_up_known.en.html" { url });
body!(KnownRussianText = "sign_up_known.ru.txt" { url });
body!(KnownRussianHtml = "sign_up_known.ru.html" { url });

impl SignUp<'_> {
    /// Writes the letter that finishes a sign-up; English for a language that has none.
    ///
    /// # Errors
    /// The template's, which formatting into memory does not have.
    pub(crate) fn finish(&self, locale: &Locale) -> Result<Letter, askama::Error> {
        let (tenant, url) = (self.tenant.and_then(presentable), self.url);
        let expires = &self.expires_at.jiff().strftime("%Y-%m-%d %H:%M UTC").to_string();
        // In two halves, as people copy it.
        let (first, second) = self.code.split_at_checked(4).unwrap_or((self.code, ""));
        let code = &format!("{first} {second}");
        Ok(match locale.as_str() {
            "ru" => Letter {
                subject: "Регистрация".into(),
                text: NewRussianText { tenant, url, code, expires }.render()?,
                html: NewRussianHtml { tenant, url, code, expires }.render()?,
            },
            _ => Letter {
                subject: "Finish signing up".into(),
                text: NewEnglishText { tenant, url, code, expires }.render()?,
                html: NewEnglishHtml { tenant, url, code, expires }.render()?,
            },
        })
    }

    /// Writes the letter to whoever has an account already.
    ///
    /// # Errors
    /// As of [`SignUp::finish`].
    pub(crate) fn known(&self, locale: &Locale) -> Result<Letter, askama::Error> {
        let (tenant, url) = (self.tenant.and_then(presentable), self.url);
        Ok(match locale.as_str() {
            "ru" => Letter {
                subject: "У вас уже есть учётная запись".into(),
                text: KnownRussianText { tenant, url }.render()?,
                html: KnownRussianHtml { tenant, url }.render()?,
            },
            _ => Letter {
                subject: "You already have an account".into(),
                text: KnownEnglishText { tenant, url }.render()?,
                html: KnownEnglishHtml { tenant, url }.render()?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_says_what_its_reader_needs_in_both_languages() {
        let expires_at = "2026-11-24T09:30:00Z".parse::<jiff::Timestamp>().expect("a time").into();
        let tenant = PersonName::parse("Acme <b>School</b>").expect("a name");
        let url = "https://usher.example/t/acme/signup/abc";
        let sign_up = SignUp { tenant: Some(&tenant), url, code: "12345678", expires_at };
        for locale in ["en", "ru"] {
            let locale = Locale::parse(locale).expect("a locale");
            let new = sign_up.finish(&locale).expect("writes");
            for body in [&new.text, &new.html] {
                assert!(body.contains(url) && body.contains("1234 5678"), "{body}");
                assert!(body.contains("2026-11-24 09:30 UTC"), "{body}");
            }
            assert!(!new.subject.contains("1234"), "a subject shows on locked screens");
            assert!(!new.html.contains("<b>School"), "a name is only text");
            let known = sign_up.known(&locale).expect("writes");
            for body in [&known.text, &known.html] {
                assert!(body.contains(url) && !body.contains("1234"), "{body}");
            }
        }
    }
}
