//! What the search promises, checked on two-phase commit, on small systems made for the purpose and on random
//! graphs.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking, helpers of tests too")]

mod explorer;
mod faults;
mod graph;
mod limits;
mod liveness;
mod liveness_random_graphs;
mod packed;
mod progress;
mod random_graphs;
mod stateright_regressions;
mod two_phase_commit;
mod vacuity;
