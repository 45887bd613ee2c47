//! What a request says about its tenant, before anybody is asked who that is.

use http::{HeaderMap, HeaderName};
use kernel::{Code, Slug, TenantId};

use super::{HostName, Prefix};
use crate::problem::Problem;

/// Names the tenant for callers with a credential.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-tenant-id");

/// Hosts below the base domain that are the platform's own. All of them are reserved words, so no tenant has them.
const PLATFORM: [&str; 6] = ["admin", "api", "app", "console", "usher", "www"];

/// One way in which a request names a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Named {
    /// By its slug.
    Slug(Slug),
    /// By its id.
    Id(TenantId),
    /// By a host of its own, which may also be nobody's.
    Host(HostName),
}

/// All ways in which a request names its tenant; where there are two, they must agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// In the order of host, path, header.
    pub(crate) names: Vec<Named>,
}

impl Evidence {
    /// Reads the evidence. The header counts only for callers `with_credential`; malformed it is refused for all.
    pub(crate) fn read(
        host: Option<&HostName>,
        prefix: Option<&Prefix>,
        headers: &HeaderMap,
        base: &str,
        caller: Caller,
    ) -> Result<Self, Problem> {
        let mut names = Vec::new();
        if let Some(host) = host {
            names.extend(of_host(host, base)?);
        }
        if let Some(Prefix(slug)) = prefix {
            names.push(Named::Slug(Slug::parse(slug).map_err(|_| unknown())?));
        }
        if let Some(named) = of_header(headers)?
            && caller == Caller::WithCredential
        {
            names.push(named);
        }
        Ok(Self { names })
    }
}

/// Whether the caller showed a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A token or a session cookie, right or wrong.
    WithCredential,
    /// Neither.
    Anonymous,
}

fn of_host(host: &HostName, base: &str) -> Result<Option<Named>, Problem> {
    // Machines call us by address or by a single word; neither names a tenant.
    if host.as_str() == base || host.is_address() {
        return Ok(None);
    }
    let below = host.as_str().strip_suffix(base).and_then(|rest| rest.strip_suffix('.'));
    match below {
        Some(label) if PLATFORM.contains(&label) => Ok(None),
        Some(label) => Ok(Some(Named::Slug(Slug::parse(label).map_err(|_| unknown())?))),
        None if host.is_single_label() => Ok(None),
        None => Ok(Some(Named::Host(host.clone()))),
    }
}

fn of_header(headers: &HeaderMap) -> Result<Option<Named>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let malformed = || {
        let detail = "X-Tenant-ID holds one slug or one id, in lower case, and stands once.";
        Problem::new(Code::Invalid, "bad_tenant_header", detail)
    };
    if values.next().is_some() {
        return Err(malformed());
    }
    let text = value.to_str().map_err(|_| malformed())?;
    // A text that reads as an id is one, whatever slug it would make.
    let id = TenantId::parse(text).map(Named::Id);
    let named = id.or_else(|_| Slug::parse(text).map(Named::Slug));
    named.map(Some).map_err(|_| malformed())
}

