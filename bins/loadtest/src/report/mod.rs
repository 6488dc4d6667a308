//! What a run found: as a table, as JSON, as a page.

mod html;
mod plot;

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use serde_json::{Map, Value, json};

use crate::{
    bench::{Bench, Fallible, Figures},
    cli::Common,
    recorder::Second,
    threshold::Threshold,
};

/// The figures of one run.
pub(crate) struct Report {
    figures: Figures,
    /// Figures that must be 0.
    faults: Figures,
    /// What went wrong, and how often.
    errors: BTreeMap<String, u64>,
    seconds: Vec<Second>,
}

impl Report {
    /// Adds to a scenario's figures those that every run has.
    #[expect(clippy::cast_precision_loss, reason = "counts and memory are far below 2^52")]
    pub(crate) fn new(bench: &Bench, mut figures: Figures) -> Self {
        for (latency, values) in bench.recorder.summary() {
            let named = ["p50", "p95", "p99", "max"].iter().zip(values);
            figures.extend(named.map(|(at, value)| (format!("{}_{at}_ms", latency.name()), value)));
        }
        let (took, usage) = bench.recorder.measured();
        if let Some(usage) = usage {
            let percent = usage.cpu.as_secs_f64() / took.as_secs_f64().max(f64::MIN_POSITIVE) * 100.0;
            figures.push(("server_cpu_percent".into(), percent));
            figures.push(("server_resident_mb".into(), usage.resident as f64 / 1e6));
        }
        let received = bench.ledger.counts.received.get();
        if received > 0 {
            // Of the whole run, warm-up included.
            figures.push(("relays_received".into(), received as f64));
        }
        let errors = bench.errors();
        let mut faults: Figures = bench
            .ledger
            .counts
            .faults()
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count as f64))
            .collect();
        faults.push(("errors".into(), errors.values().sum::<u64>() as f64));
        Self { figures, faults, errors, seconds: bench.recorder.seconds() }
    }

    /// Writes what was asked for; answers whether the run was a success.
    pub(crate) fn publish(&self, common: &Common) -> Fallible<bool> {
        let failures = self.failures(&common.fail_if)?;
        if let Some(file) = &common.html {
            fs::write(file, html::page(self, &failures))?;
        }
        let text = serde_json::to_string_pretty(&self.json(&failures))?;
        match &common.json {
            Some(file) if file == Path::new("-") => println!("{text}"),
            Some(file) => {
                fs::write(file, text)?;
                print!("{}", self.table());
            }
            None => print!("{}", self.table()),
        }
        for failure in &failures {
            eprintln!("FAILED: {failure}");
        }
        Ok(failures.is_empty())
    }

    fn all(&self) -> impl Iterator<Item = &(String, f64)> {
        self.figures.iter().chain(&self.faults)
    }

    /// Why the run is none to be content with.
    fn failures(&self, thresholds: &[Threshold]) -> Fallible<Vec<String>> {
        // Errors may be wanted (a limit that refuses); they count only when a threshold says so.
        let wrong = self.faults.iter().filter(|(name, count)| name != "errors" && *count > 0.0);
        let mut failures: Vec<_> = wrong.map(|(name, count)| format!("{name}: {count}")).collect();
        for threshold in thresholds {
            let figure = self.all().find(|(name, _)| *name == threshold.name);
            let (_, value) = figure.ok_or_else(|| format!("this run has no figure {}", threshold.name))?;
            if threshold.is_met_by(*value) {
                failures.push(format!("{threshold}: it is {}", shown(*value)));
            }
        }
        Ok(failures)
    }

    fn table(&self) -> String {
        let width = self.all().map(|(name, _)| name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for (name, value) in self.all() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:width$}  {:>12}", shown(*value));
        }
        for (error, count) in &self.errors {
            let _ = writeln!(text, "{count} × {error}");
        }
        text
    }

    fn json(&self, failures: &[String]) -> Value {
        let figures: Map<_, _> = self.all().map(|(name, value)| (name.clone(), json!(value))).collect();
        let seconds: Vec<_> = self.seconds.iter().map(second).collect();
        json!({ "figures": figures, "errors": self.errors, "failures": failures, "seconds": seconds })
    }
}

fn second(second: &Second) -> Value {
    let latencies: Map<_, _> = second
        .latencies
        .iter()
        .map(|(latency, (count, [p50, p95, p99]))| {
            (latency.name().to_owned(), json!({"count": count, "p50_ms": p50, "p95_ms": p95, "p99_ms": p99}))
        })
        .collect();
    json!({
        "at_s": second.at,
        "latencies": latencies,
        "server_cpu_percent": second.cpu_percent,
        "server_resident_bytes": second.resident,
    })
}

/// A number with as many digits as matter.
fn shown(value: f64) -> String {
    match value.abs() {
        size if size >= 1_000.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            figures: vec![("signaling_p95_ms".into(), 1.25)],
            faults: vec![("lost".into(), 0.0), ("errors".into(), 2.0)],
            errors: BTreeMap::from([("refused".into(), 2)]),
            seconds: vec![],
        }
    }

    #[test]
    fn fails_on_thresholds_and_faults() {
        let mut report = report();
        let threshold = |text: &str| [text.parse::<Threshold>().unwrap()];
        assert!(report.failures(&threshold("signaling_p95_ms>200")).unwrap().is_empty());
        assert_eq!(
            report.failures(&threshold("signaling_p95_ms>1")).unwrap(),
            ["signaling_p95_ms > 1: it is 1.250"]
        );
        assert_eq!(report.failures(&threshold("errors>0")).unwrap().len(), 1);
        assert!(report.failures(&threshold("nothing>1")).is_err());
        report.faults[0].1 = 3.0;
        assert_eq!(report.failures(&[]).unwrap(), ["lost: 3"]);
    }

    #[test]
    fn a_table_shows_every_figure_and_error() {
        let table = report().table();
        assert_eq!(table.lines().count(), 4);
        assert!(table.contains("signaling_p95_ms         1.250") && table.contains("2 × refused"), "{table}");
    }
}
