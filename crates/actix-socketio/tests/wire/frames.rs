//! WebSocket framing (RFC 6455).

use std::time::Duration;

use video_chat_socketio::ws::client_frame;

use crate::{client::Got, harness::Server};

const MASK: [u8; 4] = [0xa1, 0, 0x5c, 0xff];

both! {
    fn bad_frames_are_closed_with_their_status(mode) {
        let server = Server::start(mode);
        let too_big = client_frame(true, 1, &vec![b'4'; 100_001], MASK);
        let halves = [client_frame(false, 1, &vec![b'4'; 60_000], MASK), client_frame(true, 0, &vec![b'4'; 60_000], MASK)];
        let bad_utf8 = client_frame(true, 1, &[b'4', 0xc3], MASK);
        let split_utf8 = [client_frame(false, 1, &[b'4', 0xe2, 0x82], MASK), client_frame(true, 0, b"x", MASK)];
        for (name, bytes, code) in [
            ("too big", too_big.clone(), 1009),
            ("the header alone", too_big[..14].to_vec(), 1009),
            ("too big in sum", halves.concat(), 1009),
            ("bad utf-8", bad_utf8, 1007),
            ("bad utf-8 across fragments", split_utf8.concat(), 1007),
            ("unmasked", vec![0x81, 1, b'3'], 1002),
            ("reserved bit", client_frame(true, 1, b"3", MASK).into_iter().enumerate().map(|(n, b)| if n == 0 { b | 0x40 } else { b }).collect(), 1002),
            ("reserved opcode", client_frame(true, 3, b"3", MASK), 1002),
            ("fragmented ping", client_frame(false, 9, b"", MASK), 1002),
            ("long ping", client_frame(true, 9, &[0; 126], MASK), 1002),
            ("continuation of nothing", client_frame(true, 0, b"3", MASK), 1002),
            ("close of one byte", client_frame(true, 8, b"x", MASK), 1002),
        ] {
            let mut ws = server.joined();
            ws.raw(&bytes);
            assert_eq!(ws.closing(), code, "{name}");
        }
        server.expect_nothing_left();
        assert_eq!(server.log.count("offence TooLarge"), 3);
        assert_eq!(server.log.count("offence Parse"), 9);
    }

    fn fragments_with_pings_between_and_byte_by_byte(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        ws.raw(&client_frame(false, 1, b"42[\"e\",\"\xe2", MASK));
        ws.raw(&client_frame(true, 9, b"hi", MASK));
        assert_eq!(ws.recv(), Got::Pong(b"hi".to_vec()));
        ws.raw(&client_frame(false, 0, b"\x82", MASK));
        ws.raw(&client_frame(false, 0, b"", MASK));
        ws.raw(&client_frame(true, 0, b"\xac\"]", MASK));
        assert_eq!(ws.next(), "42[\"echo\",\"€\"]");
        for byte in client_frame(true, 1, b"42[\"e\",2]", MASK) {
            ws.raw(&[byte]);
        }
        assert_eq!(ws.next(), "42[\"echo\",2]");
    }

    fn many_frames_in_one_segment_are_answered_in_order(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        let all: Vec<u8> =
            (0..500).flat_map(|n| client_frame(true, 1, format!("42[\"e\",{n}]").as_bytes(), MASK)).collect();
        ws.raw(&all);
        for n in 0..500 {
            assert_eq!(ws.next(), format!("42[\"echo\",{n}]"));
        }
    }

    fn many_pings_are_all_answered(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        ws.raw(&client_frame(true, 9, b"p", MASK).repeat(300));
        ws.text("42[\"e\",1]");
        for _ in 0..300 {
            assert_eq!(ws.recv(), Got::Pong(b"p".to_vec()));
        }
        assert_eq!(ws.next(), "42[\"echo\",1]");
    }

    fn half_a_frame_just_waits(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        let frame = client_frame(true, 1, b"42[\"e\",1]", MASK);
        ws.raw(&frame[..9]);
        assert!(ws.is_silent_for(Duration::from_millis(80)));
        ws.raw(&frame[9..]);
        assert_eq!(ws.next(), "42[\"echo\",1]");
    }

    fn large_messages_both_ways(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        let text = "x".repeat(99_000);
        ws.text(&format!("42[\"e\",\"{text}\"]"));
        assert_eq!(ws.next(), format!("42[\"echo\",\"{text}\"]"));
    }
}
