//! Progress on a terminal, and a clean stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use shimproof_search::{Observer, Progress};
use shimproof_sim::RandomProgress;

use crate::output::Output;

/// A flag that Ctrl-C raises; a second one ends the process.
pub fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    // Without a handler Ctrl-C ends the process, which is what it did before.
    let _ = ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(3);
        }
    });
    stop
}

fn spinner(output: Output) -> ProgressBar {
    let bar = if output.shows_progress() {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A line on standard error that tells how far random runs are.
#[derive(Debug)]
pub struct RunsLine {
    bar: ProgressBar,
}

impl RunsLine {
    pub fn new(output: Output) -> Self {
        Self { bar: spinner(output) }
    }

    pub fn show(&self, progress: RandomProgress) {
        // A message costs more than a run.
        if self.bar.is_hidden() || !progress.runs.is_multiple_of(64) {
            return;
        }
        let seconds = progress.elapsed.as_secs_f64().max(f64::EPSILON);
        #[expect(
            clippy::cast_precision_loss,
            reason = "rates that are read, not reckoned with"
        )]
        let (runs, steps) = (progress.runs as f64 / seconds, progress.steps as f64 / seconds);
        self.bar.set_message(format!(
            "{} runs, {runs:.0} runs/s, {steps:.0} steps/s",
            progress.runs
        ));
    }
}

impl Drop for RunsLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line on standard error that tells how far the search is, and a last one that stays.
#[derive(Debug)]
pub struct ProgressLine {
    bar: ProgressBar,
    output: Output,
    started: Instant,
    /// As it was when the rate was reckoned last.
    last: Option<Progress>,
    rate: u64,
    queue_grows: bool,
    /// Of all searches that have ended, and of the one that runs.
    ended: u64,
    states: u64,
}

/// A rate over less than this jumps about.
const RATE_INTERVAL: Duration = Duration::from_millis(500);

impl ProgressLine {
    pub fn new(output: Output) -> Self {
        Self {
            bar: spinner(output),
            output,
            started: Instant::now(),
            last: None,
            rate: 0,
            queue_grows: true,
            ended: 0,
            states: 0,
        }
    }

    /// Leaves a line with the time that it took and the most memory.
    pub fn finish(self) {
        self.bar.finish_and_clear();
        let memory = process_memory("VmHWM:").map(|bytes| format!(", at most {} of memory", size(bytes)));
        self.output.note(&format!(
            "{} states in {:.2} s{}",
            self.ended + self.states,
            self.started.elapsed().as_secs_f64(),
            memory.unwrap_or_default()
        ));
    }

    fn reckon(&mut self, progress: &Progress) {
        // The next search of several begins anew.
        if progress.states < self.states {
            self.ended += self.states;
            self.last = None;
        }
        self.states = progress.states;
        let Some(last) = self.last else {
            self.last = Some(*progress);
            return;
        };
        let passed = progress.elapsed.saturating_sub(last.elapsed);
        if passed >= RATE_INTERVAL {
            let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
            self.rate = (progress.states - last.states).saturating_mul(1000) / millis;
            self.queue_grows = progress.queue >= last.queue;
            self.last = Some(*progress);
        }
    }
}

impl Observer for ProgressLine {
    fn progress(&mut self, progress: &Progress) {
        self.reckon(progress);
        if self.bar.is_hidden() {
            return;
        }
        let memory = process_memory("VmRSS:").map(|bytes| format!(", {}", size(bytes)));
        self.bar.set_message(format!(
            "level {}, {} states, {} new/s, {} to expand ({}){}",
            progress.depth,
            progress.states,
            self.rate,
            progress.queue,
            if self.queue_grows { "growing" } else { "shrinking" },
            memory.unwrap_or_default()
        ));
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Memory of this process, in bytes, as Linux tells it (proc(5)); none elsewhere.
fn process_memory(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim()
        .strip_suffix(" kB")?
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

fn size(bytes: u64) -> String {
    let mebibytes = bytes >> 20;
    if mebibytes < 10 * 1024 {
        format!("{mebibytes} MiB")
    } else {
        format!("{} GiB", mebibytes >> 10)
    }
}
