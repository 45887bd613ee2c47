//! Apps that prove themselves by what they sign (RFC 7523), wherever they have to.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tonic::Status;
use wire::{
    auth::v1::{
        ClientProof, CreateOAuthClientRequest, EndOAuthClientRequest, GrantTokensRequest,
        GrantTokensResponse, IntrospectTokenRequest, JsonWebKey, NewOAuthClient,
        PushAuthorizationRequest, ReplaceOAuthClientKeysRequest, RevokeTokenRequest,
        RotateOAuthClientSecretRequest,
    },
    call,
};

use crate::{
    house::{ORIGIN, ask, refusal},
    oauth::{Scene, access, apps, oauth},
};

/// What an app signs with.
enum Signer {
    Ed(Ed25519KeyPair),
    Es(EcdsaKeyPair),
    Rs(RsaKeyPair),
}

impl Signer {
    fn ed() -> Self {
        Self::Ed(Ed25519KeyPair::generate().expect("draws"))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed(_) => "EdDSA",
            Self::Es(_) => "ES256",
            Self::Rs(_) => "RS256",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed(pair) => pair.sign(message).as_ref().into(),
            Self::Es(pair) => {
                pair.sign(&SystemRandom::new(), message).expect("signs").as_ref().into()
            }
            Self::Rs(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let random = SystemRandom::new();
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("signs");
                signature
            }
        }
    }

    fn public(&self, kid: &str) -> JsonWebKey {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let key = JsonWebKey { kid: kid.into(), ..Default::default() };
        match self {
            Self::Ed(pair) => JsonWebKey {
                kty: "OKP".into(),
                crv: "Ed25519".into(),
                x: text(pair.public_key().as_ref()),
                ..key
            },
            Self::Es(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (text(&point[1..33]), text(&point[33..]));
                JsonWebKey { kty: "EC".into(), crv: "P-256".into(), x, y, ..key }
            }
            Self::Rs(pair) => {
                let public = pair.public_key();
                let n = text(public.modulus().big_endian_without_leading_zero());
                JsonWebKey { kty: "RSA".into(), n, e: "AQAB".into(), ..key }
            }
        }
    }
}

/// A scene whose app proves itself by the key `k1`.
struct Keyed {
    scene: Scene,
    signer: Signer,
}

impl Keyed {
    async fn set() -> Self {
        Self::set_with(Signer::ed()).await
    }

    async fn set_with(signer: Signer) -> Self {
        let scene = Scene::set().await;
        let wish = CreateOAuthClientRequest {
            name: "Signing".into(),
            confidential: true,
            redirect_uris: vec!["https://app.example/cb".into()],
            scopes: ["openid", "user.members.read"].map(String::from).into(),
            keys: vec![signer.public("k1")],
            ..Default::default()
        };
        let app = make(&scene, wish).await.expect("makes");
        assert_eq!(app.client_secret, "", "it has a key in the place of a secret");
        Self { scene: Scene { app, ..scene }, signer }
    }

