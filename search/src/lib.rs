//! Exact, reproducible search of finite transition systems.
//!
//! A [`TransitionSystem`] says which states there are at the start and which steps each state offers. A
//! [`Property`] says what is asked of it. [`breadth_first`] visits every reachable state once, keeps whole
//! states (no hash compaction, so no state is ever lost to a collision), and answers each property with a
//! [`Verdict`]; a violation carries a shortest [`Path`]. The answer depends on the system only: never on
//! time, memory addresses or a seed.
//!
//! A search that a limit cut short answers [`Verdict::Unknown`] where a complete one would answer
//! [`Verdict::Holds`] or [`Verdict::Unreached`].
//!
//! [`packed_breadth_first`] does the same much faster, on several threads and in little memory, for a
//! [`PackedSystem`], whose states are a fixed number of words.
//!
//! [`check_liveness`] answers what must happen in the end, if each process of a [`FairSystem`] goes on while
//! it can, and what must stay possible.
//!
//! [`stateright_depth_first`] searches the same system with [Stateright](https://www.stateright.rs), an
//! engine of other people's making: the two must agree on every verdict and on the number of states.
//! [`AsStaterightModel`] gives Stateright's Explorer the same system.
//!
//! ```
//! use shimproof_search::{Limits, Property, TransitionSystem, Verdict, breadth_first};
//!
//! /// A counter that goes up by one or by two, and stops at ten.
//! struct Counter;
//!
//! impl TransitionSystem for Counter {
//!     type State = u8;
//!     type Action = &'static str;
//!
//!     fn initial_states(&self) -> Vec<u8> {
//!         vec![0]
//!     }
//!
//!     fn successors(&self, state: &u8, out: &mut Vec<(&'static str, u8)>) {
//!         if *state < 10 {
//!             out.push(("one", state + 1));
//!             out.push(("two", state + 2));
//!         }
//!     }
//! }
//!
//! let properties = [Property::always("never seven", |_: &Counter, state: &u8| *state != 7)];
//! let outcome = breadth_first(&Counter, &properties, &Limits::default(), &mut ())?;
//! let Verdict::Violated(path) = &outcome.verdicts[0] else { panic!("7 is within reach") };
//! assert_eq!(path.len(), 4);
//! assert_eq!(outcome.states, 12);
//! # Ok::<(), shimproof_search::SearchError<u8, &'static str>>(())
//! ```

mod as_stateright;
mod breadth_first;
mod depth_first;
mod error;
pub mod examples;
mod limits;
mod liveness;
mod observer;
mod outcome;
mod pace;
mod packed;
mod path;
mod property;
mod question;
mod state_table;
mod system;
mod verdict;

pub use as_stateright::{AsStaterightModel, MAX_STATERIGHT_PROPERTIES, Step, TooManyProperties};
pub use breadth_first::breadth_first;
pub use depth_first::{DepthFirstError, DepthFirstOutcome, stateright_depth_first};
pub use error::{Activity, SearchError};
pub use limits::{Bound, Limits};
pub use liveness::{
    FairSystem, Lasso, LivenessError, LivenessErrorOf, LivenessKind, LivenessOutcome, LivenessOutcomeOf,
    LivenessProperty, LivenessVerdict, LivenessVerdictOf, MAX_PROCESSES, check_liveness,
};
pub use observer::{Finding, Observer, Progress};
pub use outcome::Outcome;
pub use pace::{Pace, Rates};
pub use packed::{
    ActionCoverage, Coverage, PackedOptions, PackedOutcome, PackedOutcomeOf, PackedState, PackedSystem,
    available_memory, packed_breadth_first,
};
pub use path::{Path, ReplayError};
pub use property::{Kind, Property};
pub use system::{ErrorOf, OutcomeOf, PathOf, TransitionSystem, VerdictOf};
pub use verdict::{Answer, Verdict};
