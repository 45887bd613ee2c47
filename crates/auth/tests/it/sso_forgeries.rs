//! ID tokens that are not what they should be: none of them lets anybody in.

use kernel::Code;
use sandbox::openid::{Forge, Sign};
use serde_json::json;

use crate::{
    house::refusal,
    sso::{School, ann},
};

/// What is forged, by name.
fn forgeries(issuer: &str) -> Vec<(&'static str, Forge)> {
    let far = 4_000_000_000_u64;
    vec![
        ("another issuer", Forge::claims(json!({"iss": "https://evil.example"}))),
        ("the issuer with a slash", Forge::claims(json!({"iss": format!("{issuer}/")}))),
        ("no issuer", Forge::claims(json!({"iss": null}))),
        ("another audience", Forge::claims(json!({"aud": "other"}))),
        ("no audience", Forge::claims(json!({"aud": null}))),
        (
            "several audiences and nobody who asked",
            Forge::claims(json!({"aud": ["usher", "other"]})),
        ),
        ("somebody else who asked", Forge::claims(json!({"azp": "other"}))),
        ("over", Forge::claims(json!({"exp": 1}))),
        ("no end", Forge::claims(json!({"exp": null}))),
        ("an end as text", Forge::claims(json!({"exp": "4000000000"}))),
        ("an end as fraction", Forge::claims(json!({"exp": 4e9 + 0.5}))),
        ("of long ago", Forge::claims(json!({"iat": 1}))),
        ("of the future", Forge::claims(json!({"iat": far}))),
        ("no time", Forge::claims(json!({"iat": null}))),
        ("not yet", Forge::claims(json!({"nbf": far}))),
        ("another nonce", Forge::claims(json!({"nonce": "another"}))),
        ("no nonce", Forge::claims(json!({"nonce": null}))),
        ("no subject", Forge::claims(json!({"sub": null}))),
        ("an empty subject", Forge::claims(json!({"sub": ""}))),
        ("a subject that is a number", Forge::claims(json!({"sub": 1}))),
        ("a long subject", Forge::claims(json!({"sub": "x".repeat(256)}))),
        ("another key", Forge::sign(Sign::Other)),
        ("the public key as secret", Forge::sign(Sign::PublicKeyAsSecret)),
        ("the client's secret", Forge::sign(Sign::ClientSecret)),
        ("no signature", Forge::sign(Sign::Nobody)),
        (
            "changed after signing",
            Forge { sign: Sign::Before, ..Forge::claims(json!({"sub": "bob-2"})) },
        ),
        ("an unknown key's name", Forge::header(json!({"kid": "key-2"}))),
        ("another algorithm's name", Forge::header(json!({"alg": "RS256"}))),
        ("none with a signature", Forge::header(json!({"alg": "none"}))),
        ("extensions to be understood", Forge::header(json!({"crit": ["exp"], "exp": 1}))),
        ("another kind of token", Forge::header(json!({"typ": "at+jwt"}))),
        ("no algorithm", Forge::header(json!({"alg": null}))),
    ]
}

#[tokio::test]
async fn no_forged_id_token_lets_anybody_in() {
    let school = School::start().await;
    for (name, forge) in forgeries(school.provider.issuer()) {
        school.provider.forge(forge);
        let refused = refusal(school.sign_in(&ann()).await);
        assert_eq!(refused, (Code::Unauthenticated, "sso_refused".into()), "{name}");
    }
    assert_eq!(school.house.text("select count(*)::text from sessions").await, "0");
    assert_eq!(school.house.text("select count(*)::text from sso_identities").await, "0");
    school.sign_in(&ann()).await.expect("the real one");
    // A key that the token brings along itself is never looked at.
    school.provider.forge(Forge::header(json!({"jku": "https://evil.example/keys"})));
    school.sign_in(&ann()).await.expect("nobody asks there");
}
