//! How forms and apps' proofs are read.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;

use super::{proof::read as client, *};

#[test]
fn a_form_is_read_as_it_was_written_and_what_is_none_is_refused() {
    let read = form_pairs(b"a=b+c&d=%C3%A9&e").expect("a form");
    let told: Vec<_> = read.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(told, [("a", "b c"), ("d", "é"), ("e", "")]);
    for bad in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%ff", b"a=%00", b"a=%+1"] {
        assert!(form_pairs(bad).is_none(), "{bad:?}");
    }
}

#[test]
fn an_app_names_itself_in_one_way() {
    let read = |header: Option<&str>, pairs: &[(&str, &str)]| {
        let mut headers = HeaderMap::new();
        headers.extend(header.map(|text| (AUTHORIZATION, text.parse().expect("a value"))));
        let pairs = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let proof = client(&headers, &mut pairs.collect());
        proof.ok().map(|proof| (proof.client_id, proof.client_secret))
    };
    let basic = format!("Basic {}", STANDARD.encode("a%3A:s+t"));
    let both = Some(("a:".to_owned(), "s t".to_owned()));
    assert_eq!(read(Some(&basic), &[]), both);
    assert_eq!(read(Some(&basic), &[("client_id", "a:")]), both);
    assert_eq!(read(Some(&basic), &[("client_id", "b")]), None);
    assert_eq!(read(Some(&basic), &[("client_secret", "x")]), None);
    assert_eq!(read(Some("Bearer x"), &[]), None);
    for bad in ["Bearer x", "Basic", "Basic !", "Basic YQ=="] {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bad.parse().expect("a value"));
        let refused = client(&headers, &mut BTreeMap::new()).expect_err("is refused");
        assert_eq!((refused.status, refused.error), (StatusCode::UNAUTHORIZED, "invalid_client"));
        assert_eq!(refused.challenge, Some("Basic"), "{bad}");
    }
    assert_eq!(read(None, &[("client_id", "a")]), Some(("a".into(), String::new())));
}
