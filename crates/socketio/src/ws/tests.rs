//! Tests of the WebSocket codec.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::Frame;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const MAX: usize = 1_000;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// What came out of a stream of bytes, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Got {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    Error(WsError),
}

/// Feeds `stream` in pieces of the given sizes (the last one again and again), the way a transport does.
fn feed(stream: &[u8], sizes: &[usize]) -> Vec<Got> {
    let mut decoder = Decoder::new(MAX);
    let mut buffer = Vec::new();
    let mut got = Vec::new();
    let mut rest = stream;
    let mut sizes = sizes.iter().copied().chain(std::iter::repeat(*sizes.last().unwrap()));
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(sizes.next().unwrap().clamp(1, rest.len()));
        rest = after;
        buffer.extend_from_slice(piece);
        loop {
            let consumed = match decoder.decode(&mut buffer) {
                Ok(Decoded::Incomplete { needed }) => {
                    assert!(needed > buffer.len() && needed <= MAX + 14);
                    break;
                }
                Ok(Decoded::Frame { consumed, message }) => {
                    got.extend(message.map(|message| match message {
                        Message::Text(text) => Got::Text(text.into()),
                        Message::Binary(data) => Got::Binary(data.into()),
                        Message::Ping(data) => Got::Ping(data.into()),
                        Message::Pong(data) => Got::Pong(data.into()),
                        Message::Close { code, reason } => Got::Close(code, reason.into()),
                    }));
                    consumed
                }
                Err(error) => {
                    got.push(Got::Error(error));
                    return got;
                }
            };
            buffer.drain(..consumed);
        }
    }
    got
}

fn whole(stream: &[u8]) -> Vec<Got> {
    feed(stream, &[usize::MAX])
}

fn frame(fin: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
    client_frame(fin, opcode, payload, MASK)
}

fn text(text: &str) -> Got {
    Got::Text(text.into())
}

#[test]
fn the_examples_of_the_rfc() {
    let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(whole(&hello), [text("Hello")]);
    assert_eq!(frame(true, TEXT, b"Hello"), hello);
    assert_eq!(Frame::text("Hello").websocket()[..], [0x81, 5, b'H', b'e', b'l', b'l', b'o']);
    assert_eq!(ping(b"Hello")[..], [0x89, 5, b'H', b'e', b'l', b'l', b'o']);
    assert_eq!(pong(b"Hello")[..], [0x8a, 5, b'H', b'e', b'l', b'l', b'o']);
}

#[test]
fn a_whole_message_is_a_slice_of_the_input() {
    let mut bytes = frame(true, TEXT, "4é".as_bytes());
    let (length, range) = (bytes.len(), bytes.as_ptr_range());
    let decoded = Decoder::new(MAX).decode(&mut bytes);
    let Ok(Decoded::Frame { consumed, message: Some(Message::Text(Cow::Borrowed(text))) }) = decoded else {
        panic!("{decoded:?}")
    };
    assert_eq!((consumed, text), (length, "4é"));
    assert!(range.contains(&text.as_ptr()));
}

#[test]
fn every_length_has_its_header() {
    for length in [0, 1, 125, 126, 127, 999, MAX] {
        let data = vec![7; length];
        assert_eq!(whole(&frame(true, BINARY, &data)), [Got::Binary(data)], "{length}");
    }
    let long = vec![7; 70_000];
    let mut bytes = frame(true, BINARY, &long);
    let decoded = Decoder::new(70_000).decode(&mut bytes);
    assert_eq!(
        decoded,
        Ok(Decoded::Frame { consumed: 70_014, message: Some(Message::Binary(long.as_slice().into())) })
    );
}

#[test]
fn fragments_with_control_frames_between() {
    let stream = [
        frame(false, TEXT, b"one "),
        frame(true, PING, b"p"),
        frame(false, CONTINUATION, b""),
        frame(true, PONG, b""),
        frame(false, CONTINUATION, b"two "),
        frame(true, CONTINUATION, b"three"),
        frame(false, BINARY, &[0xff]),
        frame(true, CONTINUATION, &[0xfe]),
        frame(true, TEXT, b"four"),
        frame(true, CLOSE, b"\x03\xe8bye"),
    ]
    .concat();
    let expected = [
        Got::Ping(b"p".to_vec()),
        Got::Pong(vec![]),
        text("one two three"),
        Got::Binary(vec![0xff, 0xfe]),
        text("four"),
        Got::Close(Some(1000), "bye".into()),
    ];
    for size in [1, 2, 3, 7, usize::MAX] {
        assert_eq!(feed(&stream, &[size]), expected, "in pieces of {size}");
    }
}

