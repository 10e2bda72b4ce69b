//! Progress on a terminal, and a clean stop.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use shimproof_search::{Observer, Pace, Progress, Rates};
use shimproof_sim::RandomProgress;

use crate::output::Output;

/// How long a search has to tell what it found.
const TIME_TO_END: Duration = Duration::from_millis(900);

/// A flag that Ctrl-C raises; a second one ends the process, and so does time where nothing hears it.
pub fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    // Without a handler Ctrl-C ends the process, which is what it did before.
    let _ = ctrlc::set_handler(move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(3);
        }
        std::thread::spawn(|| {
            std::thread::sleep(TIME_TO_END);
            // There is nobody else to tell.
            let _ = writeln!(std::io::stderr(), "\nstopped before there was anything to report");
            std::process::exit(3);
        });
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

/// Tells on standard error how many releases a map has.
pub fn releases_done(output: Output) -> impl Fn(usize, usize) + Sync {
    let bar = spinner(output);
    move |done, all| {
        bar.set_message(format!("{done} of {all} releases"));
        if done == all {
            bar.finish_and_clear();
        }
    }
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

/// A line on standard error that tells how many mutants are done.
#[derive(Debug)]
pub struct MutantsLine {
    bar: ProgressBar,
}

impl MutantsLine {
    pub fn new(output: Output) -> Self {
        Self { bar: spinner(output) }
    }

    pub fn show(&self, base: &str, done: usize, all: usize) {
        self.bar.set_message(format!("{done} of {all} mutants of {base}"));
    }
}

impl Drop for MutantsLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line on standard error that tells how far the search is, and a last one that stays.
#[derive(Debug)]
pub struct ProgressLine {
    bar: ProgressBar,
    output: Output,
    pace: Pace,
    started: Instant,
    /// Of the searches that have ended, and of the one that runs.
    ended: u64,
    states: u64,
}

impl ProgressLine {
    pub fn new(output: Output) -> Self {
        Self {
            bar: spinner(output),
            output,
            pace: Pace::default(),
            started: Instant::now(),
            ended: 0,
            states: 0,
        }
    }

    /// Leaves a line with the time that it took and the most memory.
    pub fn finish(self) {
        self.bar.finish_and_clear();
        let memory = peak_memory().map(|bytes| format!(", at most {} MiB of memory", bytes >> 20));
        self.output.note(&format!(
            "{} states in {:.2} s{}",
            self.ended + self.states,
            self.started.elapsed().as_secs_f64(),
            memory.unwrap_or_default()
        ));
    }
}

impl Observer for ProgressLine {
    fn progress(&mut self, progress: &Progress) {
        // The next search of several begins anew.
        if progress.states < self.states {
            self.ended += self.states;
            self.pace = Pace::default();
        }
        self.states = progress.states;
        if self.bar.is_hidden() {
            return;
        }
        let rates = self.pace.hear(progress);
        self.bar.set_message(told(progress, rates));
    }
}

/// The most memory that this process had, in bytes, as Linux tells it (proc(5)); none elsewhere.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim()
        .strip_suffix(" kB")?
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
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
