//! How a tenant looks, and that what stands on its colours can be read.

use kernel::Timestamp;

use crate::domain::TenantName;

/// The least contrast of text to what is behind it (WCAG 2.2, success criterion 1.4.3).
const READABLE: f64 = 4.5;

/// The platform's own colours.
const PRIMARY: &str = "#3d6b55";
const ACCENT: &str = "#8a5a10";

kernel::closed_set! {
    /// The colour of a text.
    pub(crate) enum Ink {
        /// Black.
        Black = "black",
        /// White.
        White = "white",
    }
}

/// A colour as `#rrggbb` in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Color(String);

/// How a tenant looks; the default is the platform's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branding {
    /// Counts the changes.
    pub(crate) version: i64,
    /// Empty for the tenant's own name.
    pub(crate) name: String,
    /// Empty for no logo.
    pub(crate) logo_url: String,
    pub(crate) primary_color: Color,
    pub(crate) primary_text: Ink,
    pub(crate) accent_color: Color,
    pub(crate) accent_text: Ink,
    pub(crate) set_at: Option<Timestamp>,
}

/// A tenant's look with its own name, which stands on the tenant itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) branding: Branding,
    pub(crate) tenant: TenantName,
}

impl Default for Branding {
    fn default() -> Self {
        let (primary, accent) = (Color(PRIMARY.into()), Color(ACCENT.into()));
        Self {
            version: 0,
            name: String::new(),
            logo_url: String::new(),
            primary_text: primary.ink(),
            primary_color: primary,
            accent_text: accent.ink(),
            accent_color: accent,
            set_at: None,
        }
    }
}

impl Named {
    /// What pages and letters call the tenant.
    pub(crate) fn name(&self) -> &str {
        match self.branding.name.as_str() {
            "" => self.tenant.as_str(),
            name => name,
        }
    }
}

impl Color {
    /// Reads `#rrggbb`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let digits = text.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err("must be a colour such as #3d6b55");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The colour.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The ink that reads better upon it; one of the two always reads well enough.
    pub(crate) fn ink(&self) -> Ink {
        if self.contrast(Ink::Black) >= self.contrast(Ink::White) { Ink::Black } else { Ink::White }
    }

    /// The wished ink, if it can be read upon this colour.
    pub(crate) fn readable(&self, ink: Ink) -> Result<Ink, String> {
        let contrast = self.contrast(ink);
        if contrast >= READABLE {
            return Ok(ink);
        }
        Err(format!(
            "has a contrast of {:.1} to {self_}; at least {READABLE} is needed (WCAG 2.2), which {better} has",
            (contrast * 10.0).floor() / 10.0,
            self_ = self.0,
            better = self.ink(),
        ))
    }

    /// The contrast ratio to an ink, from 1 to 21 (WCAG 2.2, "contrast ratio").
    fn contrast(&self, ink: Ink) -> f64 {
        match ink {
            Ink::White => 1.05 / (self.luminance() + 0.05),
            Ink::Black => (self.luminance() + 0.05) / 0.05,
        }
    }

    /// The relative luminance, from 0 to 1 (WCAG 2.2, "relative luminance").
    fn luminance(&self) -> f64 {
        let channel = |at: usize| {
            let part = self.0.get(at..at + 2).and_then(|text| u8::from_str_radix(text, 16).ok());
            let value = f64::from(part.unwrap_or_default()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }
}

/// Reads where a logo is. Only browsers open it, so what matters is that it is https, has a host with a name, and holds
/// nothing that could break out of an attribute.
pub(crate) fn logo_url(text: &str) -> Result<String, &'static str> {
    const BAD: &str = "must be an https address such as https://example.com/logo.png";
    if text.len() > 2040 {
        return Err("is longer than 2,040 characters");
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

    fn color(text: &str) -> Color {
        Color::parse(text).expect("a colour")
    }

    #[test]
    fn the_platforms_own_texts_can_be_read() {
        let own = Branding::default();
        assert_eq!((own.primary_text, own.accent_text), (Ink::White, Ink::White));
        assert!(own.primary_color.readable(own.primary_text).is_ok());
        assert!(own.accent_color.readable(own.accent_text).is_ok());
    }

    /// The figures are those of the formula's own examples: black on white has 21, #777 just fails on white.
    #[test]
    fn contrasts_are_those_of_the_guideline() {
        assert!((color("#ffffff").contrast(Ink::Black) - 21.0).abs() < 1e-9);
        assert!((color("#ffffff").contrast(Ink::White) - 1.0).abs() < 1e-9);
        assert!(color("#767676").readable(Ink::White).is_ok());
        let refused = color("#777777").readable(Ink::White).expect_err("4.48");
        assert!(refused.contains("4.4") && refused.contains("black"), "{refused}");
    }

    #[test]
    fn one_of_the_two_inks_is_always_readable() {
        for step in (0..=0xff_ffff).step_by(4099) {
            let color = color(&format!("#{step:06x}"));
            assert!(color.readable(color.ink()).is_ok(), "{color:?}");
        }
    }

    #[test]
    fn colours_have_one_spelling() {
        assert_eq!(color("#AbCdEf").as_str(), "#abcdef");
        for bad in ["", "#fff", "abcdef", "#abcdeg", "#abcdef0", "red", "#٠٠٠", "# abcde"] {
            assert!(Color::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn logos_are_at_https_addresses() {
        for good in ["https://example.com/a.png", "https://cdn.example.com:8443/a?b=c#d"] {
            assert_eq!(logo_url(good), Ok(good.into()));
        }
        let long = format!("https://example.com/{}", "a".repeat(2040));
        for bad in [
            "http://example.com/a.png",
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "https://",
            "https://user@example.com/",
            "https://example.com/\"onload=",
            "https://localhost/a",
            "https://example.com/\r\n",
            &long,
        ] {
            assert!(logo_url(bad).is_err(), "{bad}");
        }
    }
}