#[test]
fn a_message_is_under_way_until_its_last_fragment() {
    let mut decoder = Decoder::new(MAX);
    assert!(!decoder.in_message());
    decoder.decode(&mut frame(false, TEXT, b"a")).unwrap();
    assert!(decoder.in_message());
    decoder.decode(&mut frame(true, CONTINUATION, b"b")).unwrap();
    assert!(!decoder.in_message());
}

#[test]
fn characters_may_be_cut_by_fragments_but_must_be_whole_in_the_end() {
    let smile = "😀".as_bytes();
    for cut in 0..=smile.len() {
        let (head, tail) = smile.split_at(cut);
        let stream = [frame(false, TEXT, head), frame(true, CONTINUATION, tail)].concat();
        assert_eq!(whole(&stream), [text("😀")], "cut at {cut}");
    }
    let one_by_one: Vec<_> = smile.iter().flat_map(|byte| frame(false, CONTINUATION, &[*byte])).collect();
    let stream = [frame(false, TEXT, b""), one_by_one, frame(true, CONTINUATION, b"!")].concat();
    assert_eq!(whole(&stream), [text("😀!")]);
}

#[test]
fn text_that_is_not_utf8() {
    for bad in [&b"\xff"[..], b"ok\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98"] {
        assert_eq!(whole(&frame(true, TEXT, bad)), [Got::Error(WsError::Utf8)], "{bad:?}");
        for cut in 0..=bad.len() {
            let (head, tail) = bad.split_at(cut);
            let stream = [frame(false, TEXT, head), frame(true, CONTINUATION, tail)].concat();
            assert_eq!(whole(&stream), [Got::Error(WsError::Utf8)], "{bad:?} cut at {cut}");
        }
        assert_eq!(whole(&frame(true, BINARY, bad)), [Got::Binary(bad.to_vec())]);
    }
    // Seen at once, not at the end of the message.
    assert_eq!(whole(&frame(false, TEXT, b"\xff")), [Got::Error(WsError::Utf8)]);
}

#[test]
fn one_byte_too_many_is_refused_by_the_header_alone() {
    let too_big = frame(true, TEXT, &vec![b'x'; MAX + 1]);
    assert_eq!(whole(&too_big[..8]), [Got::Error(WsError::TooBig)]);
    let claim = [&[0x82, 0xff][..], &(u64::MAX >> 1).to_be_bytes(), &MASK].concat();
    assert_eq!(whole(&claim), [Got::Error(WsError::TooBig)]);

    let half = frame(false, BINARY, &[0; MAX / 2]);
    let fits = frame(true, CONTINUATION, &[0; MAX / 2]);
    assert_eq!(whole(&[half.clone(), fits].concat()), [Got::Binary(vec![0; MAX])]);
    let over = frame(true, CONTINUATION, &[0; MAX / 2 + 1]);
    assert_eq!(whole(&[&half[..], &over[..8]].concat()), [Got::Error(WsError::TooBig)]);
    // A control frame between them does not count, nor does the limit apply to it.
    assert!(Decoder::new(1).decode(&mut frame(true, PING, b"ab")).is_ok());
}

#[test]
fn every_offence_has_its_close_code() {
    let unmasked = Frame::text("x").websocket().to_vec();
    for (stream, error, code) in [
        (unmasked, WsError::Unmasked, 1002),
        (frame(true, TEXT, b"\xff"), WsError::Utf8, 1007),
        (frame(true, TEXT, &[b'x'; MAX + 1]), WsError::TooBig, 1009),
        (frame(true, CONTINUATION, b"x"), WsError::Fragment, 1002),
        ([frame(false, TEXT, b"x"), frame(true, TEXT, b"y")].concat(), WsError::Fragment, 1002),
        ([frame(false, TEXT, b"x"), frame(false, BINARY, b"y")].concat(), WsError::Fragment, 1002),
        (
            [frame(false, TEXT, b"x"), frame(true, 0, b"y"), frame(true, 0, b"z")].concat(),
            WsError::Fragment,
            1002,
        ),
        (frame(false, PING, b""), WsError::Control, 1002),
        (frame(false, PONG, b""), WsError::Control, 1002),
        (frame(false, CLOSE, b""), WsError::Control, 1002),
        (frame(true, PING, &[0; 126]), WsError::Control, 1002),
        (frame(true, PONG, &[0; 126]), WsError::Control, 1002),
        (frame(true, CLOSE, &vec![0; 70_000]), WsError::Control, 1002),
        (frame(true, CLOSE, b"\x03"), WsError::Close, 1002),
        (frame(true, CLOSE, b"\x03\xe8\xff"), WsError::Utf8, 1007),
        // 125 bytes in the form for 126, and 65,535 in the form for 65,536.
        ([&[0x82, 0xfe, 0, 125][..], &MASK].concat(), WsError::Length, 1002),
        ([&[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff][..], &MASK].concat(), WsError::Length, 1002),
        ([&[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0][..], &MASK].concat(), WsError::Length, 1002),
    ] {
        let got = whole(&stream);
        assert_eq!(got.last(), Some(&Got::Error(error)), "{stream:?}");
        assert_eq!(error.code(), code);
    }
}

