//! The letters that let a person in, or prove their address: a link that sets a new password, a link and a code.

use askama::Template;
use kernel::{Locale, Timestamp};

use super::Letter;

/// What such a letter says. Not printable: it holds link and code.
pub(crate) struct Entry<'a> {
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
            $($field: &'a str,)*
        }
    };
}

body!(ResetEnglishText = "password_reset.en.txt" { url, expires });
body!(ResetEnglishHtml = "password_reset.en.html" { url, expires });
body!(ResetRussianText = "password_reset.ru.txt" { url, expires });
body!(ResetRussianHtml = "password_reset.ru.html" { url, expires });
body!(EnterEnglishText = "sign_in.en.txt" { url, code, expires });
body!(EnterEnglishHtml = "sign_in.en.html" { url, code, expires });
body!(EnterRussianText = "sign_in.ru.txt" { url, code, expires });
body!(EnterRussianHtml = "sign_in.ru.html" { url, code, expires });
body!(AddressEnglishText = "address.en.txt" { url, code, expires });
body!(AddressEnglishHtml = "address.en.html" { url, code, expires });
body!(AddressRussianText = "address.ru.txt" { url, code, expires });
body!(AddressRussianHtml = "address.ru.html" { url, code, expires });

impl Entry<'_> {
    /// Writes the letter that sets a new password; English for a language that has none.
    ///
    /// # Errors
    /// The template's, which formatting into memory does not have.
    pub(crate) fn reset(&self, locale: &Locale) -> Result<Letter, askama::Error> {
        let (url, expires) = (self.url, &self.expires());
        Ok(match locale.as_str() {
            "ru" => Letter {
                subject: "Новый пароль".into(),
                text: ResetRussianText { url, expires }.render()?,
                html: ResetRussianHtml { url, expires }.render()?,
            },
            _ => Letter {
                subject: "Your new password".into(),
                text: ResetEnglishText { url, expires }.render()?,
                html: ResetEnglishHtml { url, expires }.render()?,
            },
        })
    }

    /// Writes the letter that signs in.
    ///
    /// # Errors
    /// As of [`Entry::reset`].
    pub(crate) fn sign_in(&self, locale: &Locale) -> Result<Letter, askama::Error> {
        let (url, code, expires) = (self.url, &self.spaced_code(), &self.expires());
        Ok(match locale.as_str() {
            "ru" => Letter {
                subject: "Вход".into(),
                text: EnterRussianText { url, code, expires }.render()?,
                html: EnterRussianHtml { url, code, expires }.render()?,
            },
            _ => Letter {
                subject: "Your way in".into(),
                text: EnterEnglishText { url, code, expires }.render()?,
                html: EnterEnglishHtml { url, code, expires }.render()?,
            },
        })
    }

    /// Writes the letter that proves the address.
    ///
    /// # Errors
    /// As of [`Entry::reset`].
    pub(crate) fn address(&self, locale: &Locale) -> Result<Letter, askama::Error> {
        let (url, code, expires) = (self.url, &self.spaced_code(), &self.expires());
        Ok(match locale.as_str() {
            "ru" => Letter {
                subject: "Подтверждение адреса".into(),
                text: AddressRussianText { url, code, expires }.render()?,
                html: AddressRussianHtml { url, code, expires }.render()?,
            },
            _ => Letter {
                subject: "Confirm your address".into(),
                text: AddressEnglishText { url, code, expires }.render()?,
                html: AddressEnglishHtml { url, code, expires }.render()?,
            },
        })
    }

    /// In two halves, as people copy it.
    fn spaced_code(&self) -> String {
        let (first, second) = self.code.split_at_checked(4).unwrap_or((self.code, ""));
        format!("{first} {second}")
    }

    fn expires(&self) -> String {
        self.expires_at.jiff().strftime("%Y-%m-%d %H:%M UTC").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry<'static> {
        let expires_at = "2026-11-24T09:30:00Z".parse::<jiff::Timestamp>().expect("a time").into();
        Entry { url: "https://usher.example/reset/abc", code: "12345678", expires_at }
    }

    #[test]
    fn each_letter_holds_what_lets_in_and_until_when_in_both_languages() {
        for locale in ["en", "ru"] {
            let locale = Locale::parse(locale).expect("a locale");
            let reset = entry().reset(&locale).expect("writes");
            let sign_in = entry().sign_in(&locale).expect("writes");
            let address = entry().address(&locale).expect("writes");
            let coded = [&sign_in.text, &sign_in.html, &address.text, &address.html];
            for body in [&reset.text, &reset.html].into_iter().chain(coded) {
                assert!(body.contains("https://usher.example/reset/abc"), "{body}");
                assert!(body.contains("2026-11-24 09:30 UTC"), "{body}");
            }
            for body in coded {
                assert!(body.contains("1234 5678"), "{body}");
            }
            for subject in [&reset.subject, &sign_in.subject, &address.subject] {
                assert!(!subject.contains("1234"), "a subject shows on locked screens: {subject}");
            }
        }
    }
}
