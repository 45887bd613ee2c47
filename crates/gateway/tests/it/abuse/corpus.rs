//! The requests, one by one.

mod bodies;

use bodies::{json, json_sizes, types};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is refused with a status of 400 to 499, or its connection is closed.
    Refused,
    /// It is read in one of the ways that the standard allows, and no other request is found in its rest.
    Alone,
}
use Fate::{Alone, Refused};

/// One request.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) fate: Fate,
}

/// A whole request that is answered if it is found where none should be.
const HIDDEN: &str = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
const POST: &str =
    "POST /v1/invites HTTP/1.1\r\nHost: acme.localhost\r\nAuthorization: Bearer ann-token\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

pub(super) fn all() -> Vec<Case> {
    let families = [
        lines(),
        heads(),
        sizes(),
        framing(),
        chunks(),
        types(),
        json(),
        json_sizes(),
        targets(),
        versions(),
    ];
    families.into_iter().flatten().collect()
}

fn case(fate: Fate, name: &str, bytes: impl Into<Vec<u8>>) -> Case {
    let mut bytes = bytes.into();
    // Whoever waits for more than was sent waits for the rest of a body.
    if !bytes.windows(4).any(|four| four == b"\r\n\r\n" || &four[2..] == b"\n\n") {
        bytes.extend_from_slice(b"\r\n\r\n");
    }
    let body = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
    let part = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).escape_debug().to_string()
    };
    let shown = format!("{} … {}", part(&bytes), part(&bytes[body..]));
    Case { name: format!("{name}: {shown}"), bytes, fate }
}

fn refused<B: AsRef<[u8]>>(name: &str, all: impl IntoIterator<Item = B>) -> Vec<Case> {
    all.into_iter().map(|bytes| case(Refused, name, bytes.as_ref())).collect()
}

fn alone<B: AsRef<[u8]>>(name: &str, all: impl IntoIterator<Item = B>) -> Vec<Case> {
    all.into_iter().map(|bytes| case(Alone, name, bytes.as_ref())).collect()
}

