//! What random runs have met.

use std::collections::BTreeSet;

use serde::Serialize;
use shimproof_model::guards::Guard;
use shimproof_model::log::{Decided, DecisionSet, Decisions, Fact, Log};
use shimproof_model::{Action, EnvironmentAction, PodAction, Refusal, World};
use shimproof_properties::reachability;

use crate::wire::Wire;

/// How many kinds of actions there are.
const KINDS: usize = 20;

/// What random runs have met: the more, the more their silence says.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// Decisions of guards, as `GUARD:DECISION`.
    pub decisions: BTreeSet<String>,
    /// How many decisions guards have in all.
    pub decisions_in_all: usize,
    /// Refusals, by name.
    pub refusals: BTreeSet<&'static str>,
    /// How many refusals there are in all.
    pub refusals_in_all: usize,
    /// Rows of the catalogue that a step rested on.
    pub rows: BTreeSet<String>,
    /// How many kinds of actions came right after how many others, as pairs.
    pub pairs_of_actions: usize,
    #[serde(skip)]
    seen: DecisionSet,
    #[serde(skip)]
    followed_by: [u32; KINDS],
    #[serde(skip)]
    last: Option<usize>,
    #[serde(skip)]
    in_run: [u64; 4],
}

impl Coverage {
    /// Nothing was met yet.
    pub(super) fn new() -> Self {
        let all = reachability::all();
        let (refusals, others): (Vec<_>, Vec<_>) = all
            .iter()
            .partition(|reachability| reachability.id.starts_with("refused:"));
        Self {
            decisions_in_all: others.iter().filter(|other| other.id.contains(':')).count(),
            refusals_in_all: refusals.len(),
            ..Self::default()
        }
    }

    pub(super) fn action(&mut self, action: Action<Wire>, refusal: Option<Refusal>) {
        let kind = kind(action);
        if let Some(last) = self.last.replace(kind) {
            let bit = 1 << kind;
            self.pairs_of_actions += usize::from(self.followed_by[last] & bit == 0);
            self.followed_by[last] |= bit;
        }
        self.refusals.extend(refusal.map(Refusal::id));
    }

    /// Gives the rows that the run met their names.
    pub(super) fn end_run(&mut self, world: &World<Wire>) {
        self.last = None;
        let [containerd, kubelets, shims, oci_runtimes] = std::mem::take(&mut self.in_run);
        let set = |bits: u64| move |row: &usize| *row < 64 && bits & 1 << row != 0;
        let named = |family: &str, id: &str| format!("{family} {id}");
        let rows = &mut self.rows;
        for row in (0..world.containerd.len()).filter(set(containerd)) {
            rows.insert(named("containerd", &world.containerd[row].row.id));
        }
        for row in (0..world.kubelets.len()).filter(set(kubelets)) {
            rows.insert(named("kubelet", &world.kubelets[row].row.id));
        }
        for row in (0..world.shims.len()).filter(set(shims)) {
            rows.insert(named("shim", &world.shims[row].id));
        }
        for row in (0..world.oci_runtimes.len()).filter(set(oci_runtimes)) {
            rows.extend(
                world.oci_runtimes[row]
                    .row
                    .as_ref()
                    .map(|row| named("OCI runtime", &row.id)),
            );
        }
    }
}

/// What a step tells: its own decisions, and what the coverage keeps.
pub(super) struct Recording<'c> {
    pub decisions: Decisions,
    pub coverage: &'c mut Coverage,
}

impl Log for Recording<'_> {
    fn guard(&mut self, guard: Guard, decision: usize, decided: impl FnOnce() -> Decided) {
        self.decisions.0.insert(guard, decision);
        let coverage = &mut *self.coverage;
        if !coverage.seen.contains(guard, decision) {
            coverage.seen.insert(guard, decision);
            let name = format!("{guard}:{}", decided().decision);
            coverage.decisions.insert(name);
        }
    }

    fn rests_on(&mut self, fact: Fact) {
        let (family, row) = match fact {
            Fact::Containerd(row, _) => (0, row),
            Fact::Kubelet(row, _) => (1, row),
            Fact::Shim(row, _) => (2, row),
            Fact::OciRuntime(row, _) => (3, row),
        };
        if row < 64 {
            self.coverage.in_run[family] |= 1 << row;
        }
    }
}

fn kind(action: Action<Wire>) -> usize {
    match action {
        Action::Environment(action) => match action {
            EnvironmentAction::UpdateRuntimeUp => 0,
            EnvironmentAction::ContainerdRestart => 1,
            EnvironmentAction::ContainerdUpgrade => 2,
            EnvironmentAction::ConfigChange => 3,
            EnvironmentAction::KubeletRestart => 4,
            EnvironmentAction::GateFlip => 5,
            EnvironmentAction::KubeletUpgrade => 6,
            EnvironmentAction::ShimUpgrade(_) => 7,
        },
        Action::Pod(_, action) => match action {
            PodAction::SyncPod => 8,
            PodAction::BackOffElapsed => 9,
            PodAction::Deliver => 10,
            PodAction::CallRunPodSandbox(_) => 11,
            PodAction::CallCreateContainer { .. } => 12,
            PodAction::CallStartContainer(_) => 13,
            PodAction::SyncTerminatedPod => 14,
            PodAction::CreateAgain => 15,
            PodAction::RpcTimeout => 16,
            PodAction::ContainerExit(_) => 17,
            PodAction::ShimCrash => 18,
            PodAction::DeletePod => 19,
        },
    }
}
