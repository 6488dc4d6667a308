//! Long-polling.

use std::{io::Read, time::Duration};

use flate2::read::GzDecoder;

use crate::{
    client,
    harness::{Server, polling},
};

both! {
    fn messages_come_in_order_in_one_body(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let posted = server.post(&sid, "42[\"a\",1]\u{1e}42[\"b\",1.0]\u{1e}42[\"c\",\"\\ud83d\"]");
        assert_eq!((posted.status, posted.body()), (200, "ok"));
        assert_eq!(posted.header("cache-control").unwrap(), "no-store");
        assert_eq!(
            server.poll(&sid).body(),
            "42[\"echo\",1]\u{1e}42[\"echo\",1.0]\u{1e}42[\"echo\",\"\\ud83d\"]"
        );
    }

    fn binary_is_base64(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        server.post(&sid, "451-[\"bin\",{\"_placeholder\":true,\"num\":0}]\u{1e}bAQIDBA==");
        let expected = "451-[\"echo\",{\"_placeholder\":true,\"num\":0}]\u{1e}bAQIDBA==";
        assert_eq!(server.poll(&sid).body(), expected);
    }

    fn a_poll_waits_for_a_message(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let pending = server.poll_later(&sid);
        assert!(pending.is_silent_for(Duration::from_millis(100)));
        server.post(&sid, "42[\"x\",7]");
        assert_eq!(pending.response().body(), "42[\"echo\",7]");
    }

    fn two_polls_end_the_connection(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let pending = server.poll_later(&sid);
        assert_eq!(server.poll(&sid).status, 400);
        assert_eq!(pending.response().body(), "1");
        assert_eq!(server.poll(&sid).body(), "{\"code\":1,\"message\":\"Session ID unknown\"}");
        server.log.expect("disconnected / Offence");
        server.expect_nothing_left();
    }

    fn two_posts_end_the_connection(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let first = client::send(server.addr, "POST", &polling(&sid), &[], b"42[\"sleep\",300]");
        server.log.expect("sleep 300");
        assert_eq!(server.post(&sid, "3").status, 400);
        assert_eq!(first.response().status, 200, "its packet was handed over");
        assert_eq!(server.post(&sid, "3").status, 400);
        server.log.expect("disconnected / Offence");
    }

    fn a_slow_handler_holds_up_neither_polls_nor_heartbeats(mode) {
        let server = Server::with(mode, crate::harness::hectic());
        let sid = server.join();
        let post = client::send(server.addr, "POST", &polling(&sid), &[], b"42[\"sleep\",900]\x1e42[\"then\",1]");
        assert_eq!(server.poll(&sid).body(), "2", "the ping comes while the handler sleeps");
        assert_eq!(post.response().body(), "ok", "the answer to the ping could not come before");
        assert_eq!(server.post(&sid, "3").body(), "ok");
        assert!(server.poll(&sid).body().starts_with("42[\"echo\",1]"));
        let mut lines = server.log.lines();
        lines.retain(|line| line.contains("sleep") || line.contains("then"));
        assert_eq!(lines, ["sleep 900", "done sleep", "then 1", "done then"]);
    }

    fn a_malformed_packet_is_answered_and_ends_the_connection(mode) {
        let server = Server::start(mode);
        for body in ["abc", "", "4abc", "42{}", "2", "42[\"a\"]\u{1e}", "b=", "42[\"a\",1]]", "41/nowhere"] {
            let sid = server.join();
            assert_eq!(server.post(&sid, body).status, 400, "{body}");
            assert_eq!(server.poll(&sid).status, 400, "{body}");
            server.expect_nothing_left();
        }
        assert_eq!(server.log.count("offence Parse"), 9);
        assert_eq!(server.log.count("disconnected / Offence"), 9);
    }

    fn too_large_a_body_is_413(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let response = server.post(&sid, &"4".repeat(100_001));
        assert_eq!(response.status, 413);
        server.log.expect("offence TooLarge");
        server.log.expect("disconnected / Offence");
        let sid = server.join();
        let chunked = format!("{:x}\r\n{}\r\n0\r\n\r\n", 100_001, "4".repeat(100_001));
        let mut stream = client::connect(server.addr);
        let head = format!("POST {} HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n", polling(&sid));
        std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
        let _ = std::io::Write::write_all(&mut stream, chunked.as_bytes());
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status[9..], b"413");
        server.expect_nothing_left();
    }

    fn the_largest_body_passes(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let text = "x".repeat(100_000 - "42[\"a\",\"\"]".len());
        assert_eq!(server.post(&sid, &format!("42[\"a\",\"{text}\"]")).body(), "ok");
        assert_eq!(server.poll(&sid).body(), format!("42[\"echo\",\"{text}\"]"));
    }

    fn octet_streams_and_bad_utf8_are_refused(mode) {
        let server = Server::start(mode);
        for (headers, body) in
            [(&["Content-Type: application/octet-stream"][..], &b"4x"[..]), (&[], &[b'4', 0xff])]
        {
            let sid = server.join();
            assert_eq!(server.request("POST", &polling(&sid), headers, body).status, 400);
            server.expect_nothing_left();
        }
    }

    fn other_methods_are_refused(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        assert_eq!(server.request("PUT", &polling(&sid), &[], b"").status, 400);
        assert_eq!(server.post(&sid, "42[\"still\",1]").status, 200);
    }

    fn gzip_only_when_accepted_and_large(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let large = format!("42[\"x\",\"{}\"]", "y".repeat(2_000));
        for (accepts, body, zipped) in [
            ("Accept-Encoding: gzip, deflate", large.as_str(), true),
            ("Accept-Encoding: deflate", &large, false),
            ("Accept-Encoding: gzip;q=0", &large, false),
            ("Accept-Encoding: gzip", "42[\"x\",1]", false),
        ] {
            server.post(&sid, body);
            let response = server.request("GET", &polling(&sid), &[accepts], b"");
            assert_eq!(response.header("content-encoding").is_some(), zipped, "{accepts}");
            let mut text = String::new();
            if zipped {
                assert!(response.raw.len() < 200);
                GzDecoder::new(&response.raw[..]).read_to_string(&mut text).unwrap();
            } else {
                text.push_str(response.body());
            }
            assert_eq!(text, body.replace("\"x\"", "\"echo\""));
        }
    }
}
