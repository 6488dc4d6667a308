//! CORS and foreign origins.

use std::sync::Arc;

use video_chat_actix_socketio::{Config, Origins};

use crate::{
    client::Ws,
    harness::{Mode, Server, config},
};

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";
const OURS: &str = "Origin: https://chat.example";
const FOREIGN: &str = "Origin: https://evil.example";

fn picky(mode: Mode) -> Server {
    let origins = Origins::Only(Arc::new(|origin: &str, host: Option<&str>| {
        assert_eq!(host, Some("test"));
        origin == "https://chat.example"
    }));
    Server::with(mode, Config { origins, ..config() })
}

both! {
    fn any_origin_is_answered_with_a_star(mode) {
        let server = Server::start(mode);
        for path in [POLLING, "/socket.io/?transport=nope"] {
            let response = server.request("GET", path, &[FOREIGN], b"");
            assert_eq!(response.header("access-control-allow-origin").unwrap(), "*", "{path}");
        }
        let refused = Ws::try_open(server.addr, "/socket.io/?transport=websocket", &[FOREIGN]).err().unwrap();
        assert_eq!(refused.header("access-control-allow-origin").unwrap(), "*");
    }

    fn a_known_origin_is_echoed(mode) {
        let server = picky(mode);
        let sid = crate::harness::sid_of(server.request("GET", POLLING, &[OURS], b"").body());
        let poll = format!("{POLLING}&sid={sid}");
        for (method, path, body, status) in [
            ("POST", &poll, "40", 200),
            ("GET", &poll, "", 200),
            ("GET", &format!("{POLLING}&sid=unknown"), "", 400),
        ] {
            let response = server.request(method, path, &[OURS], body.as_bytes());
            assert_eq!(response.status, status);
            assert_eq!(response.header("access-control-allow-origin").unwrap(), "https://chat.example");
            assert_eq!(response.header("access-control-allow-credentials").unwrap(), "true");
            assert_eq!(response.header("vary").unwrap(), "Origin");
        }
        assert!(Ws::try_open(server.addr, "/socket.io/?EIO=4&transport=websocket", &[OURS]).is_ok());
    }

    fn a_foreign_origin_is_forbidden_everything(mode) {
        let server = picky(mode);
        let forbidden = "{\"code\":4,\"message\":\"Forbidden\"}";
        for (method, path) in [("GET", POLLING), ("OPTIONS", POLLING), ("GET", "/socket.io/?nonsense")] {
            let response = server.request(method, path, &[FOREIGN], b"");
            assert_eq!((response.status, response.body()), (403, forbidden));
            assert_eq!(response.header("access-control-allow-origin"), None);
        }
        let refused =
            Ws::try_open(server.addr, "/socket.io/?EIO=4&transport=websocket", &[FOREIGN]).err().unwrap();
        assert_eq!((refused.status, refused.body()), (403, forbidden));
        assert_eq!(refused.header("access-control-allow-origin"), None);
    }

    fn no_origin_is_served(mode) {
        let server = picky(mode);
        let response = server.request("GET", POLLING, &[], b"");
        assert_eq!(response.status, 200);
        assert_eq!(response.header("access-control-allow-origin"), None);
        assert!(Ws::try_open(server.addr, "/socket.io/?EIO=4&transport=websocket", &[]).is_ok());
    }

    fn the_preflight_allows_what_clients_send(mode) {
        let server = picky(mode);
        let response = server.request("OPTIONS", POLLING, &[OURS, "Access-Control-Request-Method: POST"], b"");
        assert_eq!(response.status, 204);
        assert_eq!(response.header("access-control-allow-origin").unwrap(), "https://chat.example");
        assert_eq!(response.header("access-control-allow-headers").unwrap(), "authorization, content-type");
        assert_eq!(response.header("access-control-allow-methods").unwrap(), "GET, POST");
        assert_eq!(response.header("vary").unwrap(), "Origin");
    }
}
