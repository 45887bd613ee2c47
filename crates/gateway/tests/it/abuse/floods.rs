//! Frames of HTTP/2 in numbers and orders that no client needs.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::Victim;
use crate::raw::h2::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, block, frame, number, preface,
};

/// A peer that takes nothing for so long has stopped listening, which is its right.
const BLOCKED: Duration = Duration::from_secs(3);

const GET: [(&[u8], &[u8]); 4] = [
    (b":method", b"GET"),
    (b":scheme", b"http"),
    (b":authority", b"acme.localhost"),
    (b":path", b"/v1/me"),
];

pub(super) async fn all(victim: &Victim) {
    for (name, bytes) in frames() {
        println!("{name}: {} bytes taken", pour(victim, &bytes, 1).await);
    }
    for (name, begin, piece, times) in repeated() {
        let taken = pour_again(victim, &begin, &piece, times).await;
        println!("{name}: {taken} of {} bytes taken", begin.len() + piece.len() * times);
    }
}

async fn pour(victim: &Victim, bytes: &[u8], times: usize) -> usize {
    pour_again(victim, &[], bytes, times).await
}

/// Sends until the peer closes or stops to listen; reads along, so that answers do not hold it up.
async fn pour_again(victim: &Victim, begin: &[u8], piece: &[u8], times: usize) -> usize {
    let (mut reader, mut writer) = victim.connect().await.into_split();
    let reading = tokio::spawn(async move {
        let mut sink = vec![0; 65_536];
        while matches!(reader.read(&mut sink).await, Ok(n) if n > 0) {}
    });
    let mut taken = 0;
    for bytes in std::iter::once(begin).chain(std::iter::repeat_n(piece, times)) {
        match timeout(BLOCKED, writer.write_all(bytes)).await {
            Ok(Ok(())) => taken += bytes.len(),
            _ => break,
        }
    }
    let _ = writer.shutdown().await;
    let _ = timeout(BLOCKED, reading).await;
    taken
}

/// Connections that break a rule once.
fn frames() -> Vec<(&'static str, Vec<u8>)> {
    let head = |stream| frame(HEADERS, END_STREAM | END_HEADERS, stream, &block(&GET));
    let after = |bytes: Vec<u8>| [preface(), bytes].concat();
    vec![
        ("a stream of an even number", after(head(2))),
        ("a stream that goes back", after([head(5), head(3)].concat())),
        ("a stream used twice", after([head(1), head(1)].concat())),
        ("headers on stream 0", after(head(0))),
        ("data before headers", after(frame(DATA, END_STREAM, 1, b"x"))),
        ("data after the end", after([head(1), frame(DATA, END_STREAM, 1, b"x")].concat())),
        ("a window of nothing", after(frame(WINDOW_UPDATE, 0, 0, &[0; 4]))),
        (
            "a window beyond bounds",
            after(frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255]).repeat(2)),
        ),
        ("settings of odd length", after(frame(SETTINGS, 0, 0, &[0; 5]))),
        ("settings on a stream", after(frame(SETTINGS, 0, 1, &[]))),
        ("a setting out of range", after(frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1]))),
        (
            "a window setting out of range",
            after(frame(SETTINGS, 0, 0, &[0, 4, 255, 255, 255, 255])),
        ),
        ("an acknowledgement with a load", after(frame(SETTINGS, 1, 0, &[0; 6]))),
        ("a ping of odd length", after(frame(PING, 0, 0, &[0; 7]))),
        ("a ping on a stream", after(frame(PING, 0, 1, &[0; 8]))),
        ("a reset of an idle stream", after(frame(RST_STREAM, 0, 9, &[0; 4]))),
        ("a continuation of nothing", after(frame(CONTINUATION, END_HEADERS, 1, &block(&GET)))),
        ("a push from a client", after(frame(5, END_HEADERS, 1, &[0, 0, 0, 2]))),
        (
            "a goodbye in the middle",
            after([head(1), frame(GOAWAY, 0, 0, &[0; 8]), head(3)].concat()),
        ),
        (
            "padding beyond the frame",
            after(frame(HEADERS, 0x8 | END_HEADERS | END_STREAM, 1, &[255, 0x82])),
        ),
        (
            "a stream that depends on itself",
            after(frame(HEADERS, 0x20 | END_HEADERS | END_STREAM, 1, &[0, 0, 0, 1, 9, 0x82])),
        ),
        (
            "a block with an index of nothing",
            after(frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0x80])),
        ),
        (
            "a block with an index beyond the table",
            after(frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0xff, 0xff, 0xff, 0xff, 0x0f])),
        ),
        (
            "a block with an endless number",
            after(frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0xff; 64])),
        ),
        (
            "a block with a broken code",
            after(frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0, 0x81, 0xff, 0x81, 0xff])),
        ),
        (
            "a table larger than allowed",
            after(frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0x3f, 0xff, 0xff, 0xff, 0x7f])),
        ),
        (
            "a frame larger than allowed",
            after([&[255, 255, 255, DATA, 0, 0, 0, 0, 1][..], &[0; 70_000]].concat()),
        ),
        (
            "a block of headers beyond bounds",
            after(frame(
                HEADERS,
                END_HEADERS | END_STREAM,
                1,
                &block(&[&GET[..], &[(b"x-a", &[b'a'; 16_000][..])]].concat()),
            )),
        ),
        (
            "frames of unknown kinds",
            after((10..250).flat_map(|kind| frame(kind, 255, 1, &[0; 16])).collect()),
        ),
        (
            "a body of another length",
            after(
                [
                    frame(
                        HEADERS,
                        END_HEADERS,
                        1,
                        &block(
                            &[&GET[1..], &[(b":method", &b"POST"[..]), (b"content-length", b"3")]]
                                .concat(),
                        ),
                    ),
                    frame(DATA, END_STREAM, 1, b"too long"),
                ]
                .concat(),
            ),
        ),
    ]
}

