//! What a limit and a token cost.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use video_chat_auth::{Gcra, Quota, Role, Tokens};
use video_chat_kernel::{DeviceId, Secret, Timestamp};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn limits(criterion: &mut Criterion) {
    let quota = Quota { burst: 300, period: Duration::from_secs(3) };
    criterion.bench_function("gcra take", |bencher| {
        let (mut state, mut millis) = (Gcra::default(), NOW.as_millis());
        bencher.iter(|| {
            millis += 7;
            state.take(quota, black_box(1), Timestamp::from_millis(millis))
        });
    });
}

fn tokens(criterion: &mut Criterion) {
    let [current, previous] =
        ["the secret of this year, long enough", "the secret of last year, long enough"];
    let tokens = Tokens::new(&Secret::new(current), &[Secret::new(previous)]);
    let device = DeviceId::parse("7f1c0d5e-89ab-4cde-8f01-23456789abcd").unwrap();
    let lifetime = Duration::from_mins(5);
    criterion.bench_function("token issue", |bencher| {
        bencher.iter(|| tokens.issue(black_box(&device), Role::User, NOW, lifetime));
    });
    for (name, secret) in
        [("token verify", current), ("token verify, signed with a previous secret", previous)]
    {
        let token = Tokens::new(&Secret::new(secret), &[]).issue(&device, Role::User, NOW, lifetime);
        assert!(tokens.verify(&token, NOW).is_ok());
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| tokens.verify(black_box(&token), NOW).is_ok());
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = limits, tokens
}
criterion_main!(benches);
