//! A day of strangers in a few minutes: queues and waiting times by language, region and number of people.
//!
//! `cargo run --release -p video-chat-matchmaking --example simulate -- docs/scaling` prints the tables of docs/scaling.md
//! and writes its plots. The same seed gives the same figures.
#![expect(clippy::unwrap_used, reason = "a simulation that cannot go on must stop")]

mod crowd;
mod plot;
mod random;

use std::{fs, path::PathBuf};

use self::{
    crowd::{Crowd, LANGUAGES, Outcome, REGIONS},
    plot::{Plot, Series},
};

const SEED: u64 = 20_260_731;

/// How many people are online, in calls, between them or waiting.
const PEOPLE: [u32; 4] = [300, 3_000, 30_000, 300_000];

fn main() {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    fs::create_dir_all(&folder).unwrap();
    let outcomes: Vec<(u32, Outcome)> = PEOPLE.map(|people| (people, Crowd::new(people, SEED).live())).into();
    println!(
        "| people | calls a second | waiting, mean | waiting, most | wait p50, s | p95, s | p99, s | gave up |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (people, outcome) in &outcomes {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| outcome.wait(|_| true, percent).unwrap_or(f64::NAN));
        println!(
            "| {people} | {:.1} | {:.1} | {} | {p50:.2} | {p95:.2} | {p99:.2} | {:.2} % |",
            outcome.calls_a_second(),
            outcome.queue_mean(),
            outcome.queue_most(),
            outcome.gave_up() * 100.0
        );
    }
    by_language(&outcomes);
    fs::write(folder.join("waiting-by-language.svg"), waits(&outcomes).svg()).unwrap();
    if let Some((_, largest)) = outcomes.last() {
        fs::write(folder.join("queue-by-language.svg"), queues(largest).svg()).unwrap();
    }
    fs::write(folder.join("waiting-by-region.svg"), regions(&outcomes).svg()).unwrap();
}

/// The share of the hottest languages, and how long the rarest wait.
fn by_language(outcomes: &[(u32, Outcome)]) {
    let Some((people, outcome)) = outcomes.last() else { return };
    println!("\nOf {people} people:\n\n| language | share of joins | waiting, mean | wait p50, s | p99, s |");
    println!("| --- | --- | --- | --- | --- |");
    for (number, (language, _)) in LANGUAGES.iter().enumerate() {
        let [p50, p99] =
            [50, 99].map(|percent| outcome.wait(|it| it.language == number, percent).unwrap_or(f64::NAN));
        let (share, mean) = (outcome.share(number) * 100.0, outcome.queue_mean_of(number));
        println!("| {language} | {share:.2} % | {mean:.1} | {p50:.2} | {p99:.2} |");
    }
}

/// The 95th percentile of waiting, by language.
fn waits(outcomes: &[(u32, Outcome)]) -> Plot {
    let series = [0, 2, 6, 13, 18].into_iter().filter_map(|number| {
        let (language, _) = LANGUAGES.get(number)?;
        let at = |(people, outcome): &(u32, Outcome)| {
            Some((f64::from(*people), outcome.wait(|it| it.language == number, 95)?.max(0.01)))
        };
        Some(Series { name: (*language).to_owned(), points: outcomes.iter().filter_map(at).collect() })
    });
    Plot {
        title: "95 of 100 wait no longer than".to_owned(),
        across: "people online".to_owned(),
        up: "seconds".to_owned(),
        logarithmic: true,
        series: series.collect(),
    }
}

/// How many wait in each language, over time.
fn queues(outcome: &Outcome) -> Plot {
    let series = [0, 2, 6, 13, 18].into_iter().filter_map(|number| {
        let (language, _) = LANGUAGES.get(number)?;
        Some(Series { name: (*language).to_owned(), points: outcome.queue_over_time(number) })
    });
    Plot {
        title: "waiting at once, of 300,000 people".to_owned(),
        across: "seconds".to_owned(),
        up: "tickets".to_owned(),
        logarithmic: false,
        series: series.collect(),
    }
}

/// The 95th percentile of waiting in English, by region.
fn regions(outcomes: &[(u32, Outcome)]) -> Plot {
    let series = REGIONS.iter().enumerate().map(|(number, (region, _))| {
        let at = |(people, outcome): &(u32, Outcome)| {
            let wait = outcome.wait(|it| it.language == 0 && it.region == number, 95)?;
            Some((f64::from(*people), wait.max(0.01)))
        };
        Series { name: (*region).to_owned(), points: outcomes.iter().filter_map(at).collect() }
    });
    Plot {
        title: "95 of 100 in English wait no longer than".to_owned(),
        across: "people online".to_owned(),
        up: "seconds".to_owned(),
        logarithmic: true,
        series: series.collect(),
    }
}
