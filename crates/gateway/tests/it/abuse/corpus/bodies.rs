//! Bodies: of kinds that are not read, and JSON that is none or too much.

use super::{Case, Fate::Refused, JSON, POST, case, post};

pub(super) fn types() -> Vec<Case> {
    let sized = |headers: &str, body: &[u8]| {
        let mut bytes =
            format!("{POST}{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        bytes
    };
    // A header of gzip before what would become a great many zeros.
    let bomb = [&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], &[0; 10_000]].concat();
    let mut all = Vec::new();
    for coding in
        ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "identity, gzip", "GZIP"]
    {
        let headers = format!("{JSON}Content-Encoding: {coding}\r\n");
        all.push(case(Refused, "a bomb", sized(&headers, &bomb)));
    }
    for kind in [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/xml",
        "text/html",
        "application/json; charset=utf-7",
        "application/json; charset=utf-16",
        "application/grpc",
        "*/*",
        "json",
        "text/json",
        "",
    ] {
        all.push(case(
            Refused,
            "a type",
            sized(&format!("Content-Type: {kind}\r\n"), b"{\"email\":\"a@b.io\"}"),
        ));
    }
    all.push(case(Refused, "no type", sized("", b"{\"email\":\"a@b.io\"}")));
    all.push(case(
        Refused,
        "two types",
        sized("Content-Type: text/plain\r\nContent-Type: application/json\r\n", b"{}x"),
    ));
    all
}

pub(super) fn json() -> Vec<Case> {
    let bodies: [&[u8]; 41] = [
        b"{",
        b"}",
        b"[]",
        b"null",
        b"1",
        b"\"x\"",
        b"{}{}",
        b"{},",
        b"{]",
        b"{\"a\"}",
        b"{\"a\":}",
        b"{a:1}",
        b"{'a':1}",
        b"{\"email\":1}",
        b"{\"email\":null,\"email\":\"a\"}",
        b"{\"email\":\"a\",\"email\":\"b\"}",
        b"{\"email\":\"a\",\"\\u0065mail\":\"b\"}",
        b"{\"email\":[\"a@b.io\",\"c@d.io\"]}",
        b"{\"email\":{\"$ne\":\"\"}}",
        b"{\"email\":true}",
        b"{\"unknown\":1}",
        b"{\"__proto__\":{}}",
        b"{\"constructor\":{\"prototype\":{}}}",
        b"{\"email\":\"a\",}",
        b"{\"email\":\"\\ud800\"}",
        b"{\"email\":\"\\udc00\\ud800\"}",
        b"{\"email\":\"\xff\"}",
        b"{\"email\":\"\xc0\x80\"}",
        b"{\"email\":\"\xed\xa0\x80\"}",
        b"{\"email\":\"a\nb\"}",
        b"{\"email\":\"a\0b\"}",
        b"{\"email\":\"a\\u0000b\"}",
        b"{\"email\":\"\\x41\"}",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\0}\0",
        b"{\"expiresInHours\":1e400}",
        b"{\"expiresInHours\":99999999999999999999}",
        b"{\"expiresInHours\":1.5}",
        b"{\"expiresInHours\":NaN}",
        b"{\"expiresInHours\":\"x\"}",
        b"/* x */{}",
    ];
    bodies.into_iter().map(|body| case(Refused, "JSON", post(body))).collect()
}

pub(super) fn json_sizes() -> Vec<Case> {
    let deep = 100_000;
    let keys = (0..60_000).map(|n| format!("\"x{n}\":1")).collect::<Vec<_>>().join(",");
    let bodies = [
        "[".repeat(deep),
        "{\"a\":".repeat(deep),
        format!("{{\"email\":{}", "[".repeat(deep)),
        format!("{{\"email\":{}{}}}", "[".repeat(deep), "]".repeat(deep)),
        format!("{{\"email\":{}1{}}}", "{\"a\":".repeat(deep), "}".repeat(deep)),
        format!("{{{keys}}}"),
        format!("{{\"email\":\"{}\"}}", "a".repeat(2 * 1024 * 1024)),
        format!("{{\"{}\":1}}", "a".repeat(1_000_000)),
        format!("{{\"expiresInHours\":{}}}", "9".repeat(1_000_000)),
        format!("{{\"expiresInHours\":0.5{}1}}", "0".repeat(1_000_000)),
        format!("{{\"email\":\"{}\"", "\\u0041".repeat(150_000)),
        format!("{{\"email\":1{}}}", " ".repeat(1_000_000)),
        format!("{{\"email\":[{}1]}}", "1,".repeat(500_000)),
        format!("{{\"email\":[{}{{}}]}}", "{},".repeat(300_000)),
        "a".repeat(20 * 1024 * 1024),
    ];
    bodies.iter().map(|body| case(Refused, "a large body", post(body))).collect()
}
