//! What a tenant decides for itself, and within which bounds.

use jiff::tz::TimeZone;
use kernel::{Email, Locale, Timestamp};

/// Most domains that may be listed.
const DOMAINS: usize = 100;
/// Most origins that may be listed.
const ORIGINS: usize = 20;

/// The settings of a tenant; the default is the platform's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Counts the changes.
    pub(crate) version: i64,
    /// The name of a zone that the IANA database has.
    pub(crate) time_zone: String,
    /// `HH:MM`.
    pub(crate) day_border: String,
    /// Canonical, sorted, each once; empty for anybody's.
    pub(crate) allowed_email_domains: Vec<String>,
    pub(crate) mfa_required: bool,
    pub(crate) password_min_length: i32,
    pub(crate) session_idle_minutes: i32,
    pub(crate) session_absolute_minutes: i32,
    pub(crate) invitation_links_shown: bool,
    /// As browsers write them, sorted, each once.
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) set_at: Option<Timestamp>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: 0,
            time_zone: "UTC".into(),
            day_border: "00:00".into(),
            allowed_email_domains: Vec::new(),
            mfa_required: false,
            password_min_length: 15,
            session_idle_minutes: 720,
            session_absolute_minutes: 720,
            invitation_links_shown: true,
            allowed_origins: Vec::new(),
            set_at: None,
        }
    }
}

/// A tenant's settings with its language, which stands on the tenant itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub(crate) settings: Settings,
    pub(crate) locale: Locale,
}

impl Settings {
    /// The field at fault and its problem, where a value leaves its bounds. No tenant goes below what the platform itself
    /// asks of passwords (NIST SP 800-63B-4, 3.1.1.2: 15 characters where they stand alone).
    pub(crate) fn check(self) -> Result<Self, (&'static str, &'static str)> {
        let faults = [
            (
                !(15..=64).contains(&self.password_min_length),
                "passwordMinLength",
                "must be 15 to 64",
            ),
            (
                !(5..=43_200).contains(&self.session_idle_minutes),
                "sessionIdleMinutes",
                "must be 5 to 43,200",
            ),
            (
                !(15..=43_200).contains(&self.session_absolute_minutes),
                "sessionAbsoluteMinutes",
                "must be 15 to 43,200",
            ),
            (
                self.session_idle_minutes > self.session_absolute_minutes,
                "sessionIdleMinutes",
                "must not be above sessionAbsoluteMinutes",
            ),
        ];
        match faults.into_iter().find(|(fault, ..)| *fault) {
            Some((_, field, problem)) => Err((field, problem)),
            None => Ok(self),
        }
    }
}

/// Reads the name of a time zone that the IANA database has.
pub(crate) fn time_zone(text: &str) -> Result<String, &'static str> {
    const BAD: &str = "is not the IANA name of a time zone, such as Europe/Riga";
    let zone = TimeZone::get(text).map_err(|_| BAD)?;
    zone.iana_name().filter(|name| name.len() <= 64).map(str::to_owned).ok_or(BAD)
}

/// Reads a time of day.
pub(crate) fn day_border(text: &str) -> Result<String, &'static str> {
    const BAD: &str = "must be a time of day from 00:00 to 23:59";
    let (hours, minutes) = text.split_once(':').ok_or(BAD)?;
    let within = |part: &str, most: u8| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits && part.parse::<u8>().is_ok_and(|number| number <= most)
    };
    if within(hours, 23) && within(minutes, 59) { Ok(text.into()) } else { Err(BAD) }
}

/// Reads the domains of addresses, in the one spelling that addresses have; an `@` before one is forgiven.
pub(crate) fn email_domains(texts: &[String]) -> Result<Vec<String>, String> {
    if texts.len() > DOMAINS {
        return Err(format!("holds more than {DOMAINS} domains"));
    }
    let read = |text: &String| {
        let name = text.trim().trim_start_matches('@');
        let email = Email::parse(&format!("a@{name}"));
        let email = email.map_err(|_| format!("holds {text:?}, which is no domain"))?;
        Ok(email.domain().to_owned())
    };
    let mut domains = texts.iter().map(read).collect::<Result<Vec<_>, String>>()?;
    domains.sort();
    domains.dedup();
    Ok(domains)
}

