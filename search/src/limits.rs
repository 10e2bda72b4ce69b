//! How far a search may go.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How far a search may go. The default sets no limit.
///
/// A search that would have to go further stops, says so in its outcome, and answers `unknown` where nothing
/// was found. A limit that is just large enough does not count as reached.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// At most this many distinct states are stored.
    pub max_states: Option<u64>,
    /// At most this many levels are visited. The initial states are level 1, as TLC counts them.
    pub max_depth: Option<u32>,
    /// The search ends soon after this long.
    pub max_time: Option<Duration>,
    /// The most bytes that states, tables and steps may take, besides some 2 MiB. The search ends before it takes
    /// more; with Stateright, which keeps no account of it, soon after the process has grown by more.
    pub max_memory: Option<u64>,
    /// The search ends soon after this becomes true; for an interrupt from the keyboard, for example.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Limits {
    /// Whether [`Self::stop`] was raised: what consists of several searches begins no further one.
    pub fn is_stopped(&self) -> bool {
        let stop = self.stop.as_ref();
        stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

/// The limit that ended a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// [`Limits::max_states`], or the number of states that the search can address.
    States(u64),
    /// [`Limits::max_depth`].
    Depth(u32),
    /// [`Limits::max_time`].
    Time(Duration),
    /// [`Limits::stop`].
    Stopped,
    /// [`Limits::max_memory`] or [`crate::PackedOptions::memory`], in bytes.
    Memory(u64),
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::States(states) => write!(f, "the limit of {states} states was reached"),
            Self::Depth(depth) => write!(f, "the limit of {depth} levels was reached"),
            Self::Time(time) => write!(f, "the limit of {} s was reached", time.as_secs_f64()),
            Self::Stopped => f.write_str("the search was stopped"),
            Self::Memory(bytes) if *bytes < 1 << 20 => {
                write!(f, "the limit of {bytes} bytes of memory was reached")
            }
            Self::Memory(bytes) => write!(f, "the limit of {} MiB of memory was reached", bytes >> 20),
        }
    }
}

/// The limits that depend on the world outside, and the time since the start.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    started: Instant,
    max_time: Option<Duration>,
    stop: Option<Arc<AtomicBool>>,
    last_look: Duration,
    calls_until_look: u32,
}

impl Watch {
    pub(crate) fn start(limits: &Limits) -> Self {
        Self {
            started: Instant::now(),
            max_time: limits.max_time,
            stop: limits.stop.clone(),
            last_look: Duration::ZERO,
            calls_until_look: 0,
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// From now on the search may take so long since its start.
    pub(crate) fn allow(&mut self, max_time: Option<Duration>) {
        self.max_time = max_time;
    }

    /// The bound that is reached now, whatever was seen a moment ago.
    pub(crate) fn now(&self) -> Result<(), Bound> {
        let stop = self.stop.as_ref();
        if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(Bound::Stopped);
        }
        match self.max_time {
            Some(max_time) if self.elapsed() >= max_time => Err(Bound::Time(max_time)),
            _ => Ok(()),
        }
    }

    /// To be called before each state that is expanded; the time of the latest look at the clock, or the
    /// bound.
    ///
    /// Reading the clock costs as much as expanding a small state, so it is read for every state only while
    /// states are slow.
    pub(crate) fn look(&mut self) -> Result<Duration, Bound> {
        const SLOW: Duration = Duration::from_millis(1);
        const CALLS_BETWEEN_LOOKS: u32 = 63;

        if self
            .stop
            .as_ref()
            .is_some_and(|stop| stop.load(Ordering::Relaxed))
        {
            return Err(Bound::Stopped);
        }
        if self.calls_until_look > 0 {
            self.calls_until_look -= 1;
            return Ok(self.last_look);
        }
        let now = self.elapsed();
        if let Some(max_time) = self.max_time
            && now >= max_time
        {
            return Err(Bound::Time(max_time));
        }
        self.calls_until_look = if now.saturating_sub(self.last_look) > SLOW {
            0
        } else {
            CALLS_BETWEEN_LOOKS
        };
        self.last_look = now;
        Ok(now)
    }
}
