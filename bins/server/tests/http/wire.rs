//! Over a real connection: what only the HTTP encoder shows.

use std::net::SocketAddr;

use actix_web::{HttpServer, dev::ServerHandle};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use video_chat_server::http;

use crate::world::World;

fn serve(world: &World) -> (SocketAddr, ServerHandle) {
    let state = world.state.clone();
    let server = HttpServer::new(move || http::app(&state, |_| {})).workers(1).disable_signals();
    let server = server.bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (address, handle)
}

/// Sends `request` and reads until the server closes.
async fn exchange(address: SocketAddr, request: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[actix_web::test]
async fn head_answers_as_get_without_the_body() {
    let world = World::new();
    let (address, server) = serve(&world);
    for path in ["/health", "/health/ready", "/openapi.json", "/socket.io/socket.io.js"] {
        let ask = |method: &str| format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let (get, body) = exchange(address, ask("GET").as_bytes()).await;
        let (head, nothing) = exchange(address, ask("HEAD").as_bytes()).await;
        assert!(get.starts_with("http/1.1 200") && head.starts_with("http/1.1 200"), "{path}: {head}");
        assert_eq!(nothing, "", "{path}");
        let length = format!("content-length: {}", body.len());
        assert!(get.contains(&length) && head.contains(&length), "{path}: {length} in {head}");
        assert!(!get.contains("\r\nserver:"));
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn a_huge_body_is_refused_before_it_is_sent() {
    let world = World::new();
    let (address, server) = serve(&world);
    let request = b"POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                    Content-Length: 10000000\r\nConnection: close\r\n\r\n{";
    let (head, body) = exchange(address, request).await;
    assert!(head.starts_with("http/1.1 413"), "{head}");
    assert!(body.contains("\"code\":\"payload_too_large\""), "{body}");
    server.stop(false).await;
}

#[actix_web::test]
async fn a_chunked_body_is_counted_as_it_comes() {
    let world = World::new();
    let (address, server) = serve(&world);
    let mut request = b"POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                        Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        .to_vec();
    request.extend(format!("{:x}\r\n{}\r\n0\r\n\r\n", 102_401, " ".repeat(102_401)).bytes());
    let (head, _) = exchange(address, &request).await;
    assert!(head.starts_with("http/1.1 413"), "{head}");
    server.stop(false).await;
}
