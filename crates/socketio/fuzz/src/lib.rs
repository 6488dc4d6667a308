//! What must hold of the decoders for any input. Each function takes the bytes of one attempt and panics when
//! something does not hold. The libFuzzer targets call them, and so does the crate's test `fuzz_smoke`.

mod text;
mod ws;

pub use text::{engine_payload, engine_text, json, packet};
pub use ws::ws;
