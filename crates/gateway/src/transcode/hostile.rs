//! Every reader of the border against hostile texts: those of the corpus in `tests/corpus`, and what becomes of them when
//! they are cut, doubled, glued together and damaged. Nothing panics, and what is accepted is what it seems.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use kernel::Clock;
use proptest::{collection::vec, prelude::*, sample::select, test_runner::Config};
use prost_reflect::ReflectMessage;

use super::{
    ROUTES,
    fields::{Sources, read},
    strict, version,
};
use crate::{
    client::{Client, Scheme},
    credential::Credential,
    csrf, headers,
    tenancy::{Caller, Evidence, HostName, split},
};

type Corpus = LazyLock<Vec<String>>;

fn lines(file: &str) -> Vec<String> {
    let lines = file.lines().map(|line| serde_json::from_str(line).expect("a text"));
    lines.collect()
}

static HOSTS: Corpus = Corpus::new(|| lines(include_str!("../../tests/corpus/hosts.jsonl")));
static TARGETS: Corpus = Corpus::new(|| lines(include_str!("../../tests/corpus/targets.jsonl")));
static HEADERS: Corpus = Corpus::new(|| lines(include_str!("../../tests/corpus/headers.jsonl")));
static BODIES: Corpus = Corpus::new(|| lines(include_str!("../../tests/corpus/bodies.jsonl")));

