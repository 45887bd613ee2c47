//! The versions of resources as entity tags: `ETag`, `If-None-Match` and `If-Match` (RFC 9110, 8.8.3 and 13.1).

use aws_lc_rs::digest::{SHA256, digest};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Code, Cx, FieldViolation};
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value};

use super::Route;
use crate::problem::Problem;

/// The field that counts the changes of a resource.
const FIELD: &str = "version";

/// Whose versions are meant: a version of one tenant's resource is none of another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Versions(String);

impl Versions {
    /// Those of the resource that this request is about; `None` where it has no versions.
    pub(super) fn of(route: &Route, vars: &[String], cx: &Cx) -> Option<Self> {
        let output = route.rpc.output();
        if route.is_stream() || !counts(&output) {
            return None;
        }
        let tenant = cx.tenant.map(|id| id.to_string()).unwrap_or_default();
        let mut whose = format!("{tenant}\n{}", output.full_name());
        for var in vars {
            whose.push('\n');
            whose.push_str(var);
        }
        let hash = digest(&SHA256, whose.as_bytes());
        Some(Self(hash.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The tag of an answer.
    pub(super) fn tag(&self, answer: &DynamicMessage) -> Option<HeaderValue> {
        let version = answer.get_field_by_name(FIELD)?.as_i64()?;
        HeaderValue::try_from(format!("\"{version}-{}\"", self.0)).ok()
    }

    /// The version that a change is meant for, as `If-Match` tells; `None` where it is meant for any.
    fn expected(&self, headers: &HeaderMap) -> Result<Option<i64>, Problem> {
        let mut tags = tags(headers, header::IF_MATCH)?;
        match (tags.pop(), tags.is_empty()) {
            (None, _) => Ok(None),
            (Some(Tag::Any), true) => Ok(None),
            (Some(Tag::Strong(tag)), true) => {
                let version = tag.strip_suffix(&self.0).and_then(|tag| tag.strip_suffix('-'));
                let version = version.and_then(|version| version.parse().ok());
                version.map(Some).ok_or_else(outdated)
            }
            // What is only alike is not the same, and none of several can be sent along.
            _ => Err(outdated()),
        }
    }
}

/// The version that the request expects, to be sent along with a change.
pub(super) fn expected(
    route: &Route,
    versions: Option<&Versions>,
    headers: &HeaderMap,
) -> Result<Option<i64>, Problem> {
    if route.verb.is_safe() || !headers.contains_key(header::IF_MATCH) {
        return Ok(None);
    }
    match versions {
        Some(versions) if counts(&route.rpc.input()) => versions.expected(headers),
        // A change that cannot be made to depend on a version is not made.
        _ => Err(outdated()),
    }
}

/// Whether the caller has this answer already, as `If-None-Match` tells.
pub(super) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let text = tag.to_str().unwrap_or_default().trim_matches('"');
    tags(headers, header::IF_NONE_MATCH).unwrap_or_default().iter().any(|known| match known {
        Tag::Any => true,
        Tag::Strong(known) | Tag::Weak(known) => known == text,
    })
}

/// The refusal of a service, where it is that of a version which `If-Match` told.
pub(super) fn refused(problem: Problem, expected: Option<i64>) -> Problem {
    let is_version = problem.fields().iter().any(|violation| violation.field == FIELD);
    match expected {
        Some(_) if problem.status() == StatusCode::CONFLICT && is_version => outdated(),
        _ => problem,
    }
}

fn outdated() -> Problem {
    let detail = "If-Match names no present version of this; read it again and send its ETag.";
    Problem::of_status(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
}

fn counts(message: &MessageDescriptor) -> bool {
    let field = message.get_field_by_name(FIELD);
    field.is_some_and(|field| field.kind() == Kind::Int64 && !field.is_list())
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tag {
    /// `*`
    Any,
    Strong(String),
    Weak(String),
}

/// The tags of a header, on however many lines.
fn tags(headers: &HeaderMap, name: header::HeaderName) -> Result<Vec<Tag>, Problem> {
    let bad = || {
        let detail = format!("{name} holds * or entity tags in quotes, with commas between.");
        Problem::new(Code::Invalid, "bad_precondition", detail)
    };
    let mut tags = Vec::new();
    for line in headers.get_all(&name) {
        let line = line.to_str().map_err(|_| bad())?;
        tags.extend(parse(line).ok_or_else(bad)?);
    }
    if tags.len() > 1 && tags.contains(&Tag::Any) {
        return Err(bad());
    }
    Ok(tags)
}

/// `*`, or a list of `"…"` and `W/"…"`.
fn parse(text: &str) -> Option<Vec<Tag>> {
    let mut rest = text.trim_matches([' ', '\t']);
    if rest == "*" {
        return Some(vec![Tag::Any]);
    }
    let mut tags = Vec::new();
    loop {
        let weak = rest.strip_prefix("W/");
        let opaque = weak.unwrap_or(rest).strip_prefix('"')?;
        let (opaque, after) = opaque.split_once('"')?;
        if !opaque.bytes().all(|byte| byte == b'!' || (b'#'..=b'~').contains(&byte)) {
            return None;
        }
        let tag = if weak.is_some() { Tag::Weak } else { Tag::Strong };
        tags.push(tag(opaque.to_owned()));
        let after = after.trim_start_matches([' ', '\t']);
        match after.strip_prefix(',') {
            Some(more) => rest = more.trim_start_matches([' ', '\t']),
            None if after.is_empty() => return Some(tags),
            None => return None,
        }
    }
}

/// The version as the request's own field, where `If-Match` told one; the body may not tell another.
pub(super) fn tell(message: &mut DynamicMessage, expected: Option<i64>) -> Result<(), Problem> {
    let Some(version) = expected else { return Ok(()) };
    let told = message.get_field_by_name(FIELD).and_then(|told| told.as_i64());
    if told.is_some_and(|told| told != 0 && told != version) {
        let told = FieldViolation::new(FIELD, "is not the version that If-Match names");
        return Err(Problem::of_fields(vec![told]));
    }
    message.set_field_by_name(FIELD, Value::I64(version));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_of_tags_are_read_and_nothing_else() {
        let strong = |tag: &str| Tag::Strong(tag.into());
        assert_eq!(parse("*"), Some(vec![Tag::Any]));
        assert_eq!(parse("\"a\""), Some(vec![strong("a")]));
        assert_eq!(parse("\"\""), Some(vec![strong("")]));
        let list = vec![strong("a,b"), Tag::Weak("c".into())];
        assert_eq!(parse(" \"a,b\" ,\tW/\"c\" "), Some(list));
        for text in [
            "", "a", "\"a", "a\"", "\"a\"b", "\"a\",", ",\"a\"", "w/\"a\"", "W/a", "\"a b\"",
            "'a'", "*,*", "\"a\",*",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_version_of_another_resource_is_none() {
        let (ours, theirs) = (Versions("0a".into()), Versions("0b".into()));
        let expected = |versions: &Versions, text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, HeaderValue::from_str(text).expect("value"));
            versions.expected(&headers).map_err(|problem| problem.status().as_u16())
        };
        assert_eq!(expected(&ours, "\"7-0a\""), Ok(Some(7)));
        assert_eq!(expected(&ours, "*"), Ok(None));
        assert_eq!(expected(&theirs, "\"7-0a\""), Err(412));
        for text in ["W/\"7-0a\"", "\"7-0a\", \"8-0a\"", "\"7\"", "\"x-0a\"", "\"70a\"", "\"\""] {
            assert_eq!(expected(&ours, text), Err(412), "{text}");
        }
        assert_eq!(expected(&ours, "7-0a"), Err(400));
    }

    proptest! {
        #[test]
        fn whatever_is_written_there_does_no_harm(text in "[ \\t,\"W/*a!~é\u{7f}]{0,40}") {
            for tag in parse(&text).unwrap_or_default() {
                let shown = match tag {
                    Tag::Any => "*".to_owned(),
                    Tag::Strong(tag) => format!("\"{tag}\""),
                    Tag::Weak(tag) => format!("W/\"{tag}\""),
                };
                prop_assert!(text.contains(&shown));
            }
        }
    }
}