#[test]
fn reserved_bits_and_opcodes() {
    for first in 0..=u8::MAX {
        let got = whole(&[first, 0x80, 0, 0, 0, 0]);
        let expected = match (first & 0x70, first & 0x0f) {
            (0, 3..=7 | 11..) => Some(WsError::ReservedOpcode),
            (0, _) => None,
            _ => Some(WsError::ReservedBit),
        };
        if let Some(error) = expected {
            assert_eq!(got, [Got::Error(error)], "{first:#x}");
        } else {
            let refused = [Got::Error(WsError::ReservedBit), Got::Error(WsError::ReservedOpcode)];
            assert!(!got.iter().any(|got| refused.contains(got)), "{first:#x}");
        }
    }
}

#[test]
fn close_codes() {
    assert_eq!(whole(&frame(true, CLOSE, b"")), [Got::Close(None, String::new())]);
    let legal = |code| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    for code in (0..=5_010).chain([u16::MAX]) {
        let got = whole(&frame(true, CLOSE, &code.to_be_bytes()));
        let expected =
            if legal(code) { Got::Close(Some(code), String::new()) } else { Got::Error(WsError::Close) };
        assert_eq!(got, [expected], "{code}");
    }
}

#[test]
fn control_frames_are_cut_to_size() {
    assert_eq!(ping(&[1; 200])[..2], [0x89, 125]);
    assert_eq!(pong(&[1; 200]).len(), 127);
    let long = close(1000, &"é".repeat(100));
    assert_eq!(long[..4], [0x88, 2 + 122, 0x03, 0xe8]);
    assert_eq!(std::str::from_utf8(&long[4..]), Ok(&*"é".repeat(61)));
}

/// A message of a client and how it is cut into fragments.
fn message() -> impl Strategy<Value = (Got, Vec<u8>)> {
    let data = prop_oneof![
        "\\PC{0,80}".prop_map(|text| (TEXT, text.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(|data| (BINARY, data)),
    ];
    let cuts = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..4);
    (data, cuts, any::<[u8; 4]>()).prop_map(|((opcode, data), cuts, mask)| {
        let mut cuts: Vec<_> =
            cuts.into_iter().map(|(index, pinged)| (index.index(data.len() + 1), pinged)).collect();
        cuts.sort_unstable();
        let mut stream = Vec::new();
        let (mut start, mut kind) = (0, opcode);
        for (end, ponged) in cuts {
            stream.extend(client_frame(false, kind, &data[start..end], mask));
            if ponged {
                stream.extend(client_frame(true, PONG, b"", mask));
            }
            (start, kind) = (end, CONTINUATION);
        }
        stream.extend(client_frame(true, kind, &data[start..], mask));
        let message =
            if opcode == TEXT { Got::Text(String::from_utf8(data).unwrap()) } else { Got::Binary(data) };
        (message, stream)
    })
}

proptest! {
    #[test]
    fn messages_come_back_however_they_are_cut(
        messages in prop::collection::vec(message(), 1..6),
        sizes in prop::collection::vec(1_usize..400, 1..6),
    ) {
        let (expected, streams): (Vec<_>, Vec<_>) = messages.into_iter().unzip();
        let mut got = feed(&streams.concat(), &sizes);
        got.retain(|got| !matches!(got, Got::Pong(_)));
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn any_bytes_mean_the_same_in_any_pieces(
        stream in prop::collection::vec(any::<u8>(), 0..200),
        sizes in prop::collection::vec(1_usize..20, 1..4),
    ) {
        prop_assert_eq!(feed(&stream, &sizes), feed(&stream, &[1]));
    }
}
