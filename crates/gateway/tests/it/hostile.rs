//! Requests that try to reach a tenant they do not name, over real connections. The caller may enter every tenant, so
//! nothing but the reading of the request itself stands between them and Beta.

mod places;

use gateway::Config;

use crate::{
    raw::{Open, Reply},
    world::{ACME, BETA},
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It is about Acme.
    Acme,
    /// It is about no tenant.
    Nobody,
    /// It is refused by the gateway with this code.
    Code(&'static str),
    /// It is refused: by the library that reads HTTP, or by whichever check comes first.
    Refused,
}
use Fate::{Acme, Code, Nobody, Refused};

const BAD_HOST: Fate = Code("bad_host");
const BAD_HEADER: Fate = Code("bad_tenant_header");
const MISMATCH: Fate = Code("tenant_mismatch");
const UNKNOWN: Fate = Code("tenant_unknown");

type Fields<'a> = &'a [(&'a [u8], &'a [u8])];

/// Holds the reply, and what the services saw, against the fate.
fn hold(open: &Open, what: &str, fate: Fate, reply: &Reply) {
    let seen = std::mem::take(&mut *open.world.state.seen.lock().expect("seen"));
    let tenants: Vec<_> = seen.iter().map(|cx| cx.tenant.map(|id| id.to_string())).collect();
    assert!(!tenants.iter().flatten().any(|id| id == BETA), "{what} reached another tenant");
    let told = format!("{what}: {reply:?}, {tenants:?}");
    match fate {
        Acme => {
            assert!(matches!(reply, Reply::Status(200, _)), "{told}");
            assert_eq!(tenants, [Some(ACME.to_owned())], "{told}");
        }
        Nobody => {
            assert!(matches!(reply, Reply::Status(200, _)), "{told}");
            assert_eq!(tenants, [None], "{told}");
        }
        Code(code) => {
            assert!(reply.is_refusal() && tenants.is_empty(), "{told}");
            assert_eq!(reply.code(), Some(code), "{told}");
        }
        Refused => assert!(reply.is_refusal() && tenants.is_empty(), "{told}"),
    }
}

/// The request line, these header lines, and the credential.
fn raw(line: &[u8], headers: &[&[u8]]) -> Vec<u8> {
    let mut bytes = line.to_vec();
    for header in headers {
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(header);
    }
    bytes.extend_from_slice(b"\r\nauthorization: Bearer root-token\r\n\r\n");
    bytes
}

async fn try_h1(open: &Open, fate: Fate, line: &[u8], headers: &[&[u8]]) {
    let bytes = raw(line, headers);
    let reply = open.h1(&bytes).await;
    hold(open, &String::from_utf8_lossy(&bytes).replace("\r\n", " | "), fate, &reply);
}

/// One header beside a host that names Acme.
async fn try_beside(open: &Open, fate: Fate, header: &[u8]) {
    try_h1(open, fate, b"GET /v1/me HTTP/1.1", &[b"Host: acme.localhost", header]).await;
}

#[tokio::test]
async fn the_header_names_a_tenant_once_and_in_one_spelling() {
    let open = Open::new(Config::default()).await;
    try_beside(&open, Acme, b"X-Tenant-ID: acme").await;
    try_beside(&open, Acme, format!("X-Tenant-ID: {ACME}").as_bytes()).await;
    for name in ["X-Tenant-ID", "x-tenant-id", "X-TENANT-ID", "X-tEnAnT-iD"] {
        for value in ["beta", "nobody", BETA] {
            try_beside(&open, MISMATCH, format!("{name}: {value}").as_bytes()).await;
        }
    }
    let spellings = [
        BETA.to_uppercase(),
        format!("{{{BETA}}}"),
        format!("urn:uuid:{BETA}"),
        format!("({BETA})"),
        format!("\"{BETA}\""),
        format!("<{BETA}>"),
        format!("{BETA},{ACME}"),
        format!("{ACME}, {BETA}"),
        format!("{BETA};q=1"),
        format!("{BETA}/../{ACME}"),
        format!("0x{BETA}"),
        format!("{BETA}="),
        format!(" {BETA}\u{a0}"),
        BETA.replace('-', "_"),
        BETA.replace('-', "\u{2010}"),
        BETA.replace('-', ":"),
        format!("{BETA}\u{200b}"),
    ];
    for value in spellings.iter().map(String::as_str).chain([
        "",
        " ",
        "BETA",
        "Beta",
        "beta.",
        ".beta",
        "beta,acme",
        "acme, beta",
        "acme;beta",
        "acme beta",
        "acme|beta",
        "acme\tbeta",
        "be",
        "admin",
        "%62eta",
        "beta%00",
        "acme/../beta",
        "../beta",
        "beta/",
        "*",
        "null",
        "0",
        "beta=",
        "\"beta\"",
        "'beta'",
        "{\"id\":\"beta\"}",
        "[beta]",
        "xn--bta-bma",
        "b\u{435}ta",
        "\u{ff42}eta",
        "b\u{e9}ta",
        "-beta",
        "beta-",
        "beta_",
        "YmV0YQ==",
        "beta@acme",
        "beta:acme",
    ]) {
        // Two letters and words of other forms are no slugs; words that are slugs of nobody disagree with Acme.
        let fate = if value == "null" || value.starts_with("0x") { MISMATCH } else { BAD_HEADER };
        try_beside(&open, fate, format!("X-Tenant-ID: {value}").as_bytes()).await;
    }
    // Without its hyphens an id reads as the slug of nobody.
    try_beside(&open, MISMATCH, format!("X-Tenant-ID: {}", BETA.replace('-', "")).as_bytes()).await;
    for header in [
        &b"X-Tenant-ID: beta\0"[..],
        b"X-Tenant-ID : beta",
        b"X-Tenant-ID\t: beta",
        b"X-Tenant-ID: acme\r\n beta",
        b"X-Tenant-ID: acme\n\tbeta",
        b"X-A: b\rX-Tenant-ID: beta",
    ] {
        try_beside(&open, Refused, header).await;
    }
    for (first, second) in
        [("acme", "acme"), ("acme", "beta"), ("beta", "acme"), ("beta", "beta"), ("", "beta")]
    {
        let two = format!("X-Tenant-ID: {first}\r\nx-tenant-id: {second}");
        try_beside(&open, BAD_HEADER, two.as_bytes()).await;
    }
}

#[tokio::test]
async fn nothing_else_names_a_tenant() {
    let open = Open::new(Config::default()).await;
    for header in [
        "X_Tenant_ID: beta",
        "X-Tenant_ID: beta",
        "x_tenant_id: acme\r\nX_TENANT_ID: beta",
        "X-Tenant: beta",
        "X-TenantID: beta",
        "Tenant-ID: beta",
        "X-Scope-OrgID: beta",
        "X-Forwarded-Host: beta.localhost",
        "X_Forwarded_Host: beta.localhost",
        "X-Forwarded-Host: acme.localhost, beta.localhost",
        "X-Forwarded-Server: beta.localhost",
        "X-Forwarded-Prefix: /t/beta",
        "X-Forwarded-Path: /t/beta/v1/me",
        "X-Forwarded-Uri: /t/beta/v1/me",
        "X-Original-URL: /t/beta/v1/me",
        "X-Rewrite-URL: /t/beta/v1/me",
        "X-Original-Host: beta.localhost",
        "X-Host: beta.localhost",
        "X-HTTP-Host-Override: beta.localhost",
        "Forwarded: for=127.0.0.1;host=beta.localhost;proto=https",
        "Forwarded: host=\"beta.localhost\"",
        "Via: 1.1 beta.localhost",
        "Origin: http://beta.localhost",
        "Referer: http://beta.localhost/t/beta/",
        "Cookie: tenant=beta; usher_tenant=beta; x-tenant-id=beta",
        "Connection: X-Tenant-ID",
        "Connection: Host",
        "Connection: close, X-Tenant-ID, Authorization",
        "Connection: X-Tenant-ID\r\nX-Tenant-ID: acme",
        "usher-tenant: 0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e2f",
        "Usher-Passport: forged",
        "usher_tenant: 0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e2f",
        "X-User-Tenant: beta",
        "From: beta.localhost",
        "X-HTTP-Method-Override: DELETE",
        "TE: trailers",
        "X-Real-IP: 10.0.0.1\r\nX-Forwarded-Host: beta.localhost",
        ":authority: beta.localhost",
    ] {
        // A name that begins with a colon is no name.
        let fate = if header.starts_with(':') { Refused } else { Acme };
        try_beside(&open, fate, header.as_bytes()).await;
    }
    try_beside(&open, MISMATCH, b"Connection: X-Tenant-ID\r\nX-Tenant-ID: beta").await;
}

#[tokio::test]
async fn trailers_and_bodies_name_no_tenant() {
    let open = Open::new(Config::default()).await;
    let head: &[&[u8]] = &[
        b"Host: acme.localhost",
        b"Content-Type: application/json",
        b"Transfer-Encoding: chunked",
        b"Trailer: X-Tenant-ID",
    ];
    let mut bytes = raw(b"POST /v1/invites HTTP/1.1", head);
    bytes.extend_from_slice(b"2\r\n{}\r\n0\r\nX-Tenant-ID: beta\r\nHost: beta.localhost\r\n\r\n");
    hold(&open, "a trailer", Acme, &open.h1(&bytes).await);
    for body in ["{\"tenantId\":\"beta\"}", "{\"tenant\":\"beta\"}", "{\"tenant_id\":\"beta\"}"] {
        let length = format!("Content-Length: {}", body.len());
        let mut bytes = raw(
            b"POST /v1/invites HTTP/1.1",
            &[b"Host: acme.localhost", b"Content-Type: application/json", length.as_bytes()],
        );
        bytes.extend_from_slice(body.as_bytes());
        hold(&open, body, Code("invalid_argument"), &open.h1(&bytes).await);
    }
}

#[tokio::test]
async fn a_believed_proxy_names_one_host_too() {
    let proxies = vec!["127.0.0.0/8".parse().expect("network")];
    let open = Open::new(Config { trusted_proxies: proxies, ..Config::default() }).await;
    let behind = async |fate, headers: &str| {
        let headers = format!("Host: inner\r\n{headers}");
        try_h1(&open, fate, b"GET /v1/me HTTP/1.1", &[headers.as_bytes()]).await;
    };
    behind(Nobody, "X-A: b").await;
    behind(Acme, "X-Forwarded-Host: acme.localhost").await;
    behind(Acme, "X-Forwarded-Host: ACME.localhost.:443\r\nX-Forwarded-Proto: https").await;
    behind(MISMATCH, "X-Forwarded-Host: acme.localhost\r\nX-Tenant-ID: beta").await;
    behind(Acme, "X-Forwarded-Host: acme.localhost\r\nForwarded: host=beta.localhost").await;
    behind(Acme, "X-Forwarded-Host: acme.localhost\r\nX_Forwarded_Host: beta.localhost").await;
    for bad in [
        "beta.localhost, acme.localhost",
        "",
        "user@beta.localhost",
        "beta.localhost/x",
        "b\u{435}ta.localhost",
    ] {
        behind(BAD_HOST, &format!("X-Forwarded-Host: {bad}")).await;
    }
    behind(BAD_HOST, "X-Forwarded-Host: acme.localhost\r\nX-Forwarded-Host: beta.localhost").await;
    behind(BAD_HOST, "X-Forwarded-Host: beta.localhost\r\nX-Forwarded-Host: beta.localhost").await;
}

#[tokio::test]
async fn http2_names_a_tenant_in_the_same_ways() {
    let open = Open::new(Config::default()).await;
    let get: Fields =
        &[(b":method", b"GET"), (b":scheme", b"http"), (b"authorization", b"Bearer root-token")];
    let request = async |fate, mut first: Vec<(&[u8], &[u8])>, rest: Fields<'_>| {
        first.splice(0..0, get[..2].iter().copied());
        first.extend_from_slice(&get[2..]);
        first.extend_from_slice(rest);
        let told = first.iter().map(|(n, v)| format!("{}: {}", n.escape_ascii(), v.escape_ascii()));
        let told = told.collect::<Vec<_>>().join(" | ");
        hold(&open, &told, fate, &open.h2(&first).await);
    };
    let to = |authority: &'static [u8]| -> Vec<(&[u8], &[u8])> {
        vec![(b":authority", authority), (b":path", b"/v1/me")]
    };
    request(Acme, to(b"acme.localhost"), &[]).await;
    request(Acme, to(b"ACME.localhost:80"), &[]).await;
    request(Acme, to(b"acme.localhost"), &[(b"host", b"acme.localhost")]).await;
    request(BAD_HOST, to(b"acme.localhost"), &[(b"host", b"beta.localhost")]).await;
    request(BAD_HOST, to(b"beta.localhost"), &[(b"host", b"acme.localhost")]).await;
    request(
        BAD_HOST,
        to(b"acme.localhost"),
        &[(b"host", b"acme.localhost"), (b"host", b"beta.localhost")],
    )
    .await;
    request(Acme, vec![(b":path", b"/v1/me")], &[(b"host", b"acme.localhost")]).await;
    request(MISMATCH, to(b"acme.localhost"), &[(b"x-tenant-id", b"beta")]).await;
    request(
        BAD_HEADER,
        to(b"acme.localhost"),
        &[(b"x-tenant-id", b"acme"), (b"x-tenant-id", b"beta")],
    )
    .await;
    request(BAD_HEADER, to(b"acme.localhost"), &[(b"x-tenant-id", b"acme,beta")]).await;
    request(
        Acme,
        to(b"acme.localhost"),
        &[(b"x_tenant_id", b"beta"), (b"x-forwarded-host", b"beta.localhost")],
    )
    .await;
    request(
        Acme,
        to(b"acme.localhost"),
        &[(b"cookie", b"tenant=beta"), (b"forwarded", b"host=beta.localhost")],
    )
    .await;
    request(MISMATCH, vec![(b":authority", b"acme.localhost"), (b":path", b"/t/beta/v1/me")], &[])
        .await;
    for authority in [
        &b"beta.localhost,acme.localhost"[..],
        b"user@beta.localhost",
        b"%62eta.localhost",
        b"beta..localhost",
        b"beta.localhost:99999",
        b"beta.localhost/x",
        b"b\xd0\xb5ta.localhost",
        b"beta.localhost\0",
        b"beta.localhost\r\nx: y",
    ] {
        let first = vec![(&b":authority"[..], authority), (&b":path"[..], &b"/v1/me"[..])];
        request(Refused, first, &[]).await;
    }
    for path in [
        &b"http://beta.localhost/v1/me"[..],
        b"//beta.localhost/v1/me",
        b"v1/me",
        b"*",
        b"",
        b"/t/acme/../beta/v1/me",
        b"/v1/me HTTP/1.1\r\nhost: beta.localhost\r\n\r\n",
    ] {
        let first = vec![(&b":authority"[..], &b"acme.localhost"[..]), (&b":path"[..], path)];
        request(Refused, first, &[]).await;
    }
    for field in [
        (&b"X-Tenant-ID"[..], &b"beta"[..]),
        (b"Host", b"beta.localhost"),
        (b":authority", b"beta.localhost"),
        (b":path", b"/t/beta/v1/me"),
        (b"connection", b"x-tenant-id"),
        (b"transfer-encoding", b"chunked"),
        (b"x-a", b"b\r\nx-tenant-id: beta"),
        (b"x-tenant-id: beta\r\nx-a", b"b"),
        (b"x-a\0", b"b"),
        (b"", b"beta"),
        (b"content-length", b"10"),
        (b":host", b"beta.localhost"),
    ] {
        request(Refused, to(b"acme.localhost"), &[field]).await;
    }
}
