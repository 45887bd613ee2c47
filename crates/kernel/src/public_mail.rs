//! Domains at which anybody gets an address: sharing one says nothing of two people, and nobody owns it here.

/// In order of text.
const DOMAINS: &[&str] = &[
    "163.com",
    "aol.com",
    "bk.ru",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "inbox.ru",
    "list.ru",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "outlook.com",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rambler.ru",
    "web.de",
    "ya.ru",
    "yahoo.com",
    "yandex.com",
    "yandex.ru",
    "zoho.com",
];

/// Whether anybody gets an address at this domain, in its one spelling, or it lies below one of those.
#[must_use]
pub fn is_public_mail(domain: &str) -> bool {
    let is_below = |public: &&str| {
        let rest = domain.strip_suffix(*public);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    DOMAINS.iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_domain_is_known_with_all_below_it_and_not_by_its_end_alone() {
        assert!(DOMAINS.is_sorted(), "nothing stands twice where it can be seen");
        for public in ["gmail.com", "mail.ru", "corp.mail.ru"] {
            assert!(is_public_mail(public), "{public}");
        }
        for own in ["example.com", "notgmail.com", "gmail.com.example", "com", ""] {
            assert!(!is_public_mail(own), "{own}");
        }
    }
}