/// Connections that do one thing over and over: what comes first, what is repeated, how often.
fn repeated() -> Vec<(&'static str, Vec<u8>, Vec<u8>, usize)> {
    let resets = (0..10_000).flat_map(|n| {
        let stream = 2 * n + 1;
        [
            frame(HEADERS, END_HEADERS, stream, &block(&GET)),
            frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]),
        ]
        .concat()
    });
    let many = (0..1_000).flat_map(|n| {
        let open = [(&b":method"[..], &b"POST"[..])]
            .into_iter()
            .chain(GET[1..].iter().copied())
            .collect::<Vec<_>>();
        frame(HEADERS, END_HEADERS, 2 * n + 1, &block(&open))
    });
    // One large field goes into the table, and is named again for one byte each time.
    let mut table = vec![0x40, 3];
    table.extend_from_slice(b"x-b");
    number(&mut table, 4_000);
    table.extend([b'a'; 4_000]);
    let bomb = [block(&GET), table, vec![0xbe; 12_000]].concat();
    let first = |bytes: Vec<u8>| [preface(), bytes].concat();
    let open = frame(
        HEADERS,
        END_HEADERS,
        1,
        &block(&[&[(&b":method"[..], &b"POST"[..])][..], &GET[1..]].concat()),
    );
    vec![
        ("rapid resets", preface(), resets.collect(), 1),
        ("streams without an end", preface(), many.collect(), 1),
        ("a bomb of headers", preface(), frame(HEADERS, END_HEADERS | END_STREAM, 1, &bomb), 1),
        (
            "continuations without an end",
            first(frame(HEADERS, 0, 1, &block(&GET))),
            frame(CONTINUATION, 0, 1, &block(&[(b"x-a", &[b'a'; 8_000][..])])),
            5_000,
        ),
        (
            "empty continuations",
            first(frame(HEADERS, 0, 1, &block(&GET))),
            frame(CONTINUATION, 0, 1, &[]).repeat(100),
            2_000,
        ),
        ("pings", preface(), frame(PING, 0, 0, &[7; 8]).repeat(100), 1_000),
        ("settings", preface(), frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 1]).repeat(100), 1_000),
        ("empty data", first(open.clone()), frame(DATA, 0, 1, &[]).repeat(100), 2_000),
        ("windows", preface(), frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]).repeat(100), 1_000),
        ("priorities", preface(), frame(2, 0, 3, &[0, 0, 0, 0, 1]).repeat(100), 1_000),
        ("a body without an end", first(open), frame(DATA, 0, 1, &[b'a'; 16_384]), 4_000),
    ]
}
