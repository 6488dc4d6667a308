//! From polling to WebSocket.

use std::time::Duration;

use video_chat_actix_socketio::Config;
use video_chat_socketio::ws::client_frame;

use crate::{
    client::Got,
    harness::{Server, config},
};

both! {
    fn a_pending_poll_is_released_and_everything_flushed_in_order(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let pending = server.poll_later(&sid);
        let mut ws = server.probe(&sid);
        assert!(ws.is_silent_for(Duration::from_millis(50)), "the client speaks first");
        ws.text("2probe");
        assert_eq!(ws.recv().text(), "3probe");
        assert_eq!(pending.response().body(), "6");
        server.post(&sid, "42[\"e\",1]\u{1e}42[\"e\",2]");
        assert_eq!(server.poll(&sid).body(), "6", "held back, and the poll released again");
        assert!(ws.is_silent_for(Duration::from_millis(50)));
        ws.raw(&[client_frame(true, 1, b"5", [1; 4]), client_frame(true, 1, b"42[\"e\",3]", [2; 4])].concat());
        for n in 1..=3 {
            assert_eq!(ws.recv().text(), format!("42[\"echo\",{n}]"));
        }
        assert_eq!(server.poll(&sid).status, 400);
        assert_eq!(server.post(&sid, "42[\"e\",4]").status, 400);
        ws.text("42[\"e\",5]");
        assert_eq!(ws.recv().text(), "42[\"echo\",5]");
        drop(ws);
        server.log.expect("disconnected / Lost");
        server.expect_nothing_left();
    }

    fn probe_and_upgrade_in_one_segment(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let mut ws = server.probe(&sid);
        ws.raw(&[client_frame(true, 1, b"2probe", [1; 4]), client_frame(true, 1, b"5", [2; 4])].concat());
        assert_eq!(ws.recv().text(), "3probe");
        assert_eq!(server.poll(&sid).status, 400);
        ws.text("42[\"e\",1]");
        assert_eq!(ws.recv().text(), "42[\"echo\",1]");
    }

    fn an_upgrade_waits_for_what_was_posted(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let post = crate::client::send(
            server.addr, "POST", &crate::harness::polling(&sid), &[], b"42[\"sleep\",300]\x1e42[\"e\",1]",
        );
        server.log.expect("sleep 300");
        let mut ws = server.probe(&sid);
        ws.text("2probe");
        assert_eq!(ws.recv().text(), "3probe");
        ws.text("5");
        ws.text("42[\"e\",2]");
        assert_eq!(ws.recv().text(), "42[\"echo\",1]");
        assert_eq!(ws.recv().text(), "42[\"echo\",2]");
        assert_eq!(post.response().body(), "ok");
    }

    fn anything_else_closes_the_probe_alone(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        for packets in [&["4x"][..], &["5"], &["2"], &["nonsense"], &["2probe", "2probe"], &["2probe", "40"]] {
            let mut ws = server.probe(&sid);
            for packet in packets {
                ws.text(packet);
            }
            ws.closing();
            assert_eq!(server.post(&sid, "42[\"e\",1]").body(), "ok", "{packets:?}");
            assert_eq!(server.poll(&sid).body(), "42[\"echo\",1]", "{packets:?}");
        }
        let mut ws = server.probe(&sid);
        ws.binary(b"x");
        ws.closing();
        assert_eq!(server.log.count("offence Parse"), 0);
    }

    fn an_abandoned_probe_leaves_polling_usable(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let mut ws = server.probe(&sid);
        ws.text("2probe");
        assert_eq!(ws.recv().text(), "3probe");
        server.post(&sid, "42[\"e\",1]");
        drop(ws);
        let mut body = server.poll(&sid).body().to_owned();
        if body == "6" {
            // The poll came before the server saw the end of the probe.
            body = server.poll(&sid).body().to_owned();
        }
        assert_eq!(body, "42[\"echo\",1]");
    }

    fn a_probe_times_out_alone(mode) {
        let server = Server::with(mode, Config { upgrade_timeout: Duration::from_millis(150), ..config() });
        let sid = server.join();
        for probe in [false, true] {
            let mut ws = server.probe(&sid);
            if probe {
                ws.text("2probe");
            }
            ws.closing();
            server.post(&sid, "42[\"e\",1]");
            assert_eq!(server.poll(&sid).body(), "42[\"echo\",1]");
        }
    }

    fn a_second_websocket_is_closed(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let mut ws = server.probe(&sid);
        ws.text("2probe");
        assert_eq!(ws.recv().text(), "3probe");
        let mut during = server.probe(&sid);
        assert!(matches!(during.recv(), Got::Close(_)));
        ws.text("5");
        ws.text("42[\"e\",0]");
        assert_eq!(ws.recv().text(), "42[\"echo\",0]");
        let mut after = server.probe(&sid);
        assert!(matches!(after.recv(), Got::Close(_)));
        ws.text("42[\"e\",1]");
        assert_eq!(ws.recv().text(), "42[\"echo\",1]");
    }

    fn a_websocket_for_a_websocket_session_is_closed(mode) {
        let server = Server::start(mode);
        let mut ws = crate::client::Ws::open(server.addr, "/socket.io/?EIO=4&transport=websocket");
        let sid = crate::harness::sid_of(&ws.recv().text());
        assert!(matches!(server.probe(&sid).recv(), Got::Close(_)));
        ws.text("40");
        assert!(ws.next().starts_with("40"));
    }

    fn heartbeats_go_on_after_the_upgrade(mode) {
        let server = Server::with(mode, crate::harness::hectic());
        let sid = server.join();
        let mut ws = server.probe(&sid);
        ws.text("2probe");
        ws.text("5");
        assert_eq!(ws.recv().text(), "3probe");
        for _ in 0..2 {
            assert_eq!(ws.recv().text(), "2");
            ws.text("3");
        }
        assert_eq!(ws.recv().text(), "2");
        ws.closing();
        server.log.expect("disconnected / PingTimeout");
        server.expect_nothing_left();
    }
}
