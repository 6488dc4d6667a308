use std::fs;

use super::{
    catalogue::{Metric, PROCESS_CPU, PROCESS_OPEN_FDS, PROCESS_RESIDENT_MEMORY, PROCESS_START_TIME},
    exporter::announce,
};

/// The metrics read here.
pub(super) const METRICS: &[Metric] =
    &[PROCESS_RESIDENT_MEMORY, PROCESS_CPU, PROCESS_OPEN_FDS, PROCESS_START_TIME];

/// Clock ticks a second in `/proc`: Linux shows 100 to programs whatever its own clock.
const TICKS: f64 = 100.0;

/// Appends the process metrics as they are now. What `/proc` does not tell (another system) has no series.
pub(super) fn render(out: &mut String) {
    let stat = Stat::read();
    let cpu = stat.as_ref().map(|stat| stat.cpu_seconds);
    let start = stat.and_then(|stat| Some(boot_time()? + stat.start_seconds));
    for (metric, value) in METRICS.iter().zip([resident_bytes(), cpu, open_descriptors(), start]) {
        announce(metric, out);
        if let Some(value) = value {
            out.extend([metric.name, " ", &value.to_string(), "\n"]);
        }
        out.push('\n');
    }
}

struct Stat {
    cpu_seconds: f64,
    /// After the machine's start.
    start_seconds: f64,
}

impl Stat {
    fn read() -> Option<Self> {
        let text = fs::read_to_string("/proc/self/stat").ok()?;
        // The program's name, the second field, may hold spaces and parentheses: count from its end.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        Some(Self { cpu_seconds: (ticks(14)? + ticks(15)?) / TICKS, start_seconds: ticks(22)? / TICKS })
    }
}

fn boot_time() -> Option<f64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn resident_bytes() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024.0)
}

fn open_descriptors() -> Option<f64> {
    // The directory being read is itself open.
    let open = fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
    u32::try_from(open).ok().map(f64::from)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    fn value(text: &str, name: &str) -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    #[test]
    fn tells_about_this_process() {
        let mut text = String::new();
        render(&mut text);
        assert!(value(&text, "process_resident_memory_bytes") > 1_000_000.0);
        assert!(value(&text, "process_cpu_seconds_total") >= 0.0);
        assert!(value(&text, "process_open_fds") >= 3.0);
        // Some time between 2020 and 2100.
        assert!((1.577e9..4.1e9).contains(&value(&text, "process_start_time_seconds")));
    }
}
