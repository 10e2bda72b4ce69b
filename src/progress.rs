//! Progress on a terminal, and a clean stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use shimproof_search::{Observer, Progress};

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

/// A line on standard error that tells how far the search is.
#[derive(Debug)]
pub struct ProgressLine {
    bar: ProgressBar,
}

impl ProgressLine {
    pub fn new(output: Output) -> Self {
        let bar = if output.shows_progress() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
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
