//! Progress on a terminal, and a clean stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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
            "{} runs, {runs:.0} runs/s, {steps:.0} steps/s; met {} decisions, {} refusals, {} rows",
            progress.runs, progress.decisions, progress.refusals, progress.rows
        ));
    }
}

impl Drop for RunsLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line on standard error that tells how far the search is.
#[derive(Debug)]
pub struct ProgressLine {
    bar: ProgressBar,
}

impl ProgressLine {
    pub fn new(output: Output) -> Self {
        Self { bar: spinner(output) }
    }
}

impl Observer for ProgressLine {
    fn progress(&mut self, progress: &Progress) {
        let seconds = progress.elapsed.as_secs_f64();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a rate that is read, not reckoned with"
        )]
        let rate = if seconds > 0.0 {
            progress.states as f64 / seconds
        } else {
            0.0
        };
        self.bar.set_message(format!(
            "level {}, {} states, {rate:.0} states/s, {} to expand",
            progress.depth, progress.states, progress.queue
        ));
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