/// One step from a text of the corpus to one that nobody thought of.
#[derive(Debug, Clone)]
enum Change {
    Cut(usize),
    Double(usize),
    Put(usize, char),
    Glue(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let odd = select(vec![
        '\0',
        '\t',
        ' ',
        '"',
        '%',
        ',',
        '.',
        '/',
        ':',
        ';',
        '@',
        '[',
        '\\',
        ']',
        '{',
        '}',
        '\u{7f}',
        '\u{e9}',
        '\u{435}',
        '\u{200b}',
        '\u{3002}',
        '\u{ff0e}',
        '\u{1f4a3}',
        'a',
        '0',
        '-',
        '_',
        '*',
        '?',
        '#',
        '\r',
        '\n',
    ]);
    prop_oneof![
        any::<usize>().prop_map(Change::Cut),
        any::<usize>().prop_map(Change::Double),
        (any::<usize>(), odd).prop_map(|(at, odd)| Change::Put(at, odd)),
        any::<usize>().prop_map(Change::Glue),
    ]
}

/// A text of the corpus after some changes.
fn hostile(corpus: &'static Corpus) -> impl Strategy<Value = String> {
    (any::<usize>(), vec(change(), 0..6)).prop_map(move |(at, changes)| {
        let pick = |at: usize| corpus[at % corpus.len()].clone();
        changes.into_iter().fold(pick(at), |text, change| {
            let place = |at: usize| {
                let places: Vec<_> =
                    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
                places[at % places.len()]
            };
            match change {
                Change::Cut(at) => text[..place(at)].to_owned(),
                Change::Double(at) => format!("{text}{}", &text[place(at)..]),
                Change::Put(at, odd) => {
                    let at = place(at);
                    format!("{}{odd}{}", &text[..at], &text[at..])
                }
                Change::Glue(at) => text.clone() + &pick(at),
            }
        })
    })
}

/// Headers of these values, as far as they can stand in a header at all.
fn map(pairs: &[(HeaderName, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.append(name.clone(), value);
        }
    }
    headers
}

fn named(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// Everything that reads headers, on headers of these values.
fn read_headers(values: &[String]) {
    let at = |n: usize| values[n % values.len()].as_str();
    let pairs = [
        (header::HOST, at(0)),
        (named("x-forwarded-host"), at(1)),
        (named("x-forwarded-for"), at(2)),
        (named("x-forwarded-for"), at(3)),
        (named("x-forwarded-proto"), at(4)),
        (named("x-request-id"), at(5)),
        (named("x-tenant-id"), at(6)),
        (header::AUTHORIZATION, at(7)),
        (header::COOKIE, at(8)),
        (header::ORIGIN, at(9)),
        (header::IF_NONE_MATCH, at(10)),
        (named("idempotency-key"), at(11)),
    ];
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = map(&pairs);
    let everybody = ["0.0.0.0/0".parse().expect("network")];
    for proxies in [&everybody[..], &[]] {
        let (client, sound) = Client::read(&parts, proxies, &Clock::system());
        assert!(client.request_id.bytes().all(|b| b.is_ascii_graphic()));
        assert!(sound.is_ok() || client.host.is_none(), "who is refused names no host");
        let _ = csrf::check(&http::Method::POST, &parts.headers, &client);
        let host = client.host.as_ref();
        let evidence = Evidence::read(host, None, &parts.headers, "usher.test", Caller::Anonymous);
        assert!(evidence.map_or(0, |evidence| evidence.names.len()) <= 1);
    }
    let _ = Credential::read(&parts.headers, Scheme::Http);
    let _ = super::idempotency_key(&parts.headers);
    let tag = HeaderValue::from_static("\"1-a\"");
    let _ = version::is_known(&parts.headers, &tag);
    headers::cleanse(&mut parts.headers);
    assert!(!parts.headers.keys().any(|name| name.as_str().starts_with("x-forwarded")));
}

fn read_host(text: &str) {
    let Ok(host) = HostName::parse(text) else { return };
    let name = host.as_str();
    assert!(
        !name
            .bytes()
            .any(|b| b.is_ascii_uppercase() || !b.is_ascii_graphic() || b"/@,%\"".contains(&b)),
        "{name}"
    );
    if !host.is_address() {
        assert_eq!(HostName::parse(name), Ok(host.clone()));
        assert!(text.to_ascii_lowercase().contains(name), "{name} stands in {text}");
    }
}

fn read_target(text: &str) {
    let Ok(uri) = text.parse::<Uri>() else { return };
    if let Some((prefix, rest)) = split(&uri) {
        assert!(uri.path().starts_with(&format!("/t/{}", prefix.0)));
        assert_eq!(rest.query(), uri.query(), "the query stays");
    }
}

/// The message of every kind of route, from this query and body.
fn read_message(query: &str, body: &str) {
    let headers = map(&[(header::CONTENT_TYPE, "application/json")]);
    for route in ROUTES.iter().step_by(7) {
        let vars = route.vars.iter().map(|_| query.to_owned()).collect();
        let body = Bytes::copy_from_slice(body.as_bytes());
        let sources = Sources { vars, query, headers: &headers, body: &body };
        match read(route, &sources) {
            Ok(message) => assert_eq!(message.descriptor(), route.rpc.input()),
            Err(problem) => {
                assert!(problem.status().is_client_error() && problem.fields().len() <= 50)
            }
        }
    }
}

#[test]
fn the_corpus_as_it_is_does_no_harm() {
    for host in HOSTS.iter() {
        read_host(host);
    }
    for target in TARGETS.iter() {
        read_target(target);
        read_message(target.split_once('?').map_or("", |(_, query)| query), "");
    }
    for value in HEADERS.iter().chain(HOSTS.iter()) {
        read_headers(std::slice::from_ref(value));
    }
    for body in BODIES.iter() {
        read_message("", body);
        let _ = strict::object(body.as_bytes());
    }
}

proptest! {
    #![proptest_config(Config { cases: 2_000, ..Config::default() })]

    #[test]
    fn hosts_that_nobody_thought_of(text in hostile(&HOSTS)) {
        read_host(&text);
    }

    #[test]
    fn targets_that_nobody_thought_of(text in hostile(&TARGETS)) {
        read_target(&text);
    }

    #[test]
    fn headers_that_nobody_thought_of(values in vec(prop_oneof![hostile(&HEADERS), hostile(&HOSTS)], 1..13)) {
        read_headers(&values);
    }
}

proptest! {
    #![proptest_config(Config { cases: 300, ..Config::default() })]

    #[test]
    fn messages_that_nobody_thought_of(query in hostile(&TARGETS), body in hostile(&BODIES)) {
        read_message(&query, &body);
    }
}
