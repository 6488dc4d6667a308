//! The fuzz targets on a stable compiler: seeds, mutated at random, for `FUZZ_SECONDS` (2) a target. The seed of the
//! randomness is printed, and can be given as `FUZZ_SEED`; libFuzzer (`fuzz/`) looks deeper.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    env, fs, thread,
    time::{Duration, Instant},
};

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "they are public in the fuzz crate, which shares the file")]
mod targets;

#[test]
fn engine_text() {
    fuzz("engine_text", targets::engine_text);
}

#[test]
fn engine_payload() {
    fuzz("engine_payload", targets::engine_payload);
}

#[test]
fn packet() {
    fuzz("packet", targets::packet);
}

#[test]
fn json() {
    fuzz("json", targets::json);
}

#[test]
fn ws() {
    fuzz("ws", targets::ws);
}

fn fuzz(name: &str, target: fn(&[u8])) {
    let seconds = env::var("FUZZ_SECONDS").map_or(2.0, |text| text.parse().unwrap());
    let seed = env::var("FUZZ_SEED").map_or(0x5eed, |text| text.parse().unwrap());
    let folder = format!("{}/fuzz/seeds/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut seeds: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort_unstable();
    let seeds: Vec<_> = seeds.iter().map(|path| fs::read(path).unwrap()).collect();
    for input in &seeds {
        attempt(target, input);
    }

    let mut mutator = Mutator { state: seed, seeds: &seeds };
    let end = now() + Duration::from_secs_f64(seconds);
    let mut attempts = 0_u64;
    while now() < end {
        for _ in 0..1_000 {
            attempt(target, &mutator.input());
        }
        attempts += 1_000;
    }
    println!("{name}: {attempts} attempts with FUZZ_SEED={seed}");
}

/// Runs the target; says on which input, if it panics.
fn attempt(target: fn(&[u8]), input: &[u8]) {
    struct Tell<'a>(&'a [u8]);
    impl Drop for Tell<'_> {
        fn drop(&mut self) {
            if thread::panicking() {
                eprintln!("the input was b\"{}\"", self.0.escape_ascii());
            }
        }
    }
    let tell = Tell(input);
    target(input);
    drop(tell);
}

#[expect(clippy::disallowed_methods, reason = "bounds the duration of a test")]
fn now() -> Instant {
    Instant::now()
}

/// What the formats are made of.
const TOKENS: [&[u8]; 34] = [
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\u",
    b"\\ud83d",
    b"\\ude00",
    b"-",
    b"0",
    b"1",
    b"10",
    b"e",
    b".",
    b"4",
    b"5",
    b"b",
    b"/",
    b"/a,",
    b" ",
    b"\n",
    b"\x1e",
    b"\0",
    b"null",
    b"true",
    b"\"a\"",
    b"\"disconnect\"",
    b"[[[[[[[[[[[[[[[[",
    "é😀".as_bytes(),
    b"\x81\x80",
    b"\xff\xff",
];

struct Mutator<'a> {
    state: u64,
    seeds: &'a [Vec<u8>],
}

impl Mutator<'_> {
    fn input(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        for _ in 0..=self.below(6) {
            self.mutate(&mut input);
        }
        input
    }

    fn seed(&mut self) -> Vec<u8> {
        let nth = self.below(self.seeds.len());
        self.seeds[nth].clone()
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let start = self.below(input.len() + 1);
        let end = (start + self.below(8)).min(input.len());
        match self.below(8) {
            0 => input.truncate(start),
            1 => drop(input.drain(start..end)),
            2 => drop(input.splice(start..end, self.seed())),
            3 => {
                let piece = input[start..end].to_vec();
                input.splice(start..start, piece.repeat(self.below(20)));
            }
            4 => {
                let byte = u8::try_from(self.below(256)).unwrap();
                input.splice(start..end, [byte]);
            }
            5 if start < input.len() => input[start] ^= 1 << self.below(8),
            _ => {
                let token = TOKENS[self.below(TOKENS.len())];
                input.splice(start..end.min(start + 1), token.iter().copied());
            }
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = mixed ^ (mixed >> 31);
        usize::try_from(mixed % bound as u64).unwrap()
    }
}
