//! What it costs to take a message off the wire and to put one on it.

use std::{hint::black_box, str, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use video_chat_socketio::{
    Frame, FrameBuilder, engine, json, packet,
    ws::{Decoded, Decoder, Message, client_frame},
};

/// A message as a browser sends it: `4` and a Socket.IO event.
fn messages() -> [(&'static str, String); 2] {
    let candidate = r#"42/signaling,["send-candidate",{"sessionId":"q1w2e3r4t5y6u7i8o9p0aa","type":"candidate","data":{"candidate":"candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.7 rport 46154","sdpMid":"0","sdpMLineIndex":0}}]"#;
    let line =
        r"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=fmtp:97 apt=96;profile-level-id=42e01f\r\n";
    let offer = format!(
        r#"42/signaling,["send-offer",{{"sessionId":"q1w2e3r4t5y6u7i8o9p0aa","type":"offer","data":{{"type":"offer","sdp":"{}"}}}}]"#,
        line.repeat(3_000 / line.len())
    );
    [("candidate", candidate.into()), ("offer", offer)]
}

fn decoding(criterion: &mut Criterion) {
    for (name, message) in messages() {
        let mut group = criterion.benchmark_group(format!("decode {name}"));
        group.throughput(Throughput::Bytes(message.len() as u64));
        let packet_text = message.strip_prefix('4').unwrap_or_default();
        group.bench_function("json scan", |bencher| {
            let payload = packet_text.split_once(',').unwrap_or_default().1;
            bencher.iter(|| json::validate(black_box(payload)));
        });
        group.bench_function("packet", |bencher| {
            bencher.iter(|| packet::decode(black_box(packet_text)).is_ok());
        });
        let frame = client_frame(true, 1, message.as_bytes(), [1, 2, 3, 4]);
        group.bench_function("websocket frame to event", |bencher| {
            let mut decoder = Decoder::new(131_072);
            bencher.iter_batched_ref(
                || frame.clone(),
                |frame| {
                    let Ok(Decoded::Frame { message: Some(Message::Text(text)), .. }) = decoder.decode(frame)
                    else {
                        return false;
                    };
                    let Ok(engine::Packet::Message(message)) = engine::decode(&text) else { return false };
                    packet::decode(message).is_ok()
                },
                BatchSize::SmallInput,
            );
        });
        group.finish();
    }
}

fn encoding(criterion: &mut Criterion) {
    for (name, message) in messages() {
        let mut group = criterion.benchmark_group(format!("encode {name}"));
        group.throughput(Throughput::Bytes(message.len() as u64));
        let Ok(packet::Packet::Event(event)) = packet::decode(message.get(1..).unwrap_or_default()) else {
            continue;
        };
        let data = event.args.first().copied().unwrap_or_default();
        group.bench_function("event to websocket frame", |bencher| {
            bencher.iter(|| {
                let mut frame = FrameBuilder::event("/signaling", black_box("candidate"), data.len());
                frame.push(black_box(data));
                frame.finish_event()
            });
        });
        let frame = Frame::text(&message);
        group.bench_function("polling body", |bencher| {
            bencher.iter(|| engine::encode_payload(black_box([&frame])));
        });
        group.finish();
    }
}

criterion_group! {
    name = codec;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = decoding, encoding
}
criterion_main!(codec);