    /// What the app signs, but for `change`.
    fn assertion(&self, change: Value) -> String {
        let now = self.scene.house.clock.now().jiff().as_second();
        let name = self.scene.name();
        let mut claims = json!({
            "iss": name, "sub": name, "aud": ORIGIN, "iat": now, "exp": now + 60,
            "jti": testkit::user().to_string(),
        });
        for (name, value) in change.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        let header = json!({"alg": self.signer.algorithm(), "kid": "k1"}).to_string();
        let parts = [header, claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let message = parts.join(".");
        let signature = URL_SAFE_NO_PAD.encode(self.signer.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn proof(&self) -> Option<ClientProof> {
        proof(&self.scene.name(), &self.assertion(json!({})))
    }

    /// A redemption of a fresh code by this proof.
    async fn redeem(&self, client: Option<ClientProof>) -> Result<GrantTokensResponse, Status> {
        let code = self.scene.code().await;
        self.scene.grant(GrantTokensRequest { client, ..self.scene.redemption(&code) }).await
    }
}

fn proof(client_id: &str, assertion: &str) -> Option<ClientProof> {
    Some(ClientProof {
        client_id: client_id.into(),
        client_assertion: assertion.into(),
        ..Default::default()
    })
}

async fn make(scene: &Scene, wish: CreateOAuthClientRequest) -> Result<NewOAuthClient, Status> {
    let made = apps(&scene.house).create_o_auth_client(call(&scene.admin, wish)).await?;
    Ok(made.into_inner())
}

#[tokio::test]
async fn an_app_proves_itself_by_what_it_signs_in_each_of_the_three_ways() {
    let point = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("draws");
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).expect("draws");
    for signer in [Signer::ed(), Signer::Es(point), Signer::Rs(rsa)] {
        let keyed = Keyed::set_with(signer).await;
        let client = keyed.scene.app.client.clone().expect("an app");
        assert_eq!((client.confidential, client.keys.len()), (true, 1));
        keyed.redeem(keyed.proof()).await.expect("grants");
        let unnamed = proof("", &keyed.assertion(json!({})));
        keyed.redeem(unnamed).await.expect("what it signed says which one it is");
        for endpoint in ["/oauth/token", "/oauth/par"] {
            let audience = json!({"aud": format!("{ORIGIN}{endpoint}")});
            let named = proof(&keyed.scene.name(), &keyed.assertion(audience));
            keyed.redeem(named).await.expect("an endpoint is as good as the issuer");
        }
    }
}

#[tokio::test]
async fn an_assertion_counts_once_wherever_it_is_shown() {
    let keyed = Keyed::set().await;
    let (house, scene) = (&keyed.scene.house, &keyed.scene);
    let granted = keyed.redeem(keyed.proof()).await.expect("grants");
    let token = access(&granted);
    let looked = IntrospectTokenRequest { client: keyed.proof(), token: token.clone() };
    let told = oauth(house).introspect_token(ask(looked.clone())).await.expect("tells");
    assert!(told.get_ref().active);
    let again = oauth(house).introspect_token(ask(looked.clone())).await;
    assert_eq!(refusal(again).1, "invalid_client");
    let elsewhere = RevokeTokenRequest { client: looked.client, token: token.clone() };
    assert_eq!(refusal(oauth(house).revoke_token(ask(elsewhere)).await).1, "invalid_client");
    let push = || PushAuthorizationRequest { client: keyed.proof(), wish: Some(scene.wish()) };
    let pushed = push();
    oauth(house).push_authorization(ask(pushed.clone())).await.expect("keeps it");
    let again = oauth(house).push_authorization(ask(pushed)).await;
    assert_eq!(refusal(again).1, "invalid_client");
    oauth(house).push_authorization(ask(push())).await.expect("with another assertion");
    let revoke = RevokeTokenRequest { client: keyed.proof(), token };
    oauth(house).revoke_token(ask(revoke)).await.expect("ends it");
    let kept = house.text("select count(*)::text from oauth_assertions").await;
    assert_eq!(kept, "5", "each that counted, and none that did not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_show_one_assertion_at_once_one_is_let_in() {
    let keyed = Keyed::set().await;
    let shown = keyed.proof();
    let look = || {
        let request = IntrospectTokenRequest { client: shown.clone(), token: "none".into() };
        let mut client = oauth(&keyed.scene.house);
        async move { client.introspect_token(ask(request)).await }
    };
    let answers = futures::future::join_all((0..20).map(|_| look())).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test]
async fn whatever_is_wrong_with_an_assertion_is_told_in_the_same_words() {
    let keyed = Keyed::set().await;
    let name = keyed.scene.name();
    let now = keyed.scene.house.clock.now().jiff().as_second();
    let other = Keyed { scene: Scene::set().await, signer: Signer::ed() };
    let mut told = Vec::new();
    let good = || keyed.assertion(json!({}));
    let wrong = [
        proof(&name, &keyed.assertion(json!({"iss": "somebody"}))),
        proof(&name, &keyed.assertion(json!({"sub": other.scene.name()}))),
        proof(&other.scene.name(), &good()),
        proof("uc_unknown", &good()),
        proof(&name, &keyed.assertion(json!({"aud": "https://evil.example"}))),
        proof(&name, &keyed.assertion(json!({"aud": [ORIGIN, "https://evil.example"]}))),
        proof(&name, &keyed.assertion(json!({"exp": now}))),
        proof(&name, &keyed.assertion(json!({"exp": now + 3_601}))),
        proof(&name, &keyed.assertion(json!({"iat": now + 61}))),
        proof(&name, &keyed.assertion(json!({"jti": ""}))),
        proof(&name, &other.assertion(json!({"iss": name, "sub": name}))),
        proof(&name, "none"),
        proof(&name, ""),
        Some(ClientProof { client_secret: "ux_x".into(), ..proof(&name, &good()).expect("one") }),
        Some(ClientProof {
            client_id: name.clone(),
            client_secret: "ux_x".into(),
            ..Default::default()
        }),
    ];
    for (at, client) in wrong.into_iter().enumerate() {
        let request = IntrospectTokenRequest { client, token: "none".into() };
        let refused = oauth(&keyed.scene.house).introspect_token(ask(request)).await;
        let refused = wire::code_of(&refused.err().unwrap_or_else(|| panic!("{at} is let in")));
        told.push((refused.reason, refused.message));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "invalid_client");
    let kept = keyed.scene.house.text("select count(*)::text from oauth_assertions").await;
    assert_eq!(kept, "0", "nothing of it is kept");
}

#[tokio::test]
async fn keys_are_replaced_and_take_the_place_of_a_secret() {
    let keyed = Keyed::set().await;
    let scene = &keyed.scene;
    let replace = async |client: String, keys: Vec<JsonWebKey>| {
        let request = ReplaceOAuthClientKeysRequest { oauth_client_id: client, keys };
        apps(&scene.house).replace_o_auth_client_keys(call(&scene.admin, request)).await
    };
    let next = Signer::ed();
    let both = vec![keyed.signer.public("k1"), next.public("k2")];
    replace(scene.name(), both).await.expect("replaces");
    keyed.redeem(keyed.proof()).await.expect("the former key counts beside the next");
    let changed = replace(scene.name(), vec![next.public("k1")]).await.expect("replaces");
    assert_eq!(changed.get_ref().keys.len(), 1);
    assert_eq!(refusal(keyed.redeem(keyed.proof()).await).1, "invalid_client");
    let next = Keyed { scene: Scene::set().await, signer: next };
    let proven = next.scene.proof();
    let granted = next.redeem(proven.clone()).await.expect("by its secret");
    let request = ReplaceOAuthClientKeysRequest {
        oauth_client_id: next.scene.name(),
        keys: vec![next.signer.public("k1")],
    };
    let mut clients = apps(&next.scene.house);
    clients.replace_o_auth_client_keys(call(&next.scene.admin, request)).await.expect("replaces");
    assert_eq!(refusal(next.redeem(proven).await).1, "invalid_client", "the secret is gone");
    let renewal = GrantTokensRequest { client: next.proof(), ..next.scene.renewal(&granted) };
    next.scene.grant(renewal).await.expect("renews");
    let rotate = RotateOAuthClientSecretRequest { oauth_client_id: next.scene.name() };
    let rotated = clients.rotate_o_auth_client_secret(call(&next.scene.admin, rotate)).await;
    assert_eq!(refusal(rotated).1, "no_client_secret");
    let end = EndOAuthClientRequest { oauth_client_id: next.scene.name() };
    clients.end_o_auth_client(call(&next.scene.admin, end)).await.expect("ends");
    let request = IntrospectTokenRequest { client: next.proof(), token: "none".into() };
    let refused = oauth(&next.scene.house).introspect_token(ask(request)).await;
    assert_eq!(refusal(refused).1, "invalid_client", "it has ended");
}

#[tokio::test]
async fn only_sound_public_keys_of_confidential_apps_are_taken() {
    let scene = Scene::set().await;
    let key = Signer::ed().public("k1");
    let wish = |keys: Vec<JsonWebKey>| CreateOAuthClientRequest {
        name: "Signing".into(),
        confidential: true,
        keys,
        ..Default::default()
    };
    for bad in [
        vec![JsonWebKey { kty: "oct".into(), ..key.clone() }],
        vec![JsonWebKey { alg: "HS256".into(), ..key.clone() }],
        vec![JsonWebKey { x: "AAAA".into(), ..key.clone() }],
        vec![JsonWebKey { kid: String::new(), ..key.clone() }],
        vec![JsonWebKey { r#use: "enc".into(), ..key.clone() }],
        vec![key.clone(), key.clone()],
        (0..6).map(|at| Signer::ed().public(&format!("k{at}"))).collect(),
    ] {
        assert_eq!(refusal(make(&scene, wish(bad)).await).1, "client_refused");
    }
    let public = CreateOAuthClientRequest { confidential: false, ..wish(vec![key.clone()]) };
    assert_eq!(refusal(make(&scene, public).await).1, "client_refused");
    let request =
        |client: String, keys| ReplaceOAuthClientKeysRequest { oauth_client_id: client, keys };
    let mut clients = apps(&scene.house);
    let none = call(&scene.admin, request(scene.name(), Vec::new()));
    assert_eq!(refusal(clients.replace_o_auth_client_keys(none).await).1, "client_refused");
    let wish = CreateOAuthClientRequest { name: "Public".into(), ..Default::default() };
    let open = make(&scene, wish).await.expect("makes").client.expect("an app").client_id;
    let open = call(&scene.admin, request(open, vec![key.clone()]));
    assert_eq!(refusal(clients.replace_o_auth_client_keys(open).await).1, "no_client_secret");
    let unknown = call(&scene.admin, request("uc_unknown".into(), vec![key]));
    assert_eq!(
        refusal(clients.replace_o_auth_client_keys(unknown).await).1,
        "oauth_client_not_found"
    );
}
