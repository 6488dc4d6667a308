//! Load generator for servers of the video chat protocol: `video-chat-loadtest --help`.

mod bench;
mod cli;
mod client;
mod clock;
mod ledger;
mod link;
mod process;
mod progress;
mod recorder;
mod report;
mod scenario;
mod stamp;
mod target;
mod threshold;
mod wire;

use std::{process::ExitCode, rc::Rc};

use clap::Parser;
use tokio::task::LocalSet;

use bench::{Bench, Fallible};
use cli::{Callers, Cli, Scenario};
use process::Process;
use recorder::Recorder;
use report::Report;
use target::Target;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("video-chat-loadtest: {error}");
            ExitCode::from(2)
        }
    }
}

/// Answers whether the run was a success.
fn run(cli: &Cli) -> Fallible<bool> {
    let Cli { scenario, common } = cli;
    let target = Target::new(&common.url, &common.namespace, common.secret.clone(), common.bare)?;
    let recorder = Recorder::new(common.pid.map(Process::new).transpose()?);
    let bench = Bench::new(target, recorder, common.warmup, common.duration);
    // One thread: what is shared needs no locks, and a machine of two cores has one left for the server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let figures = LocalSet::new().block_on(&runtime, perform(&bench, scenario))?;
    bench.progress.finish();
    let report = Report::new(&bench, figures);
    report.publish(common)
}

async fn perform(bench: &Rc<Bench>, scenario: &Scenario) -> Fallible<bench::Figures> {
    match scenario {
        Scenario::Idle { connections } => scenario::idle(bench, *connections).await,
        Scenario::Relay { callers: Callers { pairs, size }, rate } => {
            scenario::paced(bench, *pairs, *size, *rate).await
        }
        Scenario::RelayMax { callers: Callers { pairs, size }, in_flight } => {
            scenario::saturated(bench, *pairs, *size, *in_flight).await
        }
        Scenario::Churn { clients, rate, hold } => {
            let habits = scenario::Habits { clients: *clients, rate: *rate, hold: *hold };
            scenario::churn(bench, habits).await
        }
        Scenario::Queue { lengths } => scenario::queue(bench, lengths).await,
        Scenario::Ramp { callers: Callers { pairs, size }, from, limit } => {
            scenario::ramp(bench, *pairs, *size, *from, *limit).await
        }
    }
}
