//! A host of a tenant's own: how it is written, what proves it, and when the proof is looked for.

use std::time::Duration;

use kernel::{Email, Timestamp, is_public_mail};
use uuid::Uuid;

kernel::closed_set! {
    /// How a claim stands.
    pub(crate) enum Claim {
        /// Not proven yet.
        Pending = "pending",
        /// Proven: it names the tenant.
        Proven = "proven",
        /// The proof has been missing for days.
        Lapsed = "lapsed",
    }
}

/// Before the name of the host in DNS, and before the token in its record.
const RECORD: &str = "_usher-challenge.";
const VALUE: &str = "usher-domain-proof=";

/// A proof is looked for so often.
const AGAIN: Duration = Duration::from_secs(24 * 3600);
/// A missing proof of a proven host, and what could not be looked up.
const SOON: Duration = Duration::from_secs(3600);
/// A claim that is young.
const YOUNG: Duration = Duration::from_secs(300);
/// A claim is young for so long.
const YOUTH: Duration = Duration::from_secs(24 * 3600);
/// A proven host lapses when the proof was missing so often. Misses that lie closer together than [`SOON`] count once,
/// whoever asks for the looks, so that it takes more than a day.
const MISSES: i32 = 30;

/// A host in its one spelling: lower case, its ASCII form, no dot at the end; with `*.` before it for all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host(String);

/// A host that a tenant claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Domain {
    pub(crate) domain_id: Uuid,
    pub(crate) host: Host,
    pub(crate) token: String,
    pub(crate) status: Claim,
    /// How often the proof was missing without a break.
    pub(crate) misses: i32,
    /// When that was counted last.
    pub(crate) missed_at: Option<Timestamp>,
    pub(crate) problem: String,
    pub(crate) proven_at: Option<Timestamp>,
    pub(crate) checked_at: Option<Timestamp>,
    pub(crate) next_check_at: Timestamp,
    pub(crate) created_at: Timestamp,
}

/// What a look at DNS brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// These texts.
    Texts(Vec<String>),
    /// Nothing that can be relied on.
    Unknown(String),
}

impl Host {
    /// Reads a host. A wildcard stands for two labels at least.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        const BAD: &str = "must be a host such as school.example or *.school.example";
        let text = text.trim();
        let text = text.strip_suffix('.').unwrap_or(text);
        let (star, name) = match text.strip_prefix("*.") {
            Some(name) => ("*.", name),
            None => ("", text),
        };
        // The rules of an address's domain: at least two labels, ASCII form, no address.
        let email = Email::parse(&format!("a@{name}")).map_err(|_| BAD)?;
        let host = Self(format!("{star}{}", email.domain()));
        if host.0.len() > 253 - RECORD.len() {
            return Err("is longer than a host can be");
        }
        if is_public_mail(host.name()) {
            return Err("belongs to a public mail provider");
        }
        Ok(host)
    }

    /// The host.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn name(&self) -> &str {
        self.0.strip_prefix("*.").unwrap_or(&self.0)
    }

    /// The name of the record that proves it.
    pub(crate) fn record(&self) -> String {
        format!("{RECORD}{}", self.name())
    }
}

/// What could name the tenant of a host, the most telling first: the host itself, then wildcards from the longest to
/// the shortest.
pub(crate) fn candidates(host: &str) -> Vec<String> {
    let mut all = vec![host.to_owned()];
    let mut rest = host;
    while let Some((_, parent)) = rest.split_once('.') {
        if !parent.contains('.') {
            break;
        }
        all.push(format!("*.{parent}"));
        rest = parent;
    }
    all
}

impl Domain {
    /// What the record holds that proves it.
    pub(crate) fn value(&self) -> String {
        format!("{VALUE}{}", self.token)
    }

    /// The claim after a look at DNS. What could not be looked up changes nothing but the next look: an outage of
    /// somebody's name servers takes nobody's host.
    pub(crate) fn after(&self, seen: &Seen, now: Timestamp) -> Self {
        let mut next = Self { checked_at: Some(now), ..self.clone() };
        match seen {
            Seen::Texts(texts) if texts.contains(&self.value()) => {
                next.status = Claim::Proven;
                next.proven_at =
                    self.proven_at.filter(|_| self.status == Claim::Proven).or(Some(now));
                (next.misses, next.missed_at, next.problem) = (0, None, String::new());
                next.next_check_at = now.after(AGAIN);
            }
            Seen::Texts(texts) => {
                if self.missed_at.is_none_or(|missed| now.since(missed) >= SOON) {
                    (next.misses, next.missed_at) = (self.misses.saturating_add(1), Some(now));
                }
                next.problem = match texts.len() {
                    0 => "There is no such TXT record.".into(),
                    _ => "The TXT record holds something else.".into(),
                };
                if self.status == Claim::Proven && next.misses >= MISSES {
                    (next.status, next.proven_at) = (Claim::Lapsed, None);
                }
                next.next_check_at = now.after(self.pause(now));
            }
            Seen::Unknown(problem) => {
                next.problem.clone_from(problem);
                next.next_check_at = now.after(self.longer_pause(problem, now));
            }
        }
        next
    }

    /// The claim where the proof is there, but another tenant has proven the host before.
    pub(crate) fn rivalled(&self, now: Timestamp) -> Self {
        Self {
            problem: "Another workspace has proven this host; its proof must go from DNS first."
                .into(),
            checked_at: Some(now),
            next_check_at: now.after(SOON),
            ..self.clone()
        }
    }

