//! What is run: where the node comes from, and how it can be made smaller when a run shows a fault.

use std::collections::BTreeMap;

use shimproof_model::Action;
use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::trace::Setting;
use shimproof_scenario::{Overrides, Scenario};

use super::any_node::AnyNode;
use super::lockstep::Twins;
use super::relation::Abstraction;
use crate::wire::Wire;

/// Where the node of a run comes from.
pub(super) trait Subject<A: Abstraction>: Clone {
    /// The node in both domains; none if its files cannot be used.
    fn twins(&self) -> Option<Twins<A>>;
    /// The same with something less, and which of its pods are left. Actions of the run are those of `used` pods.
    fn smaller(&self, used: &[u8]) -> Vec<(Self, Vec<u8>)>;
    /// The scenario's name, what else is needed to run it again, and its files if they are nowhere yet.
    fn told(&self) -> Told;
}

/// What is needed to run a subject again.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub scenario: String,
    pub setting: Setting,
    pub files: BTreeMap<String, String>,
}

/// A node that the caller put together.
impl<A: Abstraction> Subject<A> for Twins<A> {
    fn twins(&self) -> Option<Twins<A>> {
        Some(self.clone())
    }

    fn smaller(&self, used: &[u8]) -> Vec<(Self, Vec<u8>)> {
        let alone = used.iter().map(|pod| vec![*pod]);
        let fewer = alone.chain([used.to_vec()]);
        fewer
            .filter(|kept| !kept.is_empty() && kept.len() < self.wire.pods.len())
            .map(|kept| {
                let mut fewer = self.clone();
                fewer.wire.pods = kept.iter().map(|pod| self.wire.pods[usize::from(*pod)]).collect();
                fewer.abstracted.pods.clone_from(&fewer.wire.pods);
                (fewer, kept)
            })
            .collect()
    }

    fn told(&self) -> Told {
        Told::default()
    }
}

/// The node of a scenario.
#[derive(Clone, Debug)]
pub(super) struct OfScenario<'s> {
    pub scenario: &'s Scenario,
    pub catalog: &'s Catalog,
    pub overrides: Overrides,
}

impl Subject<Abstract> for OfScenario<'_> {
    fn twins(&self) -> Option<Twins<Abstract>> {
        Some(Twins {
            wire: self.scenario.world_in(self.catalog, &self.overrides).ok()?,
            abstracted: self.scenario.world(self.catalog, &self.overrides).ok()?,
        })
    }

    /// Copies of the pod can be left out; which pods a scenario has besides is its own affair.
    fn smaller(&self, used: &[u8]) -> Vec<(Self, Vec<u8>)> {
        let copies = self.overrides.pods.unwrap_or(self.scenario.file.verify.pods);
        let mut smaller = Vec::new();
        if self.scenario.more_pods.is_empty() {
            let alone = used.iter().map(|pod| vec![*pod]);
            for kept in alone.chain([used.to_vec()]) {
                let fewer = u32::try_from(kept.len()).unwrap_or(u32::MAX);
                if fewer > 0 && fewer < copies {
                    let mut other = self.clone();
                    other.overrides.pods = Some(fewer);
                    smaller.push((other, kept));
                }
            }
        }
        smaller
    }

    fn told(&self) -> Told {
        let Overrides {
            design,
            pods,
            faults,
            repeated,
            ..
        } = &self.overrides;
        Told {
            scenario: self.scenario.file.name.clone(),
            setting: Setting {
                path: None,
                design: design.as_ref().map(|design| design.version.clone()),
                pods: *pods,
                faults: *faults,
                repeated: *repeated,
                bytes: true,
            },
            files: BTreeMap::new(),
        }
    }
}

/// A node that chance drew.
#[derive(Clone, Debug)]
pub(super) struct Drawn<'c> {
    pub node: AnyNode,
    pub catalog: &'c Catalog,
    pub overrides: Overrides,
}

impl Subject<Abstract> for Drawn<'_> {
    fn twins(&self) -> Option<Twins<Abstract>> {
        let scenario = Scenario::from_files(&self.node.files()).ok()?;
        Some(Twins {
            wire: scenario.world_in(self.catalog, &self.overrides).ok()?,
            abstracted: scenario.world(self.catalog, &self.overrides).ok()?,
        })
    }

    fn smaller(&self, used: &[u8]) -> Vec<(Self, Vec<u8>)> {
        let used: Vec<usize> = used.iter().map(|pod| usize::from(*pod)).collect();
        self.node
            .smaller()
            .into_iter()
            .filter(|smaller| used.iter().any(|pod| smaller.pods.contains(pod)) || used.is_empty())
            .map(|smaller| {
                let kept = smaller.pods.iter().filter_map(|pod| u8::try_from(*pod).ok());
                let drawn = Self {
                    node: smaller.node,
                    ..self.clone()
                };
                (drawn, kept.collect())
            })
            .collect()
    }

    fn told(&self) -> Told {
        let scenario = self.node.name.clone();
        Told {
            setting: Setting {
                path: Some(scenario.clone()),
                design: self
                    .overrides
                    .design
                    .as_ref()
                    .map(|design| design.version.clone()),
                bytes: true,
                ..Setting::default()
            },
            scenario,
            files: self.node.files(),
        }
    }
}

/// The action with the new number of its pod; none if the pod is gone.
pub(super) fn renumbered(action: Action<Wire>, kept: &[u8]) -> Option<Action<Wire>> {
    match action {
        Action::Environment(_) => Some(action),
        Action::Pod(pod, action) => {
            let number = kept.iter().position(|other| *other == pod)?;
            Some(Action::Pod(u8::try_from(number).ok()?, action))
        }
    }
}
