//! Spellings of addresses: the vectors that any other implementation may be held to.

use kernel::Email;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    input: String,
    /// Absent where the spelling is refused.
    canonical: Option<String>,
    why: String,
}

#[test]
fn every_spelling_comes_to_its_canonical_form() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("emails.json")).expect("vectors");
    assert!(vectors.len() >= 80, "{}", vectors.len());
    for Vector { input, canonical, why } in vectors {
        let read = Email::parse(&input).ok().map(String::from);
        assert_eq!(read, canonical, "{input:?}: {why}");
        if let Some(canonical) = canonical {
            assert_eq!(
                Email::parse(&canonical).map(String::from),
                Ok(canonical.clone()),
                "is stable"
            );
        }
    }
}
