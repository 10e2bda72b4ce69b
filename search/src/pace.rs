//! How fast a search goes, from what it tells.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Progress;

/// Makes rates of the reports of a search: those of the latest seconds, since a search that slows down is not
/// seen in an average since the start.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// The reports of the latest seconds, and one before them.
    heard: VecDeque<Progress>,
}

/// How fast a search went in the latest seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// New distinct states per second.
    pub states: f64,
    /// By how many states the queue has grown per second; negative while it shrinks. A space of which the
    /// queue shrinks for long is near its end.
    pub queue: f64,
}

/// How far back rates look.
const WINDOW: Duration = Duration::from_secs(2);
/// Reports that follow each other faster are not all kept.
const INTERVAL: Duration = Duration::from_millis(100);

impl Pace {
    /// Takes note of a report. The rates are those of up to two seconds before it; zero for the first one.
    pub fn hear(&mut self, progress: &Progress) -> Rates {
        let window = progress.elapsed.saturating_sub(WINDOW);
        while self.heard.get(1).is_some_and(|second| second.elapsed <= window) {
            self.heard.pop_front();
        }
        let rates = self
            .heard
            .front()
            .map_or_else(Rates::default, |first| rates(first, progress));
        let latest = self.heard.back().map(|latest| latest.elapsed + INTERVAL);
        if latest.is_none_or(|latest| progress.elapsed >= latest) {
            self.heard.push_back(*progress);
        }
        rates
    }
}

fn rates(from: &Progress, to: &Progress) -> Rates {
    let seconds = to.elapsed.saturating_sub(from.elapsed).as_secs_f64();
    if seconds <= 0.0 {
        return Rates::default();
    }
    #[expect(clippy::cast_precision_loss, reason = "rates are read, not reckoned with")]
    let per_second = |from: u64, to: u64| (to as f64 - from as f64) / seconds;
    Rates {
        states: per_second(from.states, to.states),
        queue: per_second(from.queue, to.queue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(millis: u64, states: u64, queue: u64) -> Progress {
        Progress {
            depth: 1,
            states,
            transitions: states,
            queue,
            memory: 0,
            elapsed: Duration::from_millis(millis),
        }
    }

    #[test]
    fn rates_are_those_of_the_latest_seconds() {
        let mut pace = Pace::default();
        assert_eq!(pace.hear(&report(0, 1, 1)), Rates::default());
        // A fast beginning, of which nothing is left two seconds later.
        pace.hear(&report(1_000, 1_000_001, 500_001));
        let rates = pace.hear(&report(2_000, 1_000_101, 500_001));
        assert!((rates.states - 500_050.0).abs() < 1e-6, "{rates:?}");
        pace.hear(&report(3_000, 1_000_201, 490_001));
        let rates = pace.hear(&report(4_000, 1_000_301, 480_001));
        assert!((rates.states - 100.0).abs() < 1e-6, "{rates:?}");
        assert!((rates.queue + 10_000.0).abs() < 1e-6, "{rates:?}");
    }

    #[test]
    fn a_flood_of_reports_is_not_kept() {
        let mut pace = Pace::default();
        let mut rates = Rates::default();
        for millis in 0..10_000 {
            rates = pace.hear(&report(millis, 7 * millis, 5));
        }
        assert!(pace.heard.len() <= 22, "{}", pace.heard.len());
        assert!((rates.states - 7_000.0).abs() < 1e-6, "{rates:?}");
        assert!(rates.queue.abs() < 1e-6, "{rates:?}");
    }
}