/// Reads origins as browsers write them; upper case is forgiven.
pub(crate) fn origins(texts: &[String]) -> Result<Vec<String>, String> {
    if texts.len() > ORIGINS {
        return Err(format!("holds more than {ORIGINS} origins"));
    }
    let read = |text: &String| {
        let origin = text.trim().to_ascii_lowercase();
        let problem = "which is no https origin such as https://app.example.com";
        if is_origin(&origin) { Ok(origin) } else { Err(format!("holds {text:?}, {problem}")) }
    };
    let mut origins = texts.iter().map(read).collect::<Result<Vec<_>, String>>()?;
    origins.sort();
    origins.dedup();
    Ok(origins)
}

/// Whether it is https, a name of several words, and a port where that is not the usual one: nothing that stands for many
/// and nothing behind it. Pages that come in the clear may be anybody's on the way.
fn is_origin(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let (name, port) = rest.split_once(':').map_or((rest, None), |(name, port)| (name, Some(port)));
    let is_label = |label: &str| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let framed = !label.starts_with('-') && !label.ends_with('-');
        (1..=63).contains(&label.len()) && label.bytes().all(plain) && framed
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_name = name.len() <= 253 && name.contains('.') && name.split('.').all(is_label);
    let is_port = |port: &str| {
        let number = port.parse::<u16>().unwrap_or_default();
        number != 0 && number != 443 && number.to_string() == port
    };
    is_name && !last.bytes().all(|b| b.is_ascii_digit()) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_own_settings_are_within_the_bounds() {
        assert!(Settings::default().check().is_ok());
    }

    #[test]
    fn what_leaves_its_bounds_names_the_field() {
        let good = Settings::default();
        for (field, bad) in [
            ("passwordMinLength", Settings { password_min_length: 14, ..good.clone() }),
            ("passwordMinLength", Settings { password_min_length: 65, ..good.clone() }),
            ("sessionIdleMinutes", Settings { session_idle_minutes: 4, ..good.clone() }),
            ("sessionIdleMinutes", Settings { session_idle_minutes: 721, ..good.clone() }),
            ("sessionAbsoluteMinutes", Settings { session_absolute_minutes: 14, ..good.clone() }),
            ("sessionAbsoluteMinutes", Settings { session_absolute_minutes: 43_201, ..good }),
        ] {
            assert_eq!(bad.clone().check().expect_err("is refused").0, field, "{bad:?}");
        }
    }

    #[test]
    fn time_zones_are_those_of_the_database() {
        assert_eq!(time_zone("europe/riga"), Ok("Europe/Riga".into()));
        for bad in ["", "Mars/Olympus", "+02:00", "../etc/passwd", "Europe/Riga\0"] {
            assert!(time_zone(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_day_begins_at_a_time_of_day() {
        for good in ["00:00", "04:30", "23:59"] {
            assert_eq!(day_border(good), Ok(good.into()));
        }
        for bad in ["", "24:00", "23:60", "4:00", "04:0", "+4:00", "04:00:00", "noon", "٠٤:٠٠"]
        {
            assert!(day_border(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn domains_have_the_spelling_of_addresses_and_stand_once() {
        let texts = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let read = email_domains(&texts(&["@School.Example", "art.example", "school.example"]));
        assert_eq!(read, Ok(texts(&["art.example", "school.example"])));
        for bad in ["", "school", "a b.example", "ann@school.example", "*.example", "1.2.3.4"] {
            assert!(email_domains(&texts(&[bad])).is_err(), "{bad:?}");
        }
        assert!(email_domains(&vec!["school.example".into(); 101]).is_err());
    }

    #[test]
    fn origins_are_those_of_https_pages_and_stand_once() {
        let texts = |all: &[&str]| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let read =
            origins(&texts(&["https://b.example:8443", "https://A.example", "https://a.example"]));
        assert_eq!(read, Ok(texts(&["https://a.example", "https://b.example:8443"])));
        assert!(origins(&texts(&["https://xn--80ak6aa92e.example"])).is_ok());
        for bad in [
            "",
            "*",
            "null",
            "a.example",
            "http://a.example",
            "https://",
            "https://*.example",
            "https://a.*.example",
            "https://a.example/",
            "https://a.example/x",
            "https://a.example?x",
            "https://a.example#x",
            "https://u@a.example",
            "https://a.example:443",
            "https://a.example:0",
            "https://a.example:080",
            "https://a.example:65536",
            "https://a.example:",
            "https://a..example",
            "https://.example",
            "https://a.example.",
            "https://-a.example",
            "https://localhost",
            "https://192.0.2.1",
            "https://[::1]",
            "https://\u{430}.example",
            "https://a.example,https://b.example",
        ] {
            assert!(origins(&texts(&[bad])).is_err(), "{bad:?}");
        }
        assert!(origins(&vec!["https://a.example".into(); 21]).is_err());
    }
}
