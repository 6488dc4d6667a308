//! Pings, and what happens without answers.

use std::{
    thread,
    time::{Duration, Instant},
};

use video_chat_actix_socketio::Config;

use crate::{
    client::Got,
    harness::{Server, config, hectic},
};

#[expect(clippy::disallowed_methods, reason = "measures the server")]
fn now() -> Instant {
    Instant::now()
}

both! {
    fn the_first_ping_comes_after_the_interval(mode) {
        let server = Server::with(mode, hectic());
        let mut ws = server.joined();
        let start = now();
        for _ in 0..3 {
            assert_eq!(ws.recv().text(), "2");
            ws.text("3");
        }
        assert!(start.elapsed() > Duration::from_millis(550), "{:?}", start.elapsed());
    }

    fn a_silent_websocket_is_closed(mode) {
        let server = Server::with(mode, hectic());
        let mut ws = server.joined();
        let start = now();
        assert_eq!(ws.recv().text(), "2");
        assert_eq!(ws.recv(), Got::Close(1000));
        assert!((300..900).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
        server.log.expect("disconnected / PingTimeout");
        server.expect_nothing_left();
    }

    fn a_poll_at_the_deadline_is_refused(mode) {
        let server = Server::with(mode, hectic());
        let sid = server.join();
        thread::sleep(Duration::from_millis(350));
        assert_eq!(server.poll(&sid).status, 400);
        server.log.expect("disconnected / PingTimeout");
        server.expect_nothing_left();
    }

    fn the_deadline_runs_while_a_poll_is_open(mode) {
        let server = Server::with(mode, hectic());
        let sid = server.join();
        assert_eq!(server.poll(&sid).body(), "2");
        let pending = server.poll_later(&sid);
        assert_eq!(pending.response().body(), "1");
        server.log.expect("disconnected / PingTimeout");
    }

    fn a_clients_ping_is_an_offence(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        ws.text("2");
        assert_eq!(ws.closing(), 1000);
        server.log.expect("offence Parse");
    }

    fn a_connection_without_a_namespace_is_closed(mode) {
        let server = Server::with(mode, Config { connect_timeout: Duration::from_millis(150), ..config() });
        server.ws().closing();
        server.log.expect("offence NoNamespace");
        let sid = server.open();
        assert_eq!(server.poll(&sid).body(), "1");
        let mut joined = server.joined();
        assert!(joined.is_silent_for(Duration::from_millis(300)));
        joined.text("41");
        joined.closing();
        assert_eq!(server.log.count("offence NoNamespace"), 3);
        server.expect_nothing_left();
    }

    fn a_slow_handler_is_not_the_clients_fault(mode) {
        let server = Server::with(mode, hectic());
        let mut ws = server.joined();
        ws.text("42[\"sleep\",800]");
        assert_eq!(ws.recv().text(), "2", "pings go on");
        ws.text("3");
        server.log.expect("done sleep");
        ws.text("42[\"after\",1]");
        assert_eq!(ws.next(), "42[\"echo\",1]");
    }
}
