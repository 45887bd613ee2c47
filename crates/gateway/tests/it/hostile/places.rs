//! Hosts and paths, in HTTP/1.1.

use gateway::Config;

use super::{
    BAD_HOST,
    Fate::{self, Acme, Nobody, Refused},
    MISMATCH, UNKNOWN, try_h1,
};
use crate::raw::Open;

async fn try_host(open: &Open, fate: Fate, host: &[u8]) {
    try_h1(open, fate, b"GET /v1/me HTTP/1.1", &[&[b"Host: ", host].concat()]).await;
}

async fn try_path(open: &Open, fate: Fate, host: &str, target: &str) {
    let (line, host) = (format!("GET {target} HTTP/1.1"), format!("Host: {host}"));
    try_h1(open, fate, line.as_bytes(), &[host.as_bytes()]).await;
}

#[tokio::test]
async fn hosts_name_their_own_tenant_or_none() {
    let open = Open::new(Config::default()).await;
    for host in [
        "acme.localhost",
        "ACME.localhost",
        "AcMe.LocalHOST",
        "acme.localhost.",
        "acme.localhost:80",
        "acme.localhost:8080",
        "acme.localhost:65535",
        "acme.localhost.:443",
        "  acme.localhost  ",
        "\tacme.localhost",
        "portal.acme.example",
        "PORTAL.acme.example.:443",
    ] {
        try_host(&open, Acme, host.as_bytes()).await;
    }
    for host in [
        "localhost",
        "127.0.0.1",
        "127.1",
        "[::1]:80",
        "2130706433",
        "0x7f.0x1",
        "beta",
        "www.localhost",
        "betalocalhost",
        "beta.localhost.evil.example",
        "evil.example",
        "beta.localhost.localhost.evil",
        "portal.acme.example.evil",
        "xportal.acme.example",
    ] {
        try_host(&open, Nobody, host.as_bytes()).await;
    }
    for host in [
        "nobody.localhost",
        "a.beta.localhost",
        "beta.acme.localhost",
        "acme.beta.localhost",
        "be.localhost",
        "docs.localhost",
        "xn--beta.localhost.localhost",
        "xn--bta-bma.localhost",
        "beta_.localhost",
        "beta.localhost.localhost",
        "0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e2f.localhost",
    ] {
        try_host(&open, UNKNOWN, host.as_bytes()).await;
    }
}

#[tokio::test]
async fn what_is_no_host_names_nobody() {
    let open = Open::new(Config::default()).await;
    for host in [
        "",
        " ",
        ".",
        ":80",
        "beta.localhost:",
        "beta.localhost:99999",
        "beta.localhost:+80",
        "beta.localhost:-1",
        "beta.localhost:80:80",
        "beta.localhost:0x50",
        "beta.localhost: 80",
        "user@beta.localhost",
        "acme.localhost@beta.localhost",
        "beta.localhost/x",
        "beta.localhost?x",
        "beta.localhost#x",
        "beta.localhost\\x",
        "beta localhost",
        "acme.localhost beta.localhost",
        "acme.localhost,beta.localhost",
        "acme.localhost, beta.localhost",
        "acme.localhost;beta.localhost",
        "beta%2elocalhost",
        "%62eta.localhost",
        "-beta.localhost",
        "beta-.localhost",
        ".beta.localhost",
        "beta..localhost",
        "beta.localhost..",
        "[beta.localhost]",
        "[::1",
        "[::1]x",
        "[::1]:80:80",
        "[::ffff:7f00:1%lo]",
        "\"beta.localhost\"",
        "http://beta.localhost",
        "//beta.localhost",
        "{beta}.localhost",
        "*.localhost",
        "beta\u{ff0e}localhost",
        "beta\u{3002}localhost",
        "\u{ff42}eta.localhost",
        "b\u{435}ta.localhost",
        "b\u{e9}ta.localhost",
        "beta\u{200b}.localhost",
        "be\u{ad}ta.localhost",
        "beta.localhost\u{202e}",
        "acme.localhost\tbeta.localhost",
    ] {
        try_host(&open, BAD_HOST, host.as_bytes()).await;
    }
    for host in [&b"beta\xff.localhost"[..], b"b\xe9ta.localhost", b"beta.localhost\xa0"] {
        try_host(&open, BAD_HOST, host).await;
    }
    for host in [
        &b"beta\0.localhost"[..],
        b"beta.localhost\x7f",
        b"beta.localhost\x0b",
        b"\x1b[2Kbeta.localhost",
    ] {
        try_host(&open, Refused, host).await;
    }
    let long = format!("{}.localhost", "b".repeat(64));
    try_host(&open, BAD_HOST, long.as_bytes()).await;
    try_host(&open, BAD_HOST, vec!["beta"; 60].join(".").as_bytes()).await;
}

