//! Progress on a terminal, and a clean stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use shimproof_search::{Observer, Pace, Progress, Rates};
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
    pace: Pace,
}

impl ProgressLine {
    pub fn new(output: Output) -> Self {
        Self {
            bar: spinner(output),
            pace: Pace::default(),
        }
    }
}

impl Observer for ProgressLine {
    fn progress(&mut self, progress: &Progress) {
        if self.bar.is_hidden() {
            return;
        }
        let rates = self.pace.hear(progress);
        self.bar.set_message(told(progress, rates));
    }
}

fn told(progress: &Progress, rates: Rates) -> String {
    // A change of less than a hundredth a second is none.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a trend that is read, not reckoned with"
    )]
    let notable = 0.01 * progress.queue as f64;
    let trend = if rates.queue > notable {
        "growing"
    } else if rates.queue < -notable {
        "shrinking"
    } else {
        "steady"
    };
    format!(
        "level {}, {} states, {:.0} new/s, {} to expand ({trend}), {} MiB",
        progress.depth,
        progress.states,
        rates.states,
        progress.queue,
        progress.memory >> 20,
    )
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_depth_states_pace_queue_and_memory() {
        let progress = Progress {
            depth: 12,
            states: 345_678,
            transitions: 2_000_000,
            queue: 1000,
            memory: 7 << 20,
            elapsed: Duration::from_secs(3),
        };
        let line = |queue| {
            told(
                &progress,
                Rates {
                    states: 99_000.4,
                    queue,
                },
            )
        };
        assert_eq!(
            line(-20.0),
            "level 12, 345678 states, 99000 new/s, 1000 to expand (shrinking), 7 MiB"
        );
        assert!(line(20.0).contains("(growing)"));
        assert!(line(-5.0).contains("(steady)"));
    }
}
