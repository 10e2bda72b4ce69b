//! Systems whose state spaces are known from the literature, to test and to measure searches with.

pub mod two_phase_commit;