#[tokio::test]
async fn a_request_names_one_host() {
    let open = Open::new(Config::default()).await;
    let get = b"GET /v1/me HTTP/1.1";
    let (acme, beta): (&[u8], &[u8]) = (b"Host: acme.localhost", b"Host: beta.localhost");
    for (fate, line, headers) in [
        (BAD_HOST, &get[..], &[acme, beta][..]),
        (BAD_HOST, get, &[beta, acme]),
        (BAD_HOST, get, &[acme, acme]),
        (BAD_HOST, get, &[acme, b"HOST: beta.localhost"]),
        (BAD_HOST, get, &[acme, b"Host:"]),
        (Refused, get, &[acme, b"Host : beta.localhost"]),
        (Refused, get, &[b"Host : beta.localhost"]),
        (Refused, get, &[b" Host: beta.localhost"]),
        (Refused, get, &[acme, b" beta.localhost"]),
        (Refused, get, &[acme, b"\tbeta.localhost"]),
        (Refused, get, &[b"Host\0: beta.localhost"]),
        (Refused, get, &[b"X-A: b\rHost: beta.localhost"]),
        (Refused, get, &[]),
        (Nobody, b"GET /v1/me HTTP/1.0", &[]),
        (Acme, b"GET http://acme.localhost/v1/me HTTP/1.1", &[acme]),
        (Acme, b"GET HTTP://ACME.localhost/v1/me HTTP/1.1", &[acme]),
        (BAD_HOST, b"GET http://beta.localhost/v1/me HTTP/1.1", &[acme]),
        (BAD_HOST, b"GET http://acme.localhost/v1/me HTTP/1.1", &[beta]),
        (BAD_HOST, b"GET http://acme.localhost:8080/v1/me HTTP/1.1", &[beta]),
        (BAD_HOST, b"GET http://acme.localhost:8080/v1/me HTTP/1.1", &[acme]),
        (BAD_HOST, b"GET http://acme.localhost@beta.localhost/v1/me HTTP/1.1", &[acme]),
        (BAD_HOST, b"GET http://beta.localhost@acme.localhost/v1/me HTTP/1.1", &[acme]),
        (BAD_HOST, b"GET https://beta.localhost/v1/me HTTP/1.1", &[acme]),
        (BAD_HOST, b"GET ftp://beta.localhost/v1/me HTTP/1.1", &[acme]),
        (MISMATCH, b"GET http://acme.localhost/t/beta/v1/me HTTP/1.1", &[acme]),
        (Refused, b"GET http:///v1/me HTTP/1.1", &[acme]),
        (Refused, b"GET beta.localhost/v1/me HTTP/1.1", &[acme]),
        (Refused, b"CONNECT beta.localhost:443 HTTP/1.1", &[acme]),
        (Refused, b"CONNECT acme.localhost:443 HTTP/1.1", &[b"Host: acme.localhost:443"]),
        (Refused, b"OPTIONS * HTTP/1.1", &[acme]),
        (Refused, b"GET * HTTP/1.1", &[acme]),
    ] {
        try_h1(&open, fate, line, headers).await;
    }
}

#[tokio::test]
async fn paths_name_a_tenant_as_it_is_written_and_only_in_front() {
    let open = Open::new(Config::default()).await;
    for (fate, host, target) in [
        (Acme, "localhost", "/t/acme/v1/me"),
        (Acme, "acme.localhost", "/t/acme/v1/me"),
        (Acme, "acme.localhost", "/v1/me?"),
        (MISMATCH, "acme.localhost", "/t/beta/v1/me"),
        (MISMATCH, "acme.localhost", "/t/nobody/v1/me"),
        (MISMATCH, "beta.localhost", "/t/acme/v1/me"),
        (MISMATCH, "portal.acme.example", "/t/beta/v1/me"),
        (UNKNOWN, "localhost", "/t/BETA/v1/me"),
        (UNKNOWN, "localhost", "/t/%62eta/v1/me"),
        (UNKNOWN, "localhost", "/t/%62%65%74%61/v1/me"),
        (UNKNOWN, "localhost", "/t/beta%00/v1/me"),
        (UNKNOWN, "localhost", "/t/beta%2f/v1/me"),
        (UNKNOWN, "localhost", "/t/beta%20/v1/me"),
        (UNKNOWN, "localhost", "/t/acme%2f..%2fbeta/v1/me"),
        (UNKNOWN, "localhost", "/t/beta;acme/v1/me"),
        (UNKNOWN, "localhost", "/t/beta./v1/me"),
        (UNKNOWN, "localhost", "/t/beta:80/v1/me"),
        (UNKNOWN, "localhost", "/t/beta@acme/v1/me"),
        (UNKNOWN, "localhost", "/t/acme,beta/v1/me"),
        (UNKNOWN, "localhost", "/t/../v1/me"),
        (Refused, "localhost", "/t/./beta/v1/me"),
        (Refused, "localhost", "/t//beta/v1/me"),
        (UNKNOWN, "localhost", "/t/xn--beta/v1/me"),
        (UNKNOWN, "localhost", "/t/0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e2f/v1/me"),
        (Refused, "localhost", "/t/acme/../beta/v1/me"),
        (Refused, "localhost", "/t/acme/%2e%2e/beta/v1/me"),
        (Refused, "localhost", "/t/acme/..%2fbeta/v1/me"),
        (Refused, "localhost", "/t/acme/t/beta/v1/me"),
        (Refused, "localhost", "/t/acme//t/beta/v1/me"),
        (Refused, "localhost", "//t/beta/v1/me"),
        (Refused, "localhost", "/./t/beta/v1/me"),
        (Refused, "localhost", "/T/beta/v1/me"),
        (Refused, "localhost", "/%74/beta/v1/me"),
        (Refused, "localhost", "/t%2fbeta/v1/me"),
        (Refused, "localhost", "/t\\beta\\v1\\me"),
        (Refused, "localhost", "/v1/../t/beta/v1/me"),
        (Refused, "localhost", "/v1/t/beta/me"),
        (Refused, "acme.localhost", "/v1/me?tenant=beta"),
        (Refused, "acme.localhost", "/v1/me?tenantId=0192f0c1-2b3c-7d4e-8f50-6a7b8c9d0e2f"),
        (Refused, "acme.localhost", "/v1/me?tenant_id=beta"),
        (Refused, "acme.localhost", "/v1/me?x-tenant-id=beta"),
        (Refused, "acme.localhost", "/v1/me?/t/beta"),
    ] {
        try_path(&open, fate, host, target).await;
    }
}
