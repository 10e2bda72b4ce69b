//! What of the machine a search exercised, and what it did not.

use serde::Serialize;
use shimproof_model::World;
use shimproof_model::abstraction::Abstract;
use shimproof_model::world::{Client, Sandboxer};
use shimproof_properties::Findings;
use shimproof_properties::reachability::decision_name;

use crate::verification::Verification;

/// What of the machine a search exercised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Each kind of action that the world provides for.
    pub actions: Vec<Action>,
    /// Each decision that a guard took.
    pub guards: Vec<Decision>,
    /// The most bytes that states, tables and buffers took at a time.
    pub peak_memory: u64,
    /// Whether the search saw everything that is reachable.
    pub complete: bool,
}

/// How much one kind of action was exercised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// The action, as traces name it; a delivery with the message.
    #[expect(clippy::struct_field_names, reason = "the name in the JSON")]
    pub action: &'static str,
    /// How many states offer it.
    pub enabled: u64,
    /// How many steps it is.
    pub fired: u64,
    /// How many states were first reached by it.
    pub new_states: u64,
}

/// How often a guard took one of its decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The guard, by the function that it stands in.
    pub guard: String,
    /// The decision.
    #[expect(clippy::struct_field_names, reason = "the name in the JSON")]
    pub decision: String,
    /// In how many steps.
    pub steps: u64,
}

impl Coverage {
    /// What a search exercised of this world, if its engine says so.
    pub(crate) fn of(world: &World<Abstract>, findings: &Findings<Abstract>) -> Option<Self> {
        let covered = findings.covered.as_ref()?;
        let actions = covered.actions.iter();
        Some(Self {
            actions: actions
                .filter(|action| action.enabled > 0 || provides_for(world, action.kind))
                .map(|action| Action {
                    action: action.kind,
                    enabled: action.enabled,
                    fired: action.fired,
                    new_states: action.discoveries,
                })
                .collect(),
            guards: covered
                .guards
                .iter()
                .map(|entry| Decision {
                    guard: entry.guard.to_string(),
                    decision: decision_name(entry.guard, entry.decision),
                    steps: entry.steps,
                })
                .collect(),
            peak_memory: covered.peak_memory,
            complete: findings.bound.is_none(),
        })
    }

    fn add(&mut self, other: &Self) {
        for action in &other.actions {
            match self
                .actions
                .iter_mut()
                .find(|known| known.action == action.action)
            {
                Some(known) => {
                    known.enabled += action.enabled;
                    known.fired += action.fired;
                    known.new_states += action.new_states;
                }
                None => self.actions.push(action.clone()),
            }
        }
        for decision in &other.guards {
            let same =
                |known: &&mut Decision| known.guard == decision.guard && known.decision == decision.decision;
            match self.guards.iter_mut().find(same) {
                Some(known) => known.steps += decision.steps,
                None => self.guards.push(decision.clone()),
            }
        }
        self.peak_memory = self.peak_memory.max(other.peak_memory);
        self.complete &= other.complete;
    }

    /// What several searches exercised together; none if one of them does not say.
    pub fn of_all(verifications: &[Verification]) -> Option<Self> {
        let mut all = verifications
            .iter()
            .map(|verification| verification.coverage.as_ref());
        let mut sum = all.next()??.clone();
        for coverage in all {
            sum.add(coverage?);
        }
        Some(sum)
    }
}

/// What a complete search did not exercise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unexercised {
    /// Actions that the world provides for, and that no reachable state offers.
    pub never_enabled: Vec<&'static str>,
    /// Properties whose antecedent holds in no reachable state.
    pub vacuous: Vec<String>,
}

impl Unexercised {
    /// Whether everything was exercised.
    pub fn is_empty(&self) -> bool {
        self.never_enabled.is_empty() && self.vacuous.is_empty()
    }
}

/// What none of the searches exercised, if all of them were complete.
pub fn unexercised(verifications: &[Verification]) -> Unexercised {
    let never_enabled = Coverage::of_all(verifications)
        .filter(|coverage| coverage.complete)
        .map(|coverage| {
            let actions = coverage.actions.iter();
            let never = actions.filter(|action| action.enabled == 0);
            never.map(|action| action.action).collect()
        });
    let mut vacuous = Vec::new();
    for result in verifications
        .iter()
        .flat_map(|verification| &verification.results)
    {
        let of_property = || {
            let results = verifications
                .iter()
                .flat_map(|verification| &verification.results);
            results.filter(|other| other.property == result.property)
        };
        if of_property().all(|other| other.vacuous) && !vacuous.contains(&result.property) {
            vacuous.push(result.property.clone());
        }
    }
    Unexercised {
        never_enabled: never_enabled.unwrap_or_default(),
        vacuous,
    }
}

/// Whether the world has what the action needs: its client, a fault that may happen, a component that sends the
/// message. If it is never enabled all the same, that is worth a word.
fn provides_for(world: &World<Abstract>, kind: &str) -> bool {
    let kubelet = world.client == Client::Kubelet;
    let faults = &world.faults;
    let rows = || world.containerd.iter();
    let fault = |budget: u8| faults.total > 0 && budget > 0;
    match kind {
        "update-runtime-up" | "sync-pod" | "back-off-elapsed" => kubelet,
        "call-run-pod-sandbox" | "call-create-container" | "call-start-container" => !kubelet,
        "containerd-restart" => fault(faults.containerd_restart),
        "containerd-upgrade" => fault(faults.containerd_upgrade),
        "config-change" => fault(faults.config_change),
        "kubelet-restart" => kubelet && fault(faults.kubelet_restart),
        "gate-flip" => kubelet && fault(faults.gate_flip),
        "kubelet-upgrade" => kubelet && fault(faults.kubelet_upgrade),
        "shim-upgrade" => fault(faults.shim_upgrade),
        "rpc-timeout" => fault(faults.rpc_timeout),
        "container-exit" => fault(faults.container_exit),
        "shim-crash" => fault(faults.shim_crash),
        "delete-pod" | "sync-terminated-pod" | "create-again" => fault(faults.pod_delete),
        "deliver -info without options" => rows().any(|release| release.row.load_shim_info),
        "deliver -info" => rows().any(|release| release.guards.info_options.is_some()),
        "deliver CreateSandbox" => {
            let configurations = world.configurations.iter();
            let mut handlers =
                configurations.flat_map(|configuration| configuration.handlers.iter().flatten());
            handlers.any(|handler| {
                handler
                    .as_ref()
                    .is_some_and(|config| config.sandboxer != Sandboxer::PodSandbox)
            })
        }
        // Every pod needs these messages.
        _ => true,
    }
}