/// A well-framed invitation with this body.
fn post(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("{POST}{JSON}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn lines() -> Vec<Case> {
    let lines = [
        "GET",
        "GET ",
        "GET /livez",
        "GET /livez ",
        "GET /livez  HTTP/1.1",
        "GET  /livez HTTP/1.1",
        " GET /livez HTTP/1.1",
        "GET\t/livez\tHTTP/1.1",
        "GET /livez HTTP/1.1 ",
        "GET /livez HTTP/1.1 x",
        "GET /livez http/1.1",
        "GET /livez HTTP/0.9",
        "GET /livez HTTP/2.0",
        "GET /livez HTTP/3",
        "GET /livez HTTP/11",
        "GET /livez HTTP/1.",
        "GET /livez HTTP/-1.1",
        "GET /livez HTTP/1.1\0",
        "GET /livez HTTPS/1.1",
        "GET /livez ICAP/1.0",
        "G\0T /livez HTTP/1.1",
        "GE(T /livez HTTP/1.1",
        "GET@ /livez HTTP/1.1",
        "\u{1f4a3} /livez HTTP/1.1",
        "GET /livez\0 HTTP/1.1",
        "GET /livez\u{7f} HTTP/1.1",
        "GET /livez x HTTP/1.1",
        "/livez HTTP/1.1",
        "HTTP/1.1 200 OK",
        "\u{16}\u{3}\u{1}",
        "get /livez HTTP/1.1",
        "TRACE /livez HTTP/1.1",
        "TRACK /livez HTTP/1.1",
        "PURGE /livez HTTP/1.1",
        "DEBUG /livez HTTP/1.1",
        "CONNECT x:80 HTTP/1.1",
        "PROPFIND /livez HTTP/1.1",
        "POST /livez HTTP/1.1",
        "GET /livez\\..\\x HTTP/1.1",
    ];
    let mut all = refused("a line", lines.map(|line| format!("{line}\r\nHost: x")));
    let long = "A".repeat(70_000);
    all.push(case(Refused, "a long method", format!("{long} / HTTP/1.1")));
    all
}

fn heads() -> Vec<Case> {
    let get = "GET /livez HTTP/1.1\r\n";
    let heads = [
        "",
        "Host: x\r\nX-A: b\r\n c",
        "Host: x\r\nX-A: b\r\n\tc",
        "Host: x\r\n X-A: b",
        "X-A : b\r\nHost: x",
        "Host : x",
        "Host: x\r\n: b",
        "Host: x\r\nX-A",
        "Host: x\r\nX A: b",
        "Host: x\r\nX-\u{e9}: b",
        "Host: x\r\nX-A\0: b",
        "Host: x\r\nX-A: b\0c",
        "Host: x\r\nX-A: b\rc",
        "Host: x\r\nX-A: b\r\r\n",
        "Host: x\r\n\u{0}",
        "Host: x\r\nX-A: \u{1b}[31m",
        "Host: x\r\n(X): b",
        "Host: x\r\n\"X\": b",
        "Host: x\r\nX-A{}: b",
        "Host: x\r\nX/A: b",
        "Host: x\r\nHost: x",
        "Host: x, y",
        "Host: x\r\n=: b",
        "Host:",
        "Host: \u{e9}",
        "Host: x\r\nX-A: b\u{7f}c",
    ];
    let credentials = [
        "Bearer ann-token\r\nAuthorization: Bearer ann-token",
        "Bearer",
        "Basic \u{e9}",
        "",
        "Bearer ann-token, Bearer x",
        "Bearer ann-token\u{a0}",
        "bearer\tann-token x",
        "Bearer  \u{1}ann-token",
    ];
    let mut all = refused("a head", heads.map(|head| format!("{get}{head}")));
    let me = "GET /v1/me HTTP/1.1\r\nHost: acme.localhost\r\nAuthorization: ";
    all.extend(refused("a credential", credentials.map(|credential| format!("{me}{credential}"))));
    all
}

fn sizes() -> Vec<Case> {
    let get = "GET /livez HTTP/1.1\r\nHost: x\r\n";
    let many = |n: usize| (0..n).map(|n| format!("X-{n}: y\r\n")).collect::<String>();
    refused("too much", [
        format!("{get}X-A: {}\r\n", "a".repeat(70_000)),
        format!("{get}{}: b\r\n", "X".repeat(70_000)),
        format!("{get}{}", many(101)),
        format!("{get}{}", many(5_000)),
        format!("{get}Cookie: {}\r\n", "a=b; ".repeat(14_000)),
        format!("{get}Authorization: Bearer {}\r\n", "a".repeat(66_000)),
        format!("{get}Accept: {}\r\n", "*/*,".repeat(17_000)),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n", "a".repeat(70_000)),
        format!("GET /livez?{} HTTP/1.1\r\nHost: x\r\n", "a=b&".repeat(17_000)),
        format!("GET {}v1/me HTTP/1.1\r\nHost: x\r\n", "/".repeat(60_000)),
        format!("GET /t/{}/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer root-token\r\n", "a".repeat(60_000)),
        format!("GET /v1/invites?{} HTTP/1.1\r\nHost: acme.localhost\r\nAuthorization: Bearer ann-token\r\n",
            (0..5_000).map(|n| format!("x{n}=1&")).collect::<String>()),
        format!("{POST}Content-Length: 99999999999\r\n"),
        format!("{POST}Idempotency-Key: {}\r\nContent-Length: 0\r\n", "k".repeat(256)),
        "\r\n".repeat(40_000),
        "A".repeat(200_000),
    ].map(|mut text| { text.push_str("\r\n"); text }))
}

fn framing() -> Vec<Case> {
    let lengths = [
        "-1",
        "+5",
        "0x5",
        "5 5",
        "5,5",
        "5;5",
        "a",
        "",
        "5.0",
        "1e1",
        "18446744073709551616",
        "99999999999999999999999",
        "\u{665}",
        "5\0",
        "5\r\nContent-Length: 6",
        "0\r\nContent-Length: 5",
    ];
    let mut all = refused(
        "a length",
        lengths.map(|length| format!("{POST}{JSON}Content-Length: {length}\r\n\r\n{{}}xx{HIDDEN}")),
    );
    let codings = [
        "gzip",
        "identity",
        "chunked, gzip",
        "xchunked",
        "chunked;q=1",
        "\"chunked\"",
        "chunked\0",
        "\u{b}chunked",
        "chunked, identity",
        "gzip, deflate",
    ];
    all.extend(refused(
        "a coding",
        codings.map(|coding| {
            format!("{POST}{JSON}Transfer-Encoding: {coding}\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n{HIDDEN}")
        }),
    ));
    all.extend(refused(
        "an old coding",
        [POST.replace("1.1", "1.0") + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ));
    let both = [
        format!("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!(
            "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n{HIDDEN}"
        ),
        format!(
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"
        ),
        format!("Transfer-Encoding: CHUNKED\r\nContent-Length: 4\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!(
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"
        ),
        format!(
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{HIDDEN}"
        ),
        format!("Transfer-Encoding:\tchunked \r\nContent-Length: 3\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!(
            "Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{HIDDEN}"
        ),
        format!("Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!(
            "Transfer_Encoding: chunked\r\nConnection: close\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{HIDDEN}"
        ),
    ];
    all.extend(alone("both", both.map(|rest| format!("{POST}{JSON}{rest}"))));
    all.extend(refused("a name of a coding", [
        format!("{POST}{JSON}Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("{POST}{JSON}X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("{POST}{JSON}X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("{POST}{JSON}Transfer-Encoding\0: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("{POST}{JSON}Content-Length\0: 5\r\n\r\n0\r\n\r\n{HIDDEN}"),
    ]));
    all
}

fn chunks() -> Vec<Case> {
    let head = format!("{POST}{JSON}Transfer-Encoding: chunked\r\n\r\n");
    let bodies = [
        "x\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "+2\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "2 2\r\n{}\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        "2\r{}\r0\r\r",
        "2\r\n{}0\r\n\r\n",
        "1\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}\n\n0\r\n\r\n",
        "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "\r\n2\r\n{}\r\n0\r\n\r\n",
        "2\0\r\n{}\r\n0\r\n\r\n",
        ";x\r\n{}\r\n0\r\n\r\n",
        "2;x\n{}\r\n0\r\n\r\n",
        "\u{662}\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}\r\n0\r\n: y\r\n\r\n",
    ];
    let mut all = refused("a chunk", bodies.map(|body| format!("{head}{body}{HIDDEN}")));
    // Trailers mean nothing here, whatever ends their lines.
    all.extend(alone("a trailer", [format!("{head}2\r\n{{}}\r\n0\r\nX: y\n\r\nz{HIDDEN}")]));
    let extensions = format!("{head}2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(100_000));
    let trailers = format!("{head}2\r\n{{}}\r\n0\r\n{}\r\n", "X-A: b\r\n".repeat(20_000));
    let tiny = format!("{head}{}0\r\n\r\n", "1;xxxxxxxxxxxxxxxxxxxxxxxxx\r\n{\r\n".repeat(20_000));
    all.extend(refused("chunks beyond measure", [extensions, trailers, tiny]));
    all
}

fn targets() -> Vec<Case> {
    let targets = [
        "/v1/invites/../../etc/passwd",
        "/v1/invites/%00",
        "/v1/invites/%ff%fe",
        "/v1/invites/%c0%af",
        "/v1/invites?pageSize=x",
        "/v1/invites?pageSize=1&pageSize=2",
        "/v1/invites?pageSize=99999999999999",
        "/v1/invites?status=%00",
        "/v1/invites?status=%ff",
        "/v1/invites?unknown=1",
        "/v1/invites?a[b]=1",
        "/v1/invites?a.b.c=1",
        "/v1//invites",
        "/v1/invites/",
        "/v1/unknown",
        "/.git/config",
        "/.env",
        "/usher.user.v1.Invites/CreateInvite",
        "/metrics",
        "/debug/pprof",
        "/admin/../v1/x",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/v1/me;jsessionid=1",
        "/v1/me%0d%0aX-A:%20b",
        "/V1/ME",
        "/v1/me/",
        "\\v1\\me",
    ];
    let auth = "Host: acme.localhost\r\nAuthorization: Bearer ann-token\r\n\r\n";
    refused("a target", targets.map(|target| format!("GET {target} HTTP/1.1\r\n{auth}")))
}

fn versions() -> Vec<Case> {
    refused(
        "another protocol",
        [
            &b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"[..],
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n",
            b"SSH-2.0-x\r\n\r\n",
            b"\0\0\0\0\r\n\r\n",
            b"EHLO x\r\n\r\n",
            b"*1\r\n$4\r\nPING\r\n\r\n",
            b"{\"jsonrpc\":\"2.0\"}\r\n\r\n",
        ],
    )
}
