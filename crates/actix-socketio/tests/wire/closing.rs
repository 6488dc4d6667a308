//! How connections end, and what the application hears of it.

use std::{net::Shutdown, thread, time::Duration};

use video_chat_actix_socketio::{Config, Gone};
use video_chat_socketio::ws::client_frame;

use crate::{
    client,
    harness::{Server, config, polling},
};

both! {
    fn every_clean_close_is_the_clients(mode) {
        let server = Server::start(mode);
        let close_frame = client_frame(true, 8, &1001_u16.to_be_bytes(), [0; 4]);
        for (frame, code) in [(client_frame(true, 1, b"1", [0; 4]), 1000), (close_frame, 1001)] {
            let mut ws = server.joined();
            ws.raw(&frame);
            assert_eq!(ws.closing(), code);
            server.expect_nothing_left();
        }
        let sid = server.join();
        assert_eq!(server.post(&sid, "1").body(), "ok");
        server.expect_nothing_left();
        assert_eq!(server.log.count("disconnected / Client"), 3);
    }

    fn a_vanished_client_is_lost(mode) {
        let server = Server::start(mode);
        let ws = server.joined();
        ws.stream.shutdown(Shutdown::Write).unwrap();
        server.log.expect("disconnected / Lost");
        drop(server.joined());
        server.expect_nothing_left();
        assert_eq!(server.log.count("disconnected / Lost"), 2);
    }

    fn the_pending_poll_hears_noop_after_the_clients_close(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let pending = server.poll_later(&sid);
        server.post(&sid, "1");
        assert_eq!(pending.response().body(), "6");
        assert_eq!(server.poll(&sid).status, 400);
    }

    fn a_poll_just_after_the_clients_close_hears_noop_too(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let post = client::send(server.addr, "POST", &polling(&sid), &[], b"1");
        assert_eq!(post.response().body(), "ok");
        assert_eq!(server.poll(&sid).body(), "6");
        assert_eq!(server.poll(&sid).status, 400);
    }

    fn the_server_takes_a_socket_out(mode) {
        let server = Server::with(mode, Config { connect_timeout: Duration::from_millis(200), ..config() });
        let mut ws = server.joined();
        ws.text("42[\"take_out\"]");
        ws.text("42[\"crossed\"]");
        ws.text("41");
        assert_eq!(ws.recv().text(), "41");
        server.log.expect("disconnected / Server");
        assert_eq!(server.log.emitter().emit("late", "1"), Err(Gone));
        assert!(!server.log.emitter().is_open());
        ws.text("40");
        assert!(ws.recv().text().starts_with("40{"));
        assert_eq!(ws.recv().text(), "42[\"auth\",{}]");
        assert_eq!(server.log.count("crossed "), 0);
        server.log.emitter().disconnect();
        assert_eq!(ws.recv().text(), "41");
        ws.closing();
        assert_eq!(server.log.count("disconnected / Server"), 2);
        server.log.expect("offence NoNamespace");
    }

    fn close_sends_disconnects_and_hangs_up(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        ws.text("40/custom");
        ws.recv();
        ws.recv();
        ws.text("42[\"close\"]");
        assert_eq!(ws.recv().text(), "42[\"last\",1]");
        let mut goodbyes = [ws.recv().text(), ws.recv().text()];
        goodbyes.sort();
        assert_eq!(goodbyes, ["41", "41/custom,"]);
        assert_eq!(ws.closing(), 1000);
        server.expect_nothing_left();
        assert_eq!(server.log.count("disconnected / Server"), 1);
        assert_eq!(server.log.count("disconnected /custom Server"), 1);
    }

    fn hanging_up_sends_no_disconnect(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        ws.text("42[\"hang_up\"]");
        assert_eq!(ws.recv(), client::Got::Close(1001));
        server.log.expect("disconnected / Server");
    }

    fn from_another_thread(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        server.log.emitter().emit("hello", "1").unwrap();
        assert_eq!(ws.recv().text(), "42[\"hello\",1]");
        server.log.emitter().close();
        assert_eq!(ws.recv().text(), "41");
        assert_eq!(ws.closing(), 1000);
        server.expect_nothing_left();
    }

    fn inside_connect(mode) {
        let server = Server::start(mode);
        let mut ws = server.ws();
        ws.text("40{\"do\":\"disconnect\"}");
        assert!(ws.recv().text().starts_with("40{\"sid\""));
        assert_eq!(ws.recv().text(), "42[\"auth\",{\"do\":\"disconnect\"}]");
        assert_eq!(ws.recv().text(), "41");
        server.log.expect("disconnected / Server");
        ws.text("40{\"do\":\"close\"}");
        assert!(ws.recv().text().starts_with("40{\"sid\""));
        assert_eq!(ws.recv().text(), "42[\"auth\",{\"do\":\"close\"}]");
        assert_eq!(ws.recv().text(), "41");
        assert_eq!(ws.closing(), 1000);
        server.expect_nothing_left();
        assert_eq!(server.log.count("disconnected / Server"), 2);
    }

    fn polling_hears_the_servers_close(mode) {
        let server = Server::start(mode);
        let sid = server.join();
        let pending = server.poll_later(&sid);
        server.log.emitter().close();
        assert_eq!(pending.response().body(), "41\u{1e}1");
        assert_eq!(server.poll(&sid).status, 400);
        let sid = server.join();
        server.post(&sid, "42[\"close\"]");
        assert_eq!(server.poll(&sid).body(), "42[\"last\",1]\u{1e}41\u{1e}1", "fetched after the close");
        server.expect_nothing_left();
        assert_eq!(server.log.count("disconnected / Server"), 2);
    }

    fn everything_can_be_closed(mode) {
        let server = Server::start(mode);
        let mut ws = server.joined();
        let sid = server.join();
        let pending = server.poll_later(&sid);
        assert_eq!(server.io.connections(), 2);
        server.io.close_all();
        assert_eq!(ws.closing(), 1001);
        assert_eq!(pending.response().body(), "1");
        server.expect_nothing_left();
        assert_eq!(server.log.count("disconnected / Server"), 2);
    }

    fn a_client_that_does_not_read_is_closed(mode) {
        let server = Server::with(mode, Config { max_buffered: 200_000, ..config() });
        let mut ws = server.joined();
        ws.text("42[\"flood\",400,90000]");
        server.log.expect("offence SlowReader");
        server.log.expect("disconnected / Offence");
        server.expect_nothing_left();
    }

    fn a_client_that_reads_gets_everything(mode) {
        let server = Server::with(mode, Config { max_buffered: 2_000_000, ..config() });
        let mut ws = server.joined();
        ws.text("42[\"flood\",20,90000]");
        for _ in 0..20 {
            assert_eq!(ws.next().len(), "42[\"flood\",\"\"]".len() + 90_000);
        }
    }

    fn a_close_that_nobody_reads_is_cut_off(mode) {
        let server = Server::with(mode, Config { max_buffered: 40_000_000, ..config() });
        let mut ws = server.joined();
        ws.text("42[\"flood\",200,90000]");
        server.log.expect("done flood");
        server.log.emitter().close();
        server.log.expect("disconnected / Server");
        server.expect_nothing_left();
        drop(ws);
    }

    fn a_polling_flood_is_bounded(mode) {
        let server = Server::with(mode, Config { max_buffered: 200_000, ..config() });
        let sid = server.join();
        server.post(&sid, "42[\"flood\",10,90000]");
        server.log.expect("offence SlowReader");
        server.log.expect("disconnected / Offence");
        assert_eq!(server.poll(&sid).status, 400);
        server.expect_nothing_left();
    }

    fn nothing_is_left_of_many_connections(mode) {
        let server = Server::start(mode);
        let clients: Vec<_> = (0..50).map(|_| server.joined()).collect();
        assert_eq!(server.io.connections(), 50);
        drop(clients);
        thread::sleep(Duration::from_millis(10));
        server.expect_nothing_left();
        assert_eq!(server.log.count("disconnected / Lost"), 50);
    }
}
