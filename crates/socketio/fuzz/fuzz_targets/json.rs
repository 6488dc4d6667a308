#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| video_chat_socketio_fuzz::json(data));