/// The refusal of a tenant that is not there.
pub(crate) fn unknown() -> Problem {
    Problem::new(Code::NotFound, "tenant_unknown", "There is no such tenant.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const ID: &str = "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e1f";

    fn slug(text: &str) -> Named {
        Named::Slug(Slug::parse(text).expect("slug"))
    }

    fn read(
        host: &str,
        prefix: Option<&str>,
        header: &[&str],
        caller: Caller,
    ) -> Result<Vec<Named>, String> {
        let host = HostName::parse(host).expect("host");
        let prefix = prefix.map(|slug| Prefix(slug.into()));
        let mut headers = HeaderMap::new();
        for value in header {
            headers.append(HEADER, HeaderValue::from_bytes(value.as_bytes()).expect("value"));
        }
        Evidence::read(Some(&host), prefix.as_ref(), &headers, "usher.test", caller)
            .map(|evidence| evidence.names)
            .map_err(|problem| problem.reason().to_owned())
    }

    fn of_host(host: &str) -> Result<Vec<Named>, String> {
        read(host, None, &[], Caller::Anonymous)
    }

    fn of_header(values: &[&str]) -> Result<Vec<Named>, String> {
        read("usher.test", None, values, Caller::WithCredential)
    }

    #[test]
    fn a_host_below_the_base_domain_is_a_slug() {
        for host in ["acme.usher.test", "ACME.usher.test:8080", "acme.usher.TEST."] {
            assert_eq!(of_host(host), Ok(vec![slug("acme")]), "{host}");
        }
    }

    #[test]
    fn the_platforms_own_hosts_addresses_and_machine_names_name_nobody() {
        for host in ["usher.test", "www.usher.test", "127.0.0.1:8080", "[::1]", "gateway"] {
            assert_eq!(of_host(host), Ok(vec![]), "{host}");
        }
        for label in PLATFORM {
            assert!(Slug::parse(label).is_err(), "a tenant could take {label}");
        }
    }

    #[test]
    fn no_trick_with_the_base_domain_names_a_tenant() {
        for host in ["a.acme.usher.test", "ab.usher.test", "acme_1.usher.test", "docs.usher.test"] {
            assert_eq!(of_host(host), Err("tenant_unknown".into()), "{host}");
        }
        for host in ["acmeusher.test", "usher.test.evil.example", "acme.usher.test.evil.example"] {
            let named = Named::Host(HostName::parse(host).expect("host"));
            assert_eq!(of_host(host), Ok(vec![named]), "{host} may only be a custom host");
        }
    }

    #[test]
    fn the_header_is_an_id_or_a_slug_in_one_spelling() {
        assert_eq!(of_header(&["acme"]), Ok(vec![slug("acme")]));
        let id = Named::Id(TenantId::parse(ID).expect("id"));
        assert_eq!(of_header(&[ID]), Ok(vec![id]));
        let upper = ID.to_uppercase();
        let braced = format!("{{{ID}}}");
        let urn = format!("urn:uuid:{ID}");
        for value in [
            "",
            " ",
            "acme,other",
            "acme, other",
            "acme;other",
            "Acme",
            "acme.",
            "ac",
            "admin",
            "acme/../other",
            "a\u{441}me",
            upper.as_str(),
            braced.as_str(),
            urn.as_str(),
        ] {
            assert_eq!(of_header(&[value]), Err("bad_tenant_header".into()), "{value:?}");
        }
    }

    #[test]
    fn a_second_header_is_refused_even_where_it_says_the_same() {
        assert_eq!(of_header(&["acme", "acme"]), Err("bad_tenant_header".into()));
        let anonymous = read("usher.test", None, &["acme", "other"], Caller::Anonymous);
        assert_eq!(anonymous, Err("bad_tenant_header".into()));
    }

    #[test]
    fn the_header_of_an_anonymous_caller_says_nothing() {
        assert_eq!(read("usher.test", None, &["acme"], Caller::Anonymous), Ok(vec![]));
    }

    #[test]
    fn the_path_must_hold_a_slug_as_it_is() {
        let of_path = |slug| read("usher.test", Some(slug), &[], Caller::Anonymous);
        assert_eq!(of_path("acme"), Ok(vec![slug("acme")]));
        for text in ["", "Acme", "%61cme", "acme%2e", "..", "admin", "ac"] {
            assert_eq!(of_path(text), Err("tenant_unknown".into()), "{text}");
        }
    }

    #[test]
    fn every_name_is_kept_for_the_comparison() {
        let all = read("acme.usher.test", Some("beta"), &["gamma"], Caller::WithCredential);
        assert_eq!(all, Ok(vec![slug("acme"), slug("beta"), slug("gamma")]));
    }
}
