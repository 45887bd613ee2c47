//! What people say of themselves.

use jiff::tz::TimeZone;
use kernel::{Email, PersonName, UserId};

/// A profile; what was not said is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    pub(crate) name: PersonName,
    pub(crate) locale: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) avatar_url: Option<String>,
}

/// The wish to change a profile; what is absent stays, what is `Some(None)` is taken away.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProfileWish {
    pub(crate) name: Option<PersonName>,
    pub(crate) locale: Option<Option<String>>,
    pub(crate) time_zone: Option<Option<String>>,
    pub(crate) avatar_url: Option<Option<String>>,
}

impl Profile {
    /// The profile as wished.
    pub(crate) fn with(&self, wish: ProfileWish) -> Self {
        let held = self.clone();
        Self {
            name: wish.name.unwrap_or(held.name),
            locale: wish.locale.unwrap_or(held.locale),
            time_zone: wish.time_zone.unwrap_or(held.time_zone),
            avatar_url: wish.avatar_url.unwrap_or(held.avatar_url),
            ..held
        }
    }
}

/// Reads a language tag of the shape of BCP 47 (language, script, region, variants) and gives it its usual case.
pub(crate) fn language_tag(text: &str) -> Result<String, &'static str> {
    const BAD: &str = "is not a language tag such as en, de-AT or zh-Hant-TW";
    if text.len() > 35 {
        return Err(BAD);
    }
    let mut parts = text.split('-').peekable();
    let language = parts.next().unwrap_or_default();
    if !matches!(language.len(), 2 | 3) || !letters(language) {
        return Err(BAD);
    }
    let mut tag = language.to_ascii_lowercase();
    if let Some(script) = parts.next_if(|part| part.len() == 4 && letters(part)) {
        let (first, rest) = script.split_at(1);
        tag.push_str(&format!("-{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase()));
    }
    let is_region = |part: &&str| {
        part.len() == 2 && letters(part)
            || part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit())
    };
    if let Some(region) = parts.next_if(is_region) {
        tag.push_str(&format!("-{}", region.to_ascii_uppercase()));
    }
    for variant in parts {
        let long = (5..=8).contains(&variant.len());
        let dated = variant.len() == 4 && variant.starts_with(|c: char| c.is_ascii_digit());
        if !(long || dated) || !variant.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(BAD);
        }
        tag.push_str(&format!("-{}", variant.to_ascii_lowercase()));
    }
    Ok(tag)
}

fn letters(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphabetic())
}

/// Reads the name of a time zone that the IANA database has.
pub(crate) fn time_zone(text: &str) -> Result<String, &'static str> {
    const BAD: &str = "is not the IANA name of a time zone, such as Europe/Riga";
    let zone = TimeZone::get(text).map_err(|_| BAD)?;
    zone.iana_name().filter(|name| name.len() <= 64).map(str::to_owned).ok_or(BAD)
}

/// Reads where a picture is. Only browsers open it, so what matters is that it is https, has a host, and holds nothing
/// that could break out of an attribute.
pub(crate) fn avatar_url(text: &str) -> Result<String, &'static str> {
    const BAD: &str = "must be an https address such as https://example.com/me.png";
    if text.len() > 2048 {
        return Err("is longer than 2,048 characters");
    }
    let rest = text.strip_prefix("https://").ok_or(BAD)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_host = host.contains('.')
        && !host.starts_with(['.', ':'])
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b));
    let strange = |c: char| !c.is_ascii_graphic() || "\"'<>\\`{}|^".contains(c);
    if !is_host || rest.contains(strange) {
        return Err(BAD);
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_have_one_spelling_and_a_shape() {
        for (text, tag) in [
            ("EN", "en"),
            ("de-at", "de-AT"),
            ("ZH-hant-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("sl-rozaj-biske", "sl-rozaj-biske"),
            ("de-1996", "de-1996"),
        ] {
            assert_eq!(language_tag(text), Ok(tag.into()), "{text}");
        }
        for bad in [
            "", "e", "english", "en_US", "en-", "-en", "en--US", "en-USAA-", "1a", "ж", "en-US<",
            "en US", "de-DE-x",
        ] {
            assert!(language_tag(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn time_zones_are_those_of_the_database() {
        assert_eq!(time_zone("europe/riga"), Ok("Europe/Riga".into()));
        assert_eq!(time_zone("UTC"), Ok("UTC".into()));
        for bad in [
            "",
            "Mars/Olympus",
            "+02:00",
            "Europe/Riga\0",
            "../etc/passwd",
            "Europe/",
            "EST5EDT,M3.2.0,M11.1.0",
        ] {
            assert!(time_zone(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn pictures_are_at_https_addresses() {
        for good in ["https://example.com/a.png", "https://cdn.example.com:8443/a?b=c#d"] {
            assert_eq!(avatar_url(good), Ok(good.into()));
        }
        let long = format!("https://example.com/{}", "a".repeat(2048));
        for bad in [
            "http://example.com/a.png",
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "https://",
            "https:///a",
            "https://user@example.com/",
            "https://example.com/\"onload=",
            "https://example.com/a b",
            "https://localhost/a",
            "https://example.com/\r\n",
            "//example.com",
            "HTTPS://example.com",
            "https://ex\u{e4}mple.com/",
            &long,
        ] {
            assert!(avatar_url(bad).is_err(), "{bad}");
        }
    }
}
