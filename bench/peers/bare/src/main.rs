//! The limit to compare with: moves WebSocket messages between neighbouring connections, and knows no protocol.
//!
//! One thread, one task a connection, one read buffer for all; what one read brought is written to the peer at once.

use std::{
    cell::{Cell, RefCell},
    env, io,
    rc::Rc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{LocalSet, spawn_local},
};
use video_chat_socketio::ws::{Decoded, Decoder, Message};

#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MAX_PAYLOAD: usize = 131_072;
/// What RFC 6455 §1.3 appends to the key.
const ACCEPT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; 65_536]);
    static OUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Two neighbours: whoever comes second finds the first.
#[derive(Default)]
struct Pair {
    ends: [RefCell<Option<Rc<TcpStream>>>; 2],
}

fn main() -> io::Result<()> {
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3333);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        println!("listening on http://127.0.0.1:{port}");
        let (pair, seats) = (RefCell::new(Rc::<Pair>::default()), Cell::new(0));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let seat = seats.replace(1 - seats.get());
            if seat == 0 {
                *pair.borrow_mut() = Rc::default();
            }
            let pair = Rc::clone(&pair.borrow());
            spawn_local(async move {
                // Whoever hangs up, however, is gone.
                let _ = serve(stream, &pair, seat).await;
            });
        }
    })
}

async fn serve(mut stream: TcpStream, pair: &Pair, seat: usize) -> io::Result<()> {
    upgrade(&mut stream).await?;
    let stream = Rc::new(stream);
    *pair.ends[seat].borrow_mut() = Some(Rc::clone(&stream));
    let mut decoder = Decoder::new(MAX_PAYLOAD);
    let mut rest = Vec::new();
    loop {
        stream.readable().await?;
        let result = SCRATCH.with_borrow_mut(|scratch| {
            let count = match stream.try_read(scratch) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            if rest.is_empty() {
                let used = relay(&mut decoder, &mut scratch[..count], pair, seat)?;
                rest.extend_from_slice(&scratch[used..count]);
            } else {
                rest.extend_from_slice(&scratch[..count]);
                let used = relay(&mut decoder, &mut rest, pair, seat)?;
                rest.drain(..used);
            }
            Ok(())
        });
        result?;
        if rest.is_empty() {
            rest = Vec::new();
        }
    }
}

/// Writes every whole message to the peer; answers how many bytes are used up.
fn relay(decoder: &mut Decoder, bytes: &mut [u8], pair: &Pair, seat: usize) -> io::Result<usize> {
    OUT.with_borrow_mut(|out| {
        out.clear();
        let mut used = 0;
        while let Decoded::Frame { consumed, message } =
            decoder.decode(&mut bytes[used..]).map_err(io::Error::other)?
        {
            used += consumed;
            match message {
                Some(Message::Text(text)) => frame(0x81, text.as_bytes(), out),
                Some(Message::Binary(data)) => frame(0x82, &data, out),
                Some(Message::Close { .. }) => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ => {}
            }
        }
        let peer = pair.ends[1 - seat].borrow();
        if let Some(peer) = peer.as_ref().filter(|_| !out.is_empty()) {
            let written = peer.try_write(out)?;
            if written < out.len() {
                return Err(io::Error::other("the peer does not read"));
            }
        }
        Ok(used)
    })
}

/// Appends an unmasked frame.
fn frame(first: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(first);
    match payload.len() {
        short @ ..126 => out.push(short as u8),
        medium @ ..65_536 => {
            out.push(126);
            out.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            out.push(127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}

async fn upgrade(stream: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 8_192 || stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim())
    });
    let key = key.ok_or(io::ErrorKind::InvalidData)?;
    let digest = ring::digest::digest(
        &ring::digest::SHA1_FOR_LEGACY_USE_ONLY,
        format!("{key}{ACCEPT}").as_bytes(),
    );
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        STANDARD.encode(digest)
    );
    stream.write_all(answer.as_bytes()).await
}
