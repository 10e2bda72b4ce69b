//! The concrete simulator: the machine of `shimproof-model` run on real protobuf bytes.
//!
//! [`Wire`] is the domain whose messages are encoded, with the field numbers of the real protocols. [`predict()`]
//! runs one pod on one node without faults and says what becomes of it: the error as the kubelet records it, or
//! what of the configuration is not in force. [`score()`] compares predictions with what was observed, and
//! [`recordings`] says whether a recorded run is a path of the machine. [`simulate_any`] and [`simulate_scenario`] let
//! chance decide, and [`replay_trace`] runs a stored trace again.
//!
//! # What it does not promise
//!
//! Ids that are drawn at random on a real node (of sandboxes, of host id blocks) are stand-ins that depend on the
//! pod's name only. Where containerd finds a shim on the search path, the path is that of its own release archive.

mod predict;
pub mod recordings;
mod replay;
mod score;
mod simulate;
pub mod wire;

pub use predict::{
    Code, Event, Neighbour, Options, PredictError, Prediction, Reason, Request, RequestValue, Step,
    neighbours, outcome_name, predict, predict_in, predict_with, render_neighbours, render_text, stage_name,
    target_name, world_of_prediction,
};
pub use replay::{
    Parts, ReplayError, Replayed, TraceError, read_trace, render_replays, replay_trace, replays_json,
};
pub use score::{Agreement, ScoreError, Scored, compare, scenarios_below, score};
pub use simulate::{
    Abstraction, AnyNode, Coverage, Failure, Fault, FaultKind, MOST_PODS, Owner, RandomProgress,
    RegressionsError, SimulateOptions, Simulation, Twins, append_regression, read_regressions,
    render_simulation, simulate_any, simulate_scenario, simulate_twins, simulation_json,
};
pub use wire::Wire;
