//! Does one piece of work so many times: `video-chat-instructions relay 1000`. `.ci/instructions` counts what it takes.

use std::{env, error::Error, fmt, hint::black_box, time::Duration};

use video_chat_auth::{Gcra, Quota};
use video_chat_kernel::{DeviceId, NodeId, Timestamp};
use video_chat_matchmaking::{Joined, Language, Pool, Region, Settings, Ticket, TicketId};
use video_chat_signaling::{ClientEvent, Payload, ServerEvent};
use video_chat_socketio::{
    Frame, FrameBuilder,
    engine::{self, Packet},
    packet,
    ws::{Decoded, Decoder, Message, client_frame},
};

const CANDIDATE: &str = r#"42/signaling,["send-candidate",{"sessionId":"0123456789abcdef0123456789abcdef","data":{"candidate":"candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.7 rport 46154 generation 0 ufrag 5uRu","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"5uRu"}}]"#;
const ALIAS: &str = "fedcba9876543210fedcba9876543210";
/// Tickets that wait, each in a region of its own, while others meet.
const WAITING: u32 = 1_000;

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [work, times] = arguments.as_slice() else { return Err("which work, and how often?".into()) };
    let times: u32 = times.parse()?;
    match work.as_str() {
        "decode" => relays(times, |event| {
            black_box(event);
        }),
        "relay" => relays(times, |event| {
            black_box(relayed(event));
        }),
        "gcra" => {
            gcra(times);
            Ok(())
        }
        "match" => matches(times),
        _ => Err("no such work".into()),
    }
}

/// A candidate from the WebSocket frame to the checked event, and what `then` does with it.
fn relays(times: u32, then: impl Fn(&ClientEvent<'_>)) -> Fallible<()> {
    let frame = client_frame(true, 1, CANDIDATE.as_bytes(), [1, 2, 3, 4]);
    let mut decoder = Decoder::new(131_072);
    let mut bytes = frame.clone();
    for _ in 0..times {
        bytes.copy_from_slice(&frame);
        let Decoded::Frame { message: Some(Message::Text(text)), .. } = decoder.decode(&mut bytes)? else {
            return Err("no message".into());
        };
        let Packet::Message(message) = engine::decode(&text)? else { return Err("no message".into()) };
        let packet::Packet::Event(event) = packet::decode(message)? else { return Err("no event".into()) };
        let payload = Payload { raw: event.args.first().copied(), members: &event.members };
        then(&ClientEvent::parse(&event.name, payload).map_err(|_| "not a candidate")?);
    }
    Ok(())
}

/// The frame for the peer.
fn relayed(event: &ClientEvent<'_>) -> Option<Frame> {
    let ClientEvent::Signal(signal) = event else { return None };
    let event =
        ServerEvent::Signal { kind: signal.kind, session: &signal.session, data: signal.data, from: ALIAS };
    let mut frame = Builder(FrameBuilder::event("/signaling", event.name(), event.size_hint()));
    event.write(&mut frame).ok()?;
    Some(frame.0.finish_event())
}

struct Builder(FrameBuilder);

impl fmt::Write for Builder {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push(text);
        Ok(())
    }
}

fn gcra(times: u32) {
    let quota = Quota { burst: 300, period: Duration::from_secs(3) };
    let mut state = Gcra::default();
    for number in 0..u64::from(times) {
        black_box(state.take(quota, 1, Timestamp::from_millis(1_800_000_000_000 + number * 7)));
    }
}

/// Two join and meet, beside many who suit neither.
fn matches(times: u32) -> Fallible<()> {
    let mut pool = Pool::new(Settings::default());
    let now = Timestamp::from_secs(1_800_000_000);
    for number in 0..WAITING {
        pool.join(ticket(number, &format!("region-{number}"))?, now);
    }
    for number in 0..times {
        for half in 0..2 {
            let joined = pool.join(ticket(WAITING + number * 2 + half, "eu")?, now);
            if matches!(joined, Joined::Matched(_)) != (half == 1) {
                return Err("not matched as it should be".into());
            }
        }
    }
    Ok(())
}

fn ticket(number: u32, region: &str) -> Fallible<Ticket> {
    Ok(Ticket {
        id: TicketId::from_bits(number.into()),
        device: DeviceId::parse(&format!("device-{number}")).map_err(|_| "no device")?,
        region: Region::parse(region).map_err(|_| "no region")?,
        language: Language::parse("en").map_err(|_| "no language")?,
        node: NodeId::from_bytes([1; 16]),
    })
}
