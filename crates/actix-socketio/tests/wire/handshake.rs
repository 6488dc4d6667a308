//! Opening a connection, and every way not to.

use crate::{client::Ws, harness::Server};

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

both! {
    fn the_open_packet_has_exactly_its_five_keys(mode) {
        let server = Server::start(mode);
        let response = server.request("GET", "/socket.io/?EIO=4&transport=polling&t=abc&b64=1&j=0", &[], b"");
        assert_eq!(response.status, 200);
        assert_eq!(response.header("content-type").unwrap(), "text/plain; charset=UTF-8");
        assert_eq!(response.header("cache-control").unwrap(), "no-store");
        let (sid, rest) = response.body().strip_prefix("0{\"sid\":\"").unwrap().split_at(20);
        assert!(sid.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
        assert_eq!(
            rest,
            "\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,\"pingTimeout\":5000,\"maxPayload\":100000}"
        );
        let mut ws = Ws::open(server.addr, "/socket.io/?EIO=4&transport=websocket");
        assert!(ws.recv().text().contains("\"upgrades\":[],"));
    }

    fn refusals_have_engine_errors_in_order(mode) {
        let server = Server::start(mode);
        let unknown = "sid=AAAAAAAAAAAAAAAAAAAA";
        let of_websocket = {
            let mut ws = Ws::open(server.addr, "/socket.io/?EIO=4&transport=websocket");
            let sid = crate::harness::sid_of(&ws.recv().text());
            (format!("EIO=4&transport=polling&sid={sid}"), ws)
        };
        for (method, query, code, message) in [
            ("GET", "EIO=4", 0, "Transport unknown"),
            ("PUT", "EIO=3&transport=abc&sid=x", 0, "Transport unknown"),
            ("PUT", &format!("EIO=3&transport=polling&{unknown}"), 1, "Session ID unknown"),
            ("GET", "EIO=4&transport=polling&sid=short", 1, "Session ID unknown"),
            ("POST", "EIO=3&transport=polling", 2, "Bad handshake method"),
            ("PUT", "EIO=4&transport=polling", 2, "Bad handshake method"),
            ("GET", "EIO=4&transport=websocket", 3, "Bad request"),
            ("GET", &of_websocket.0, 3, "Bad request"),
            ("POST", &of_websocket.0, 3, "Bad request"),
            ("GET", "transport=polling", 5, "Unsupported protocol version"),
            ("GET", "EIO=3&transport=polling", 5, "Unsupported protocol version"),
            ("GET", "EIO=abc&transport=polling", 5, "Unsupported protocol version"),
        ] {
            let response = server.request(method, &format!("/socket.io/?{query}"), &[], b"");
            assert_eq!(response.status, 400, "{method} {query}");
            assert_eq!(response.body(), format!("{{\"code\":{code},\"message\":\"{message}\"}}"), "{method} {query}");
            assert_eq!(response.header("content-type").unwrap(), "application/json");
        }
    }

    fn a_websocket_that_may_not_open_is_told_in_http(mode) {
        let server = Server::start(mode);
        for (query, body) in [
            ("transport=websocket", "{\"code\":5,\"message\":\"Unsupported protocol version\"}"),
            ("EIO=4", "{\"code\":0,\"message\":\"Transport unknown\"}"),
            ("EIO=4&transport=polling", "{\"code\":3,\"message\":\"Bad request\"}"),
            ("EIO=4&transport=websocket&sid=nope", "{\"code\":1,\"message\":\"Session ID unknown\"}"),
        ] {
            let refused = Ws::try_open(server.addr, &format!("/socket.io/?{query}"), &[]).err().unwrap();
            assert_eq!((refused.status, refused.body()), (400, body), "{query}");
        }
    }

    fn head_is_no_handshake(mode) {
        assert_eq!(Server::start(mode).request("HEAD", POLLING, &[], b"").status, 400);
    }

    fn the_trailing_slash_matters(mode) {
        let server = Server::start(mode);
        assert_eq!(server.request("GET", "/socket.io?EIO=4&transport=polling", &[], b"").status, 404);
        assert_eq!(Ws::try_open(server.addr, "/socket.io?EIO=4&transport=websocket", &[]).err().unwrap().status, 404);
        assert_eq!(Ws::try_open(server.addr, "/elsewhere", &[]).err().unwrap().status, 404);
    }

    fn the_application_may_refuse(mode) {
        let server = Server::start(mode);
        let expected = "{\"code\":4,\"message\":\"Too many\"}";
        let response = server.request("GET", &format!("{POLLING}&refuse=1"), &[], b"");
        assert_eq!((response.status, response.body()), (429, expected));
        assert_eq!(response.header("retry-after").unwrap(), "7");
        let refused =
            Ws::try_open(server.addr, "/socket.io/?EIO=4&transport=websocket&refuse=1", &[]).err().unwrap();
        assert_eq!((refused.status, refused.body()), (429, expected));
        assert_eq!(refused.header("retry-after").unwrap(), "7");
        assert_eq!(refused.header("x-of-the-app").unwrap(), "yes", "middleware has its say");
        server.expect_nothing_left();
    }

    fn ids_differ(mode) {
        let server = Server::start(mode);
        let sid = server.open();
        assert_ne!(sid, server.open());
        server.post(&sid, "40");
        assert!(!server.poll(&sid).body().contains(&sid), "the engine's id is a secret");
    }
}