    /// Where the same problem was there before, twice the time since: name servers that are away are asked ever less, and
    /// once a day at least.
    fn longer_pause(&self, problem: &str, now: Timestamp) -> Duration {
        let before = self.checked_at.filter(|_| self.problem == problem);
        let waited = before.map(|at| now.since(at)).unwrap_or_default();
        self.pause(now).max(waited.saturating_mul(2)).min(AGAIN)
    }

    fn pause(&self, now: Timestamp) -> Duration {
        let young = self.status == Claim::Pending && now < self.created_at.after(YOUTH);
        if young { YOUNG } else { SOON }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        Timestamp::from(jiff::Timestamp::UNIX_EPOCH)
    }

    fn domain() -> Domain {
        Domain {
            domain_id: Uuid::nil(),
            host: Host::parse("school.example").expect("a host"),
            token: "0".repeat(32),
            status: Claim::Pending,
            misses: 0,
            missed_at: None,
            problem: String::new(),
            proven_at: None,
            checked_at: None,
            next_check_at: start(),
            created_at: start(),
        }
    }

    #[test]
    fn hosts_have_one_spelling() {
        for (text, host) in [
            ("School.Example", "school.example"),
            ("school.example.", "school.example"),
            ("*.School.example", "*.school.example"),
            ("школа.рф", "xn--80atdl2c.xn--p1ai"),
        ] {
            assert_eq!(Host::parse(text).expect(text).as_str(), host);
        }
        for bad in [
            "",
            "school",
            "*",
            "*.example",
            "a.*.example",
            "**.school.example",
            "school..example",
            "-a.example",
            "10.0.0.1",
            "[::1]",
            "school.example:80",
            "http://school.example",
            "a b.example",
            "a@school.example",
            "school_1.example",
            &format!("{}.example", "a".repeat(64)),
            &vec!["abcdefgh"; 30].join("."),
        ] {
            assert!(Host::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nobody_claims_a_public_mail_provider() {
        for bad in ["gmail.com", "*.gmail.com", "GMAIL.com.", "me.yandex.ru", "yandex.ru"] {
            assert_eq!(Host::parse(bad), Err("belongs to a public mail provider"), "{bad}");
        }
        assert!(Host::parse("notgmail.com").is_ok());
    }

    #[test]
    fn the_exact_host_comes_first_and_the_most_specific_wildcard_next() {
        assert_eq!(
            candidates("a.b.school.example"),
            ["a.b.school.example", "*.b.school.example", "*.school.example"]
        );
        assert_eq!(candidates("school.example"), ["school.example"]);
    }

    #[test]
    fn a_wildcard_is_proven_by_the_name_below_it() {
        let record = |text| Host::parse(text).expect("a host").record();
        assert_eq!(record("*.school.example"), "_usher-challenge.school.example");
        assert_eq!(record("school.example"), "_usher-challenge.school.example");
    }

    #[test]
    fn a_claim_is_proven_by_its_own_token_alone() {
        let claim = domain();
        let others = Seen::Texts(vec!["v=spf1 -all".into(), format!("{VALUE}{}", "1".repeat(32))]);
        let missed = claim.after(&others, start());
        assert_eq!((missed.status, missed.misses), (Claim::Pending, 1));
        assert_eq!(missed.next_check_at, start().after(YOUNG));
        let proof = Seen::Texts(vec!["v=spf1 -all".into(), claim.value()]);
        let proven = missed.after(&proof, start().after(SOON));
        assert_eq!((proven.status, proven.misses, proven.problem.as_str()), (Claim::Proven, 0, ""));
        let again = proven.after(&proof, start().after(AGAIN));
        assert_eq!(again.proven_at, proven.proven_at, "proven since the first look");
    }

    #[test]
    fn name_servers_that_stay_away_are_asked_ever_less() {
        let away = Seen::Unknown("timed out".into());
        let mut held = domain().after(&Seen::Texts(vec![domain().value()]), start());
        let mut pauses = Vec::new();
        for _ in 0..7 {
            let now = held.next_check_at;
            held = held.after(&away, now);
            pauses.push(held.next_check_at.since(now).as_secs() / 3600);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 24, 24]);
    }

    #[test]
    fn looks_that_follow_one_another_at_once_cost_nobody_a_host() {
        let mut held = domain().after(&Seen::Texts(vec![domain().value()]), start());
        let gone = Seen::Texts(Vec::new());
        for seconds in 0..1000 {
            held = held.after(&gone, start().after(Duration::from_secs(seconds)));
        }
        assert_eq!((held.status, held.misses), (Claim::Proven, 1));
        assert_eq!(held.after(&gone, start().after(SOON)).misses, 2);
    }

    #[test]
    fn a_proof_that_is_missing_for_long_lapses_and_an_outage_does_not() {
        let proof = Seen::Texts(vec![domain().value()]);
        let mut held = domain().after(&proof, start());
        for _ in 0..100 {
            held = held.after(&Seen::Unknown("timed out".into()), held.next_check_at);
        }
        assert_eq!((held.status, held.problem.as_str()), (Claim::Proven, "timed out"));
        let gone = Seen::Texts(Vec::new());
        let since = held.next_check_at;
        while held.status == Claim::Proven {
            held = held.after(&gone, held.next_check_at);
        }
        assert_eq!((held.status, held.proven_at), (Claim::Lapsed, None));
        assert!(held.checked_at.expect("checked").since(since) > AGAIN, "a day is not enough");
        assert_eq!(
            held.after(&proof, held.next_check_at).status,
            Claim::Proven,
            "it may come back"
        );
    }
}
